using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Butler.Services.Tests.Hosting;

/// <summary>One line that a host logged, as it would leave the process: text, values, scopes and exception.</summary>
internal sealed record LogLine(LogLevel Level, int Id, string Category, string Text);

/// <summary>
/// Keeps what hosts log, so that a test can prove two things about it: nothing went wrong that the test did not cause, and no mail, address
/// or secret is in it (STYLE 19 and 20).
/// </summary>
internal sealed class LogCapture : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<LogLine> _lines = new();
    private IExternalScopeProvider? _scopes;

    public IReadOnlyCollection<LogLine> Lines => _lines;

    public ILogger CreateLogger(string categoryName) => new Writer(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    /// <summary>Lines of level Error and above, except the expected ones.</summary>
    public IReadOnlyList<LogLine> Errors(IReadOnlyCollection<int> expectedIds) =>
        [.. _lines.Where(l => l.Level >= LogLevel.Error && !expectedIds.Contains(l.Id))];

    public void Dispose()
    {
    }

    /// <summary>The same log for one host that may be cut off: from then on it has nothing to say.</summary>
    public ILoggerProvider While(Func<bool> isAlive) => new Gate(this, isAlive);

    private void Add(LogLevel level, EventId id, string category, string text, IEnumerable<KeyValuePair<string, object?>>? values, Exception? exception)
    {
        var all = new StringBuilder(text);
        foreach (var (_, value) in values ?? [])
        {
            all.Append(" | ").Append(value);
        }

        _scopes?.ForEachScope((scope, to) =>
        {
            foreach (var (key, value) in scope as IEnumerable<KeyValuePair<string, object?>> ?? [new("", scope)])
            {
                to.Append(" | ").Append(key).Append('=').Append(value);
            }
        }, all);
        if (exception is not null)
        {
            all.Append('\n').Append(exception);
        }

        _lines.Enqueue(new(level, id.Id, category, all.ToString()));
    }

    private sealed class Gate(LogCapture to, Func<bool> isAlive) : ILoggerProvider, ISupportExternalScope
    {
        public ILogger CreateLogger(string categoryName) => new GatedWriter(to.CreateLogger(categoryName), isAlive);

        public void SetScopeProvider(IExternalScopeProvider scopeProvider) => to.SetScopeProvider(scopeProvider);

        public void Dispose()
        {
        }
    }

    private sealed class GatedWriter(ILogger to, Func<bool> isAlive) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => to.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => isAlive();

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (isAlive())
            {
                to.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }

    private sealed class Writer(LogCapture to, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => to._scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            to.Add(logLevel, eventId, category, formatter(state, exception), state as IEnumerable<KeyValuePair<string, object?>>, exception);
    }
}
