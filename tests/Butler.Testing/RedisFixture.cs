using System.Diagnostics;
using System.Net.Sockets;

namespace Butler.Testing;

/// <summary>One Redis server per test process, started at first use; tests keep apart by key prefixes.</summary>
public static class RedisFixture
{
    private static readonly Lazy<Task<string>> s_shared = new(async () => (await StartAsync()).Connection);

    /// <summary>The shared server's connection string (host:port).</summary>
    public static Task<string> ConnectionAsync() => s_shared.Value;

    /// <summary>Starts a server of its own, for tests that stop it.</summary>
    public static async Task<(string Connection, Process Process)> StartAsync()
    {
        var redis = Servers.Find("BUTLER_REDIS_BIN", "redis-server", "/usr/bin", "/work/tools/redis/usr/bin");
        for (var deadline = Stopwatch.StartNew(); ;)
        {
            var port = Servers.FreePort();
            var process = Servers.Start(redis, ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Servers.Scratch("redis")]);

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
