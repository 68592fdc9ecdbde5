using System.Globalization;
using System.Net;
using Butler.Cli;
using Butler.Cli.People;
using Butler.Cli.Running;

namespace Butler.Services.Tests.Cli;

public sealed class RunningButlerTests : IDisposable
{
    private const string RunFile = """
        AppHost__DataDirectory='/data/o'\''brien'
        ConnectionStrings__butler='Host=127.0.0.1;Password=a=b'
        services__ingest__http__0='http://127.0.0.1:5001'
        services__progress__http__0='http://127.0.0.1:5002'
        services__progress__grpc__0='http://127.0.0.1:5003'
        """;

    private readonly string _folder = Butler.Testing.Servers.Scratch("cli-run");

    [Fact]
    public void Parse_QuotedValues_AsTheShellReadsThem()
    {
        var values = RunFileReader.Parse(RunFile);
        Assert.Equal("/data/o'brien", values["AppHost__DataDirectory"]);
        Assert.Equal("Host=127.0.0.1;Password=a=b", values["ConnectionStrings__butler"]);
        Assert.Equal(5, values.Count);
    }

    [Fact]
    public void Find_RunningButler_HasItsAddressesAndToken()
    {
        Write("run.env", RunFile);
        Write("api-token", "secret\n");
        Write("apphost.pid", $"{Environment.ProcessId} {OwnStart()}\n");
        var butler = RunningButler.Find(null, n => n == "BUTLER_DATA_DIR" ? _folder : null);
        Assert.Equal(Environment.ProcessId, butler.Pid);
        Assert.Equal("http://127.0.0.1:5001/", butler.Ingest.ToString());
        Assert.Equal("http://127.0.0.1:5002/", butler.Progress.ToString());
        Assert.Equal("http://127.0.0.1:5003/", butler.ProgressGrpc.ToString());
        Assert.Equal("secret", butler.Token);
    }

    // A killed AppHost leaves its files, and its pid may belong to another process by now.
    [Fact]
    public void Find_PidUsedByAnotherProcess_IsNotRunning()
    {
        Write("run.env", RunFile);
        Write("api-token", "secret");
        Write("apphost.pid", $"{Environment.ProcessId} 1");
        Assert.Equal(CliException.NotRunning, Failure());
    }

    [Fact]
    public void Find_AppHostWithoutRunFile_IsStarting()
    {
        Write("apphost.pid", $"{Environment.ProcessId} {OwnStart()}");
        Assert.Contains("still starting", Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void Find_NoFolderNamed_AsksForOne() =>
        Assert.Contains("--data-dir", Assert.Throws<CliException>(() => RunningButler.Find(null, _ => null)).Message, StringComparison.Ordinal);

    [Fact]
    public void Find_TokenMissing_NamesItsFile()
    {
        Write("run.env", RunFile);
        Assert.Contains(Path.Combine(_folder, "api-token"), Failure(), StringComparison.Ordinal);
    }

    [Fact]
    public void Link_Code_IsInTheFragment() =>
        Assert.Equal("http://127.0.0.1:5002/signin#code=a-b_c%2B", LinkCommand.Link(new("http://127.0.0.1:5002/"), "a-b_c+"));

    [Theory]
    [InlineData("""{"error":{"code":"forbidden","message":"Admins only."}}""", "Butler answers 403: Admins only.")]
    [InlineData("<html>", "Butler answers 403.")]
    public void Explain_ErrorBody_GivesItsMessage(string body, string expected) => Assert.Equal(expected, ButlerClient.Explain(HttpStatusCode.Forbidden, body));

    [Fact]
    public void Lines_Status_LeavesOutWhatIsZero()
    {
        var butler = new RunningButler("/data", 7, new("http://i/"), new("http://p/"), new("http://g/"), "secret");
        var lines = StatusCommand.Lines(butler, new("healthy", new() { ["redis"] = "healthy" }), new("all", new() { ["completed"] = 2, ["failed"] = 0 }, new() { ["done"] = 12345 }, 3.5, null)).ToList();
        Assert.Contains("imports  2 completed", lines);
        Assert.Contains("mails    12,345 done", lines);
        Assert.Contains("rate     3.5 mails/s over 5 minutes", lines);
        Assert.DoesNotContain(lines, l => l.Contains("secret", StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string OwnStart()
    {
        var stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/stat"));
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private string Failure() => Assert.Throws<CliException>(() => RunningButler.Find(_folder, _ => null)).Message;
}
