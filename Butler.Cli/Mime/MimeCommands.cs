using System.CommandLine;

namespace Butler.Cli.Mime;

/// <summary><c>./butler bench mime DIR</c>, <c>./butler eval mime DIR</c>, and the process that the bench starts for Butler's own side.</summary>
internal static class MimeCommands
{
    private static Argument<string> Folder() => new("DIR") { Description = "Folder, mailbox or archive with mails." };

    public static Command Bench()
    {
        var folder = Folder();
        var command = new Command("mime", "Reads the same mails with Butler, GMime, postal-mime, mailparser and Python's email, and reports mails/s, MB/s and memory.") { folder };
        command.SetAction((parsed, cancellationToken) => MimeBench.RunAsync(Existing(parsed.GetValue(folder)!), parsed.InvocationConfiguration.Output, cancellationToken));
        return command;
    }

    public static Command Eval()
    {
        var folder = Folder();
        var show = new Option<int>("--show") { Description = "Print what both read for so many mails of each class (content of mail)." };
        var command = new Command("mime", "Compares what Butler reads with what Python's email, mailparser and postal-mime read of the same mails.") { folder, show };
        command.SetAction((parsed, cancellationToken) => new MimeEval(parsed.InvocationConfiguration.Output, parsed.GetValue(show)).RunAsync(Existing(parsed.GetValue(folder)!), cancellationToken));
        return command;
    }

    public static Command Driver()
    {
        var pack = new Argument<string>("PACK");
        var mode = new Argument<string>("MODE");
        var rounds = new Argument<int>("ROUNDS");
        var command = new Command("mime-driver", "Butler's own side of bench mime.") { pack, mode, rounds };
        command.Hidden = true;
        command.SetAction(parsed => ButlerDriver.Run(parsed.GetValue(pack)!, parsed.GetValue(mode) == "everything", parsed.GetValue(rounds), parsed.InvocationConfiguration.Output));
        return command;
    }

    private static string Existing(string path) => File.Exists(path) || Directory.Exists(path) ? Path.GetFullPath(path) : throw new CliException($"There is no file or folder '{path}'.");
}
