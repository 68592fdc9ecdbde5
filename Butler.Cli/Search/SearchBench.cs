using System.CommandLine;
using System.Globalization;
using Butler.Cli.Bench;
using Butler.Cli.Models;
using Butler.Data.Ingest;
using Butler.Data.Search;
using Butler.Intelligence.Evaluation;

namespace Butler.Cli.Search;

/// <summary><c>./butler bench search</c>: one user with many mails, made from the corpus; how long searches take, and what the index costs.</summary>
internal static class SearchBench
{
    private const int Rounds = 1;

    public static Command Create()
    {
        var mails = BenchCommand.Number("--mails", "Mails of the user.", 100_000, 1_000, 1_000_000);
        var corpus = new Option<DirectoryInfo?>("--corpus") { Description = "Folder with the labelled corpus (default: BUTLER_CORPUS or ../shared/corpus)." };
        var command = new Command("search", "Indexes and searches the mailbox of one user in a PostgreSQL of its own.") { mails, corpus };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            await RunAsync(Corpus.Need(parsed.GetValue(corpus)), parsed.GetValue(mails), parsed.InvocationConfiguration.Output, TimeProvider.System, cancellationToken);
            return 0;
        });
        return command;
    }

    private static async Task RunAsync(string folder, int count, TextWriter output, TimeProvider time, CancellationToken cancellationToken)
    {
        var evaluation = new SearchEvaluation(folder);
        KnownItem[] queries = [.. evaluation.Queries.Where(q => q.Kind != "generated" && q.Wanted < count)];
        if (queries.Length == 0)
        {
            throw new CliException("The corpus has none of the mails that queries were written for.");
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{count:N0} mails of one user, {queries.Length} queries, load before {ProcessTable.LoadAverage()}"));
        await using var stage = new SearchStage(Path.Combine(Path.GetTempPath(), $"butler-bench-search-{Environment.ProcessId}"), time);
        await stage.StartAsync(cancellationToken);
        var every = Every(evaluation.Mails.Count, count);
        var started = time.GetTimestamp();
        var ids = await stage.StoreAsync(Make(evaluation.Mails, count), cancellationToken);
        var stored = time.GetElapsedTime(started);
        started = time.GetTimestamp();
        var cpu = stage.CpuSeconds();
        var embedding = await stage.IndexAsync(ids, cancellationToken);
        var indexed = time.GetElapsedTime(started);
        await stage.ExecuteAsync("VACUUM ANALYZE email_search", cancellationToken);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"stored {count / stored.TotalSeconds:N0} mails/s; indexed {count / indexed.TotalSeconds:N0} mails/s one batch at a time, {indexed.TotalMicroseconds / count:N0} µs a mail ({(stage.CpuSeconds() - cpu) * 1e6 / count:N0} µs of CPU), of it passages and vectors {embedding.TotalMicroseconds / count:N0} µs"));
        foreach (var table in (string[])["emails", "email_search", "email_embeddings"])
        {
            var bytes = await stage.BytesAsync(table, cancellationToken);
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{table,-18}{bytes / 1048576.0,8:N0} MiB, {bytes / count:N0} bytes a mail"));
        }

        started = time.GetTimestamp();
        await stage.SearchAsync(queries[0].Query, SearchMode.Vectors, 20, cancellationToken);
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"first search, which reads all vectors: {time.GetElapsedTime(started).TotalMilliseconds:N0} ms; load now {ProcessTable.LoadAverage()}"));
        await output.WriteLineAsync($"{"",-10}{"p50 ms",10}{"p95 ms",10}{"p99 ms",10}{"most ms",10}{"CPU ms",10}{"recall@10",12}");
        foreach (var mode in Enum.GetValues<SearchMode>())
        {
            var times = new List<double>();
            var (before, found) = (0.0, 0);
            for (var round = 0; round <= Rounds; round++)
            {
                // On a machine with other work only CPU time says what a search itself takes.
                before = round == Rounds ? stage.CpuSeconds() : 0;
                foreach (var query in queries)
                {
                    started = time.GetTimestamp();
                    var hits = await stage.SearchAsync(query.Query, mode, 20, cancellationToken);
                    if (round > 0)
                    {
                        found += hits.Hits.Take(10).Any(h => h.MailId == ids[query.Wanted * every]) ? 1 : 0;
                        times.Add(time.GetElapsedTime(started).TotalMilliseconds);
                    }
                }
            }

            cpu = (stage.CpuSeconds() - before) * 1000 / times.Count;
            times.Sort();
            double At(double share) => times[Math.Min(times.Count - 1, (int)(times.Count * share))];
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{mode.ToString().ToLowerInvariant(),-10}{At(0.5),10:N1}{At(0.95),10:N1}{At(0.99),10:N1}{times[^1],10:N1}{cpu,10:N1}{(double)found / times.Count,12:P1}"));
        }
    }

    /// <summary>The corpus' own mails stand evenly among the made ones: what is looked at first must not be what is wanted.</summary>
    private static int Every(int mails, int count) => Math.Max(1, count / mails);

    /// <summary>Mails whose paragraphs come from several mails of the corpus, so that words are spread as they are in real mail and no two are equal.</summary>
    private static IEnumerable<StoredMail> Make(IReadOnlyList<SearchDocument> mails, int count)
    {
        var random = new Random(20261121);
        var every = Every(mails.Count, count);
        var paragraphs = mails.Select(m => m.Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray();
        for (var i = 0; i < count; i++)
        {
            if (i % every == 0 && i / every < mails.Count)
            {
                yield return SearchEval.Stored(mails[i / every]);
                continue;
            }

            var (subject, first) = (random.Next(mails.Count), random.Next(mails.Count));
            var text = string.Join("\n\n", paragraphs[first].Select(p => random.Next(3) > 0 || paragraphs[subject].Length == 0 ? p : paragraphs[subject][random.Next(paragraphs[subject].Length)]));
            yield return SearchEval.Stored(mails[first]) with { Subject = mails[subject].Subject, NewText = text, ReceivedAt = DateTimeOffset.UnixEpoch.AddYears(50).AddMinutes(i * 20) };
        }
    }
}
