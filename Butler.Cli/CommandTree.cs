using System.CommandLine;
using Butler.Cli.Audit;
using Butler.Cli.Bench;
using Butler.Cli.Mime;
using Butler.Cli.Models;
using Butler.Cli.People;
using Butler.Cli.Running;
using Butler.Cli.Watch;
using Npgsql;

namespace Butler.Cli;

/// <summary>All commands behind <c>./butler</c> other than <c>up</c> and <c>test</c>, and the one place that says what went wrong.</summary>
internal static class CommandTree
{
    /// <summary>After Ctrl-C a bench stops its servers; that takes longer than the library's two seconds.</summary>
    private static readonly TimeSpan s_stopTime = TimeSpan.FromSeconds(40);

    public static Option<DirectoryInfo?> DataDir { get; } = new("--data-dir")
    {
        Description = "The data folder of the running Butler (default: what ./butler gives, or BUTLER_DATA_DIR).",
        Recursive = true,
    };

    public static RootCommand Build()
    {
        // Shown as "butler": nobody starts the program by its own name.
        var root = new RootCommand("Commands of Butler. ./butler up starts it, ./butler test runs the tests.")
        {
            DataDir,
            WatchCommand.Create(),
            LinkCommand.Create(),
            UserCommand.Create(),
            KeysCommand.Create(),
            StatusCommand.Create(),
            AuditCommand.Create(),
            BenchCommand.Create(),
            EvalCommand.Create(),
            TrainCommands.Create(),
            MimeCommands.Driver(),
        };
        return root;
    }

    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            return await Build().Parse(args).InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = s_stopTime,
            });
        }
        catch (CliException e)
        {
            await error.WriteLineAsync(e.Message);
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped.");
            return 130;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NpgsqlException or InvalidDataException)
        {
            await error.WriteLineAsync($"{e.GetType().Name}: {e.Message}");
        }

        return 1;
    }

    /// <summary>The running Butler that a command talks to.</summary>
    public static RunningButler Running(ParseResult parsed) => RunningButler.Find(parsed.GetValue(DataDir)?.FullName, Environment.GetEnvironmentVariable);
}
