using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Butler.Mail;
using Butler.Mailboxes.Imap;

namespace Butler.Cli.Bench.Imap;

/// <summary>Butler's IMAP client and MIME reader in this process: what an import does before it stores.</summary>
internal sealed class ImapBenchClient(ImapBenchServer server, string user, TimeProvider time)
{
    /// <summary>What an import of one account may use: the default of five less the two left to new mail.</summary>
    public const int Connections = 3;

    public async Task<ImapBenchResult> RunAsync(int connections, bool parse, CancellationToken cancellationToken)
    {
        using var process = Process.GetCurrentProcess();
        GC.Collect();
        var (cpu, serverCpu, start) = (process.TotalProcessorTime, server.CpuSeconds, time.GetTimestamp());
        var options = new ImapOptions { ExtraRoots = [X509CertificateLoader.LoadCertificate(server.Certificate.RawData)] };
        var clients = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => ConnectAsync(options, cancellationToken)));

        // As an import does: which mails there are and how large first, then the mails.
        var known = new List<uint>();
        await foreach (var mail in clients[0].FetchAsync(ImapUidSet.Range(1, uint.MaxValue), new(ImapItems.Flags | ImapItems.InternalDate | ImapItems.Size), cancellationToken))
        {
            known.Add(mail.Uid);
        }

        var share = (known.Count + connections - 1) / connections;
        var counts = await Task.WhenAll(clients.Select((client, i) => Task.Run(() => FetchAsync(client, known.Skip(i * share).Take(share), parse, cancellationToken), cancellationToken)));
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }

        process.Refresh();
        return new(
            $"Butler, fetch and parse, {connections} connection{(connections == 1 ? "" : "s")}", counts.Sum(c => c.Mails), counts.Sum(c => c.Bytes),
            time.GetElapsedTime(start), (process.TotalProcessorTime - cpu).TotalSeconds, server.CpuSeconds - serverCpu, process.PeakWorkingSet64);
    }

    private static async Task<(int Mails, long Bytes)> FetchAsync(ImapClient client, IEnumerable<uint> uids, bool parse, CancellationToken cancellationToken)
    {
        var (mails, bytes) = (0, 0L);
        await foreach (var mail in client.FetchAsync(new ImapUidSet(uids), new(ImapItems.Body), cancellationToken))
        {
            mails++;
            bytes += mail.Body!.Value.Length;
            if (parse)
            {
                var message = MimeMessage.Parse(mail.Body.Value);
                _ = MailText.Read(message);
            }
        }

        return (mails, bytes);
    }

    private async Task<ImapClient> ConnectAsync(ImapOptions options, CancellationToken cancellationToken)
    {
        var client = await ImapClient.ConnectAsync(new("localhost", server.TlsPort, ImapSecurity.Tls), options, time, cancellationToken: cancellationToken);
        await client.LoginAsync(new(user, ImapBenchServer.Password), cancellationToken);
        await client.SelectAsync(ImapName.Inbox, readOnly: true, null, cancellationToken);
        return client;
    }
}
