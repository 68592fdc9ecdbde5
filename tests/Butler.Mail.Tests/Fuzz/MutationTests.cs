using System.Collections.Concurrent;
using System.Globalization;
using Butler.Testing;
using Xunit.Abstractions;

namespace Butler.Mail.Tests.Fuzz;

/// <summary>
/// 200,000 broken mails in each run, always the same ones: nothing may throw, hang, or take more memory than its bound.
/// BUTLER_FUZZ_SEED=n begins at another number; the number of a failure is printed and BUTLER_FUZZ_ONLY=n repeats it alone.
/// </summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    private const int Mutants = 200_000;

    // Far above what the busiest machine needs for a mail of 50 KB: a mutant takes 0.1 ms.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(120);

    [Fact]
    public void Parse_Mutants_NeverThrowHangOrExceedMemory()
    {
        var mails = Sources();
        var first = Number("BUTLER_FUZZ_SEED") ?? 1;
        var only = Number("BUTLER_FUZZ_ONLY");
        var numbers = only is null ? Enumerable.Range(first, Mutants) : [only.Value];
        WarmUp();
        var failures = new ConcurrentQueue<string>();
        var workers = new ConcurrentDictionary<int, (int Number, long Since)>();
        var (structure, all) = (new Worst(), new Worst());
        var done = 0;
        using var watchdog = new Timer(_ => Watch(workers), null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));
        Parallel.ForEach(
            Partitioner.Create(numbers, EnumerablePartitionerOptions.NoBuffering),
            new ParallelOptions { MaxDegreeOfParallelism = Math.Max(2, Environment.ProcessorCount) },
            () => new Mutator(mails),
            (number, state, mutator) =>
            {
                workers[Environment.CurrentManagedThreadId] = (number, Environment.TickCount64);
                try
                {
                    One(mutator.Make(number), number, structure, all);
                    Interlocked.Increment(ref done);
                }
                catch (Exception e)
                {
                    failures.Enqueue($"BUTLER_FUZZ_ONLY={number.ToString(CultureInfo.InvariantCulture)}: {e.GetType().Name}: {e.Message} {e.StackTrace?.Split('\n').FirstOrDefault()}");
                    if (failures.Count > 10)
                    {
                        state.Stop();
                    }
                }

                workers.TryRemove(Environment.CurrentManagedThreadId, out var _);
                return mutator;
            },
            _ => { });
        output.WriteLine($"{done} mutants of {new Mutator(mails).Sources} mails; structure: worst {structure}; everything read: worst {all}");
        Assert.True(failures.IsEmpty, string.Join("\n", failures));
    }

    // Tables of charsets are made once per process: not the memory of the mail that needs them first.
    private static void WarmUp()
    {
        foreach (var charset in (string[])["utf-8", "utf-16", "utf-16be", "utf-32", "gb18030", "hz-gb-2312", "big5", "euc-kr", "shift_jis", "euc-jp", "iso-2022-jp", "iso-2022-kr", "koi8-r", "koi8-u", "macintosh", "ibm850", .. Enumerable.Range(1250, 9).Select(n => $"windows-{n}"), .. Enumerable.Range(1, 16).Select(n => $"iso-8859-{n}")])
        {
            _ = Charsets.Decode([.. "\u00e9\u00e8 text"u8, 0xC3, 0xA3, 0xFF], charset);
        }
    }

    private static void One(ReadOnlyMemory<byte> mail, int number, Worst structure, Worst all)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = MimeMessage.Parse(mail);
        structure.Check(GC.GetAllocatedBytesForCurrentThread() - before, MemoryBound.Structure(mail.Length, message), number);
        ReadEverything.Of(message);
        all.Check(GC.GetAllocatedBytesForCurrentThread() - before, MemoryBound.Everything(mail.Length, message), number);
        if (number % 64 == 0)
        {
            Touch.Everything(message);
            if (!MimeWriter.ToArray(message).AsSpan().SequenceEqual(mail.Span))
            {
                throw new InvalidOperationException("written differently");
            }
        }
    }

    // Nothing can stop a thread that hangs: the run ends, and says by which mail.
    private static void Watch(ConcurrentDictionary<int, (int Number, long Since)> workers)
    {
        foreach (var (number, since) in workers.Values)
        {
            if (Environment.TickCount64 - since > Hang.TotalMilliseconds)
            {
                Console.Error.WriteLine($"Mutant hangs; repeat it with BUTLER_FUZZ_ONLY={number}");
                Environment.FailFast($"Mutant {number} hangs.");
            }
        }
    }

    private static byte[][] Sources()
    {
        if (Corpus.Folder is not null)
        {
            return [.. Corpus.Read("mime", "mime.tar.gz").Where(m => !m.Name.EndsWith(".json", StringComparison.Ordinal) && !m.Name.EndsWith(".xml", StringComparison.Ordinal)).Select(m => m.Bytes)];
        }

        // Without the corpus, our own samples are broken instead.
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var samples = Path.Combine(folder.FullName, "samples", "mails");
            if (Directory.Exists(samples))
            {
                return [.. Directory.EnumerateFiles(samples, "*.eml").Order(StringComparer.Ordinal).Select(File.ReadAllBytes)];
            }
        }

        throw new InvalidOperationException("Neither the corpus nor samples/mails is here.");
    }

    private static int? Number(string variable) => int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : null;

    /// <summary>How near to its bound the memory of any mutant came.</summary>
    private sealed class Worst
    {
        private readonly Lock gate = new();
        private double share;
        private int which;

        public void Check(long allocated, long bound, int number)
        {
            if (allocated > bound)
            {
                throw new InvalidOperationException($"{allocated} bytes allocated, bound {bound}");
            }

            lock (gate)
            {
                if (allocated > share * bound)
                {
                    (share, which) = ((double)allocated / bound, number);
                }
            }
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{share:P0} of its bound (mutant {which})");
    }
}
