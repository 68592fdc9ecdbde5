using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Run;

/// <summary>A Redis server of its own: loopback, private port, password, nothing kept on disk.</summary>
internal sealed class RedisRunner(RedisResource redis, RunServices run) : ResourceRunner(redis, run)
{
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(3);
    private readonly string? _account = Accounts.ForServers();

    protected override TimeSpan StopPatience => TimeSpan.FromSeconds(5);

    protected override async Task<ChildProcess?> LaunchAsync(CancellationToken cancellationToken)
    {
        var folder = Run.Data[redis.Name];
        Accounts.MakePrivateFolder(folder, _account);

        // In a file of mode 0600, because a command line is for all to read.
        var password = await redis.PasswordParameter!.GetValueAsync(cancellationToken);
        var configuration = Path.Combine(redis.Name, "redis.conf");
        Run.Data.WriteSecret(configuration, $"""
            bind 127.0.0.1
            port {redis.PrimaryEndpoint.Port}
            dir {folder}
            save ""
            appendonly no
            daemonize no
            requirepass {password}

            """);
        Accounts.MakePrivateFolder(folder, _account);
        var program = ServerBinaries.FindRedis();
        return ChildProcess.Start(
            [program, Run.Data[configuration]], _account, [], folder, line => Run.Console.Print(Resource.Name, line), Run.Children);
    }

    protected override async Task<bool> CheckAsync(CancellationToken cancellationToken) =>
        await PingAsync(redis.PrimaryEndpoint.Port, await redis.PasswordParameter!.GetValueAsync(cancellationToken), cancellationToken);

    private static async Task<bool> PingAsync(int port, string? password, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AnswerTime);
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", port, limit.Token);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {password}\r\nPING\r\n"), limit.Token);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return await reader.ReadLineAsync(limit.Token) == "+OK" && await reader.ReadLineAsync(limit.Token) == "+PONG";
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return false;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
