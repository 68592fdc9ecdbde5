using System.Collections.Concurrent;
using Butler.Sandbox.Faults;
using Butler.Sandbox.Mail;
using Butler.Sandbox.OAuth;

namespace Butler.Sandbox.State;

/// <summary>All accounts of the sandbox; tests look into it directly.</summary>
public sealed class SandboxState : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<SandboxAccount>> _accounts = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<string, int> _initialCount = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, List<Change>> _past;
    private readonly List<string> _order = [];
    private readonly Lock _gate = new();
    private readonly Journal _journal;
    private readonly NastyBehaviour _nasty;
    private readonly TimeProvider _clock;
    private readonly Action<string, Watch?, ulong> _changed;

    internal SandboxState(SandboxOptions options, Tokens tokens, NastyBehaviour nasty, TimeProvider clock, Action<string, Watch?, ulong> changed)
    {
        (_journal, var past) = Journal.Open(options.DataDir);
        _past = past.GroupBy(c => c.Account, StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.ToList(), StringComparer.OrdinalIgnoreCase);
        Tokens = tokens;
        _nasty = nasty;
        _clock = clock;
        _changed = changed;
    }

    /// <summary>Addresses in the order the accounts were made.</summary>
    public IReadOnlyList<string> Addresses
    {
        get
        {
            lock (_gate)
            {
                return [.. _order];
            }
        }
    }

    /// <summary>All accounts.</summary>
    public IReadOnlyList<SandboxAccount> Accounts => [.. Addresses.Select(Account)];

    internal Tokens Tokens { get; }

    /// <summary>The account of an address.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public SandboxAccount Account(string address) =>
        Find(address) ?? throw new KeyNotFoundException("The sandbox has no such account");

    /// <summary>Makes an account with these mails, oldest first or not.</summary>
    public SandboxAccount AddAccount(string address, IEnumerable<byte[]>? mails = null)
    {
        var now = _clock.GetUtcNow().ToUnixTimeMilliseconds();
        var contents = (mails ?? []).Select(m => new MailContent(m)).ToList();
        Add(address, contents.Count, () => [.. contents.Select(c => new InitialMail(c, c.Date ?? now, DefaultLabels(c, address), false))]);
        return Account(address);
    }

    /// <summary>Makes an empty account that a restart makes again.</summary>
    internal SandboxAccount AddLasting(string address)
    {
        Add(address, 0, () => []);
        _journal.Append(new Change { Kind = ChangeKind.NewAccount, Account = address, At = _clock.GetUtcNow().ToUnixTimeMilliseconds() });
        return Account(address);
    }

    /// <summary>Makes the accounts again that the control API made before the restart.</summary>
    internal void Restore()
    {
        foreach (var (address, changes) in _past)
        {
            if (Find(address) is null && changes.Exists(c => c.Kind == ChangeKind.NewAccount))
            {
                Add(address, 0, () => []);
            }
        }
    }

    /// <summary>The account, or null.</summary>
    public SandboxAccount? Find(string address) => _accounts.TryGetValue(address, out var account) ? account.Value : null;

    /// <summary>Registers an account whose mails are made when it is first used.</summary>
    internal void Add(string address, int count, Func<IReadOnlyList<InitialMail>> mails)
    {
        var made = new Lazy<SandboxAccount>(() =>
        {
            var account = new SandboxAccount(address, grants => Tokens.RefreshToken(address, grants), _nasty, _clock, _journal.Append, _changed);
            // OrderBy is stable: mails of one second keep the file's order.
            account.Load([.. mails().OrderBy(m => m.Date)]);
            foreach (var change in _past.GetValueOrDefault(address) ?? [])
            {
                account.Apply(change);
            }

            return account;
        });
        if (!_accounts.TryAdd(address, made))
        {
            throw new InvalidOperationException("The sandbox has this account already");
        }

        Tokens.Register(address);
        _initialCount[address] = count;
        lock (_gate)
        {
            _order.Add(address);
        }
    }

    /// <summary>How many messages an account has, without making it.</summary>
    internal int CountMails(string address) =>
        _accounts[address].IsValueCreated ? Account(address).Count : _initialCount[address];

    internal static IReadOnlyList<string> DefaultLabels(MailContent content, string owner) =>
        content.IsFrom(owner) ? Sent : Inbox;

    /// <summary>Closes the journal.</summary>
    public void Dispose() => _journal.Dispose();

    private static readonly string[] Sent = ["SENT"];
    private static readonly string[] Inbox = ["INBOX"];
}
