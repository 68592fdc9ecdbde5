// A service that an AppHost under test starts: it tells its variables and ends when asked.
if (Environment.GetEnvironmentVariable("PROBE_UNUSABLE") is { } reason)
{
    Console.Error.WriteLine(reason);
    return 78;
}

var builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
var app = builder.Build();
app.MapGet("/health", () => Environment.GetEnvironmentVariable("PROBE_SICK") is null ? Results.Ok() : Results.StatusCode(503));
app.MapGet("/env", () => Environment.GetEnvironmentVariables());
app.MapGet("/pid", () => Environment.ProcessId);
app.MapPost("/crash", () => Environment.Exit(3));
Console.WriteLine("probe is up");
app.Run();
return 0;
