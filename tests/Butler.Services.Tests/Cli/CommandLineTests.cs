extern alias cli;

using cli::Butler.Cli;

namespace Butler.Services.Tests.Cli;

public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Butler.Testing.Servers.Scratch("cli");

    [Theory]
    [InlineData("bench import --users 0", "--users must be from 1 to 10000, not 0.")]
    [InlineData("bench import --mails 100001", "--mails must be from 1 to 100000, not 100001.")]
    [InlineData("bench import --seconds 0", "--seconds must be from 1 to 3600, not 0.")]
    [InlineData("bench import --price-list cheap", "'cheap' not recognized")]
    [InlineData("bench import --set novalue", "--set wants NAME=VALUE, not 'novalue'.")]
    [InlineData("bench import --users many", "Cannot parse argument 'many' for option '--users'")]
    [InlineData("user add", "Required argument missing for command: 'add'")]
    [InlineData("user add Ann --role boss", "'boss' not recognized")]
    [InlineData("nonsense", "'nonsense'")]
    public async Task RunAsync_BadArgument_SaysWhatIsAllowed(string line, string expected)
    {
        var (code, _, error) = await RunAsync(line.Split(' '));
        Assert.Equal(1, code);
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("watch")]
    [InlineData("link")]
    [InlineData("status")]
    [InlineData("user add Ann")]
    public async Task RunAsync_NothingRuns_SaysHowToStart(string line)
    {
        var (code, output, error) = await RunAsync([.. line.Split(' '), "--data-dir", _folder]);
        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.Equal("Butler does not run here; start it with ./butler up", error.Trim());
    }

    [Fact]
    public async Task RunAsync_CorpusThatIsNotThere_SaysSo()
    {
        var (code, _, error) = await RunAsync(["bench", "import", "--no-build", "--corpus", Path.Combine(_folder, "none")]);
        Assert.Equal(1, code);
        Assert.Contains("does not exist", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_Help_NamesEveryCommand()
    {
        var (code, output, _) = await RunAsync(["--help"]);
        Assert.Equal(0, code);
        Assert.All((string[])["watch", "link", "user", "keys", "status", "bench", "eval", "train"], c => Assert.Contains($"  {c} ", output, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] args)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var code = await CommandTree.RunAsync(args, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
