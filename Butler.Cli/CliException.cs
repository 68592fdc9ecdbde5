namespace Butler.Cli;

/// <summary>Something the person at the keyboard can act on; its message is all that is printed.</summary>
internal sealed class CliException(string message) : Exception(message)
{
    public const string NotRunning = "Butler does not run here; start it with ./butler up";
}
