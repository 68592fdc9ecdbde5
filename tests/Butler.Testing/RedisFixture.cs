using System.Diagnostics;
using System.Net.Sockets;

namespace Butler.Testing;

/// <summary>One Redis server per test process, started at first use; each caller has a database of its own in it (channels are shared).</summary>
public static class RedisFixture
{
    private static readonly Lazy<Task<string>> s_shared = new(async () => (await StartAsync()).Connection);

    private static int s_databases;

    /// <summary>
    /// A connection string to a new database of the shared server: the project's quota is one key, and a test that uses the day up must not
    /// stop all others.
    /// </summary>
    public static async Task<string> ConnectionAsync() => $"{await s_shared.Value},defaultDatabase={Interlocked.Increment(ref s_databases)}";

    /// <summary>Starts a server of its own, for tests that stop it.</summary>
    public static async Task<(string Connection, Process Process)> StartAsync()
    {
        var redis = Servers.Find("BUTLER_REDIS_BIN", "redis-server", "/usr/bin", "/work/tools/redis/usr/bin");
        for (var deadline = Stopwatch.StartNew(); ;)
        {
            var port = Servers.FreePort();
            var process = Servers.Start(redis, ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--databases", "20000", "--dir", Servers.Scratch("redis")]);

            // It ends at once when somebody took the port meanwhile: then the next port.
            while (!process.HasExited)
            {
                try
                {
                    using var client = new TcpClient();
                    await client.ConnectAsync("127.0.0.1", port);
                    return ($"127.0.0.1:{port}", process);
                }
                catch (SocketException) when (deadline.Elapsed < TimeSpan.FromSeconds(30))
                {
                    await Task.Delay(20);
                }
            }
        }
    }
}
