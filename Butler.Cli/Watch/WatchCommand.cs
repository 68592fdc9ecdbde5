using System.CommandLine;
using System.Threading.Channels;
using Butler.Cli.Running;
using Butler.Progress.V1;
using Spectre.Console;

namespace Butler.Cli.Watch;

internal sealed record AccountsAnswer(IReadOnlyList<AccountAnswer> Accounts);

internal sealed record AccountAnswer(Guid AccountId, string Address, string DisplayName);

/// <summary><c>./butler watch</c>: the imports of the token's user over gRPC, as bars in a terminal or lines in a pipe.</summary>
internal static class WatchCommand
{
    /// <summary>With <c>--until-done</c>: so long must nothing new come after the last import ended.</summary>
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan s_redraw = TimeSpan.FromMilliseconds(500);

    public static Command Create()
    {
        var untilDone = new Option<bool>("--until-done") { Description = "End when every import has ended (exit code 1 when one failed); waits for the first." };
        var plain = new Option<bool>("--plain") { Description = "Lines instead of bars, also in a terminal." };
        var command = new Command("watch", "Shows the running imports as progress bars, over gRPC.") { untilDone, plain };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var bars = !parsed.GetValue(plain) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;
            using var client = new ButlerClient(CommandTree.Running(parsed));
            return await new Watcher(client, parsed.InvocationConfiguration.Output, parsed.GetValue(untilDone), TimeProvider.System).RunAsync(bars, cancellationToken);
        });
        return command;
    }

    private sealed class Watcher(ButlerClient client, TextWriter output, bool untilDone, TimeProvider time)
    {
        private readonly ImportBoard _board = new();
        private readonly LineFilter _filter = new();
        private readonly Channel<SyncProgress> _messages = Channel.CreateUnbounded<SyncProgress>();
        private Dictionary<Guid, string> _names = [];

        public async Task<int> RunAsync(bool bars, CancellationToken cancellationToken)
        {
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var me = await client.GetAsync<Me>(client.Butler.Ingest, "api/v1/me", cancellationToken);
            var reading = ReadAsync(me.UserId, ending.Token);
            try
            {
                if (bars)
                {
                    await AnsiConsole.Live(new Text("")).StartAsync(live => LoopAsync(me.UserId, () => Draw(live), _ => { }, cancellationToken));
                }
                else
                {
                    await LoopAsync(me.UserId, () => { }, i => Print(i), cancellationToken);
                }
            }
            finally
            {
                await ending.CancelAsync();
                await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return _board.AnyFailed && untilDone ? 1 : 0;
        }

        private async Task ReadAsync(Guid user, CancellationToken cancellationToken)
        {
            try
            {
                await foreach (var message in new ProgressStream(client.Butler, user, time).ReadAsync(cancellationToken))
                {
                    await _messages.Writer.WriteAsync(message, cancellationToken);
                }

                _messages.Writer.Complete();
            }
            catch (Exception e)
            {
                _messages.Writer.Complete(e);
            }
        }

        private async Task LoopAsync(Guid user, Action redraw, Action<ImportState> changed, CancellationToken cancellationToken)
        {
            var lastNews = time.GetTimestamp();
            redraw();
            while (true)
            {
                try
                {
                    if (!await _messages.Reader.WaitToReadAsync(cancellationToken).AsTask().WaitAsync(s_redraw, time, cancellationToken))
                    {
                        return;
                    }

                    while (_messages.Reader.TryRead(out var message))
                    {
                        var state = ImportState.From(message);
                        if (_board.Apply(state))
                        {
                            lastNews = time.GetTimestamp();
                            await NameAsync(user, state, cancellationToken);
                            changed(state);
                        }
                    }
                }
                catch (TimeoutException)
                {
                    // Nothing came; the estimate moves on all the same.
                }

                redraw();
                if (untilDone && _board.All.Count > 0 && _board.AllFinal && time.GetElapsedTime(lastNews) > s_quiet)
                {
                    return;
                }
            }
        }

        /// <summary>The stream carries ids only; an account that is new to us is looked up once.</summary>
        private async Task NameAsync(Guid user, ImportState state, CancellationToken cancellationToken)
        {
            if (Guid.TryParse(state.AccountId, out var account) && !_names.ContainsKey(account))
            {
                var answer = await client.GetAsync<AccountsAnswer>(client.Butler.Progress, $"api/v1/email-sync/status/{user}", cancellationToken);
                _names = answer.Accounts.ToDictionary(a => a.AccountId, a => a.Address);
                _names.TryAdd(account, state.AccountId);
            }
        }

        private string Name(string account) => Guid.TryParse(account, out var id) && _names.TryGetValue(id, out var name) ? name : account;

        private void Print(ImportState import)
        {
            if (_filter.IsWorthALine(import))
            {
                output.WriteLine(ImportText.Line(import, Name(import.AccountId), time.GetUtcNow()));
            }
        }

        private void Draw(LiveDisplayContext live)
        {
            live.UpdateTarget(new Markup(string.Join('\n', ImportText.Rows(_board.All, Name, time.GetUtcNow(), AnsiConsole.Profile.Height))));
            live.Refresh();
        }
    }
}

/// <summary>Which changes a log wants: the first, every new status, and every ten points.</summary>
internal sealed class LineFilter
{
    private const double Step = 10;
    private readonly Dictionary<string, (string Status, double Progress)> _said = new(StringComparer.Ordinal);

    public bool IsWorthALine(ImportState import)
    {
        if (_said.TryGetValue(import.SyncId, out var last) && last.Status == import.Status && import.Progress < last.Progress + Step)
        {
            return false;
        }

        _said[import.SyncId] = (import.Status, import.Progress);
        return true;
    }
}
