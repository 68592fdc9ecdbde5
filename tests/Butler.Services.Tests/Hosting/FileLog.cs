using Microsoft.Extensions.Logging;

namespace Butler.Services.Tests.Hosting;

/// <summary>Writes the hosts' logs to a file, for a person who looks into a failed test (BUTLER_TEST_LOG=path).</summary>
internal sealed class FileLog(string path) : ILoggerProvider, ILogger
{
    private static readonly Lock s_lock = new();
    private static readonly System.Diagnostics.Stopwatch s_since = System.Diagnostics.Stopwatch.StartNew();

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (s_lock)
        {
            File.AppendAllText(path, $"{s_since.Elapsed.TotalSeconds:0.000} {logLevel} {eventId.Id} {formatter(state, exception)} {exception}\n");
        }
    }

    public void Dispose()
    {
    }
}
