using System.Diagnostics;
using System.Globalization;
using Butler.Intelligence.Evaluation;

namespace Butler.Cli.Models;

/// <summary>
/// bogofilter as Debian packages it, with its own settings: mails go to it as files, as a mail server would hand them on. Its word list
/// lives in a scratch folder per split. ./butler fetches it (BUTLER_BOGOFILTER).
/// </summary>
internal sealed class Bogofilter : ISpamPeer
{
    private readonly string _program;

    private Bogofilter(string program, string version)
    {
        _program = program;
        Name = version;
    }

    public string Name { get; }

    /// <summary>Its spam_cutoff as shipped.</summary>
    public double Threshold => 0.99;

    /// <summary>The one that ./butler found or fetched; null where there is none.</summary>
    public static Bogofilter? Find()
    {
        if (Environment.GetEnvironmentVariable("BUTLER_BOGOFILTER") is not { Length: > 0 } program || !File.Exists(program))
        {
            return null;
        }

        using var process = Start(program, ["-V"]);
        process.StandardInput.Close();
        var line = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        var words = line.Split(['\n', ' '], StringSplitOptions.RemoveEmptyEntries);
        return process.ExitCode == 0 ? new Bogofilter(program, words is ["bogofilter", "version", var version, ..] ? $"bogofilter {version}" : "bogofilter") : null;
    }

    public IReadOnlyList<double> Score(IReadOnlyList<(byte[] Raw, bool Spam)> train, IReadOnlyList<byte[]> test)
    {
        var folder = Directory.CreateTempSubdirectory("butler-bogofilter-");
        try
        {
            var number = 0;
            string Put(byte[] raw)
            {
                var path = Path.Combine(folder.FullName, string.Create(CultureInfo.InvariantCulture, $"{number++}.eml"));
                File.WriteAllBytes(path, raw);
                return path;
            }

            var words = folder.CreateSubdirectory("words").FullName;
            Run(words, "-s", train.Where(t => t.Spam).Select(t => Put(t.Raw)));
            Run(words, "-n", train.Where(t => !t.Spam).Select(t => Put(t.Raw)));
            var paths = test.Select(Put).ToArray();
            // A line per file: its name and the score with all its digits.
            var scores = Run(words, "-TT", paths).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' '))
                .ToDictionary(c => c[0], c => double.Parse(c[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
            return [.. paths.Select(p => scores[p])];
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private string Run(string words, string what, IEnumerable<string> files)
    {
        using var process = Start(_program, ["-C", "-d", words, what, "-b"]);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        foreach (var file in files)
        {
            process.StandardInput.WriteLine(file);
        }

        process.StandardInput.Close();
        process.WaitForExit();
        // 0 spam, 1 ham, 2 unsure, 3 an error.
        return process.ExitCode < 3 ? output.Result : throw new CliException($"bogofilter failed: {errors.Result.Split('\n', 2)[0]}");
    }

    private static Process Start(string program, string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
}
