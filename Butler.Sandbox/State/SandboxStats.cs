using System.Collections.Concurrent;

namespace Butler.Sandbox.State;

/// <summary>Counters of calls; batch calls count one by one and the batch itself as <c>batch</c>.</summary>
public sealed class SandboxStats
{
    private readonly ConcurrentDictionary<(string Method, int Status), StrongBox> _calls = new();
    private long _mails;
    private long _bytes;

    /// <summary>Calls by method and status; status 0: cut off without an answer.</summary>
    public IReadOnlyDictionary<(string Method, int Status), long> Calls => _calls.ToDictionary(c => c.Key, c => Interlocked.Read(ref c.Value.Value));

    /// <summary>Messages given out in the raw or full format.</summary>
    public long MailsServed => Interlocked.Read(ref _mails);

    /// <summary>Their size.</summary>
    public long MailBytesServed => Interlocked.Read(ref _bytes);

    /// <summary>How often a method was called, whatever came of it.</summary>
    public long CountOf(string method) => Calls.Where(c => c.Key.Method == method).Sum(c => c.Value);

    internal void Count(string method, int status) => Interlocked.Increment(ref _calls.GetOrAdd((method, status), static _ => new StrongBox()).Value);

    internal void Served(int bytes)
    {
        Interlocked.Increment(ref _mails);
        Interlocked.Add(ref _bytes, bytes);
    }

    private sealed class StrongBox
    {
        public long Value;
    }
}
