using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Butler.Mail;

namespace Butler.Cli.Mime;

/// <summary>
/// Butler's own side of the bench, in a process of its own like the others': the same pack, the same rounds, the same
/// line of JSON.
/// </summary>
internal sealed class ButlerDriver(ReadOnlyMemory<byte> pack)
{
    private long parts;
    private long headers;
    private long chars;
    private long files;

    public static int Run(string path, bool everything, int rounds, TextWriter output)
    {
        var driver = new ButlerDriver(File.ReadAllBytes(path));
        output.WriteLine(driver.Measure(everything, rounds));
        return 0;
    }

    private string Measure(bool everything, int rounds)
    {
        var best = double.MaxValue;
        long mails = 0, bytes = 0, allocated = 0;
        for (var round = 0; round < rounds; round++)
        {
            (mails, bytes, parts, headers, chars, files) = (0, 0, 0, 0, 0, 0);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var start = Environment.CpuUsage.TotalTime;
            foreach (var raw in MailPack.Read(pack))
            {
                var message = MimeMessage.Parse(raw);
                Read(message, everything);
                mails++;
                bytes += raw.Length;
            }

            // Processor time, the collector's and the compiler's included: neighbours on the machine do not count.
            best = Math.Min(best, (Environment.CpuUsage.TotalTime - start).TotalSeconds);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        return JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["version"] = Environment.Version.ToString(), ["mails"] = mails, ["bytes"] = bytes, ["seconds"] = best, ["parts"] = parts, ["headers"] = headers,
            ["chars"] = chars, ["files"] = files, ["allocated"] = allocated, ["peak_kb"] = PeakKilobytes(),
        });
    }

    private void Read(MimeMessage message, bool everything)
    {
        if (everything)
        {
            chars += message.Subject.Length + (message.MessageId?.Length ?? 0) + (message.Date is null ? 0 : 1);
            Read(message.FromAll);
            Read(message.To);
            Read(message.Cc);
        }

        Read(message.Body, everything);
    }

    private void Read(IReadOnlyList<MailAddress> addresses)
    {
        foreach (var address in addresses)
        {
            chars += (address.Name?.Length ?? 0) + address.Address.Length;
        }
    }

    private void Read(MimePart part, bool everything)
    {
        parts++;
        headers += part.Headers.Count;
        foreach (var child in part.Parts)
        {
            Read(child, everything);
        }

        if (part.Message is { } inner)
        {
            Read(inner, everything);
        }
        else if (everything && part.Parts.Count == 0)
        {
            if (part.ContentType.Is("text"))
            {
                chars += part.DecodeText().Length;
            }
            else
            {
                files += part.DecodeBody().Length;
                chars += part.FileName?.Length ?? 0;
            }
        }
    }

    // The high water mark of resident memory, as getrusage gives it to the others.
    private static long PeakKilobytes()
    {
        const string Field = "VmHWM:";
        if (!File.Exists("/proc/self/status"))
        {
            return Process.GetCurrentProcess().PeakWorkingSet64 / 1024;
        }

        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Field, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(Field.Length).Trim().TrimEnd("kB ").ToString(), CultureInfo.InvariantCulture);
    }
}
