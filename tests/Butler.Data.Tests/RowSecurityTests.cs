using Butler.Data.Tests.Support;
using Npgsql;

namespace Butler.Data.Tests;

/// <summary>The database's own access rule, asked by a connection that logs in as <c>butler_reader</c> (MECHANICS 12).</summary>
public sealed class RowSecurityTests : IAsyncLifetime
{
    private static readonly string[] s_families = ["families", "family_invitations"];
    private static readonly string[] s_byHolder = ["api_tokens", "connect_states"];

    // What happened to somebody is theirs and the admins' to read, not the family's.
    private static readonly string[] s_bySubject = ["audit_events"];

    // States of the installation, which hold nothing of anybody.
    private static readonly string[] s_ofAdmins = ["chat_providers", "chat_alerts"];
    private TestDb _db = null!;
    private NpgsqlDataSource _reader = null!;
    private Guid _owner;
    private Guid _spouse;
    private Guid _stranger;
    private Guid _admin;

    public async Task InitializeAsync()
    {
        _db = await TestDb.CreateAsync();
        _reader = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_db.ConnectionString) { Username = "butler_reader" });
        var family = Guid.CreateVersion7();
        await _db.ExecuteAsync("INSERT INTO families (id, name) VALUES ($1, 'F')", family);
        _owner = await PersonAsync("member", family);
        _spouse = await PersonAsync("family", family);
        _stranger = await PersonAsync("member", null);
        _admin = await PersonAsync("admin", null);
        await _db.ExecuteAsync("INSERT INTO family_invitations (id, family_id, hash, created_by, expires_at) VALUES ($1, $1, '\\x01', $2, now())", family, _owner);
        await FillAsync(_owner);
        await FillAsync(_stranger);
    }

    public async Task DisposeAsync()
    {
        await _reader.DisposeAsync();
        await _db.DisposeAsync();
    }

    [Fact]
    public async Task Reader_Role_OwnsNothingAndBypassesNothing()
    {
        Assert.Equal("butler_reader", await AskAsync(null, "SELECT session_user::text"));
        Assert.Equal(false, await AskAsync(null, "SELECT rolbypassrls OR rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = current_user"));
        Assert.Equal(false, await AskAsync(null, "SELECT pg_has_role('butler_owner', 'MEMBER')"));
        Assert.Equal(0L, await AskAsync(null, "SELECT count(*) FROM pg_class WHERE relowner = 'butler_reader'::regrole"));
        Assert.Equal(0L, await _db.CountAsync("SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v') AND c.relowner <> 'butler_owner'::regrole"));
        Assert.Equal(0L, await _db.CountAsync("SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' AND p.prosecdef AND (p.proowner <> 'butler_owner'::regrole OR p.proconfig IS NULL)"));
    }

    // A table that is granted and has no policy, a partition that is granted, or a view that runs as its owner would show everything.
    [Fact]
    public async Task Grants_OfTheReader_AllStandUnderRowSecurity()
    {
        var open = await _db.ScalarAsync("""
            SELECT coalesce(string_agg(c.relname, ', '), '') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm')
              AND (has_table_privilege('butler_reader', c.oid, 'SELECT') OR has_any_column_privilege('butler_reader', c.oid, 'SELECT'))
              AND (c.relispartition OR NOT CASE WHEN c.relkind = 'v' THEN 'security_invoker=true' = ANY (coalesce(c.reloptions, '{}')) ELSE c.relrowsecurity END)
            """);
        Assert.Equal("", open);
        Assert.Equal(0L, await _db.CountAsync("""
            SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v')
              AND (has_table_privilege('butler_reader', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE') OR has_any_column_privilege('butler_reader', c.oid, 'INSERT, UPDATE'))
            """));
    }

    [Theory]
    [InlineData("SELECT credentials FROM provider_users")]
    [InlineData("SELECT hash FROM api_tokens")]
    [InlineData("SELECT body FROM outbox")]
    [InlineData("SELECT message FROM failed_tasks")]
    [InlineData("SELECT * FROM emails_keep")]
    [InlineData("SELECT document FROM email_search")]
    [InlineData("SELECT vectors FROM email_embeddings_keep")]
    [InlineData("UPDATE app_users SET role = 'admin'")]
    [InlineData("SET ROLE butler_owner")]
    public async Task Reader_SecretColumnsPartitionsAndWrites_AreRefused(string sql)
    {
        var refused = await Assert.ThrowsAsync<PostgresException>(() => AskAsync(_admin, sql));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);
    }

    [Fact]
    public async Task Rows_EveryTableEveryRole_FollowTheOneRule()
    {
        var tables = ((string[])(await _db.ScalarAsync("""
            SELECT array_agg(c.relname::text ORDER BY c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v') AND has_any_column_privilege('butler_reader', c.oid, 'SELECT')
            """))!).ToList();
        Assert.Contains("emails", tables);
        foreach (var table in tables)
        {
            var all = await _db.CountAsync($"SELECT count(*) FROM {table}");
            Assert.True(all > 0, $"{table} has no rows here: give it some in {nameof(FillAsync)}, for the owner and the stranger.");
            Assert.True(await CountAsync(null, table) == 0, $"nobody sees {table}");
            Assert.True(await CountAsync(Guid.CreateVersion7(), table) == 0, $"an unknown user sees {table}");
            var (owner, spouse, stranger, admin) = (await CountAsync(_owner, table), await CountAsync(_spouse, table), await CountAsync(_stranger, table), await CountAsync(_admin, table));
            if (s_byHolder.Contains(table))
            {
                Assert.True((owner, spouse, stranger, admin) == (1, 0, 1, 0), $"{table}: {owner} {spouse} {stranger} {admin}");
            }
            else if (s_bySubject.Contains(table))
            {
                Assert.True((owner, spouse, stranger, admin) == (1, 0, 1, all), $"{table}: {owner} {spouse} {stranger} {admin}");
            }
            else if (s_ofAdmins.Contains(table))
            {
                Assert.True((owner, spouse, stranger, admin) == (0, 0, 0, all), $"{table}: {owner} {spouse} {stranger} {admin}");
            }
            else if (s_families.Contains(table))
            {
                Assert.True((owner, spouse, stranger, admin) == (1, 1, 0, 1), $"{table}: {owner} {spouse} {stranger} {admin}");
            }
            else
            {
                Assert.True(owner > 0 && owner == spouse && stranger > 0 && admin == all && owner + stranger <= all && owner < all, $"{table}: {owner} {spouse} {stranger} {admin} of {all}");
            }
        }
    }

    [Fact]
    public async Task MayRead_Pairs_FollowTheOneRule()
    {
        foreach (var (reader, expected) in new[] { (_owner, true), (_spouse, true), (_admin, true), (_stranger, false), (Guid.CreateVersion7(), false) })
        {
            Assert.Equal(expected, await AskAsync(null, $"SELECT butler_may_read('{reader}', '{_owner}')"));
        }
    }

    private async Task<long> CountAsync(Guid? user, string table)
    {
        // count(*) needs one readable column.
        var column = await _db.ScalarAsync($"SELECT attname::text FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND has_column_privilege('butler_reader', attrelid, attnum, 'SELECT') LIMIT 1");
        return (long)(await AskAsync(user, $"SELECT count({column}) FROM {table}"))!;
    }

    private async Task<object?> AskAsync(Guid? user, string sql)
    {
        await using var connection = await _reader.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var who = new NpgsqlCommand("SELECT set_config('butler.user_id', $1, true)", connection) { Parameters = { new() { Value = user?.ToString() ?? "" } } })
        {
            await who.ExecuteNonQueryAsync();
        }

        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private async Task<Guid> PersonAsync(string role, Guid? family)
    {
        var id = Guid.CreateVersion7();
        await _db.ExecuteAsync("INSERT INTO app_users (id, display_name, role, family_id) VALUES ($1, 'P', $2, nullif($3, '')::uuid)", id, role, family?.ToString() ?? "");
        return id;
    }

    /// <summary>A row in every table that the reader may select, for one person.</summary>
    private async Task FillAsync(Guid person)
    {
        var (account, mail) = (Guid.CreateVersion7(), Guid.CreateVersion7());
        await _db.ExecuteAsync("INSERT INTO api_tokens (id, app_user_id, kind, name, hash) VALUES ($1, $1, 'bearer', 'n', $2)", person, person.ToByteArray());
        await _db.ExecuteAsync("INSERT INTO provider_users (id, app_user_id, provider, address, credentials) VALUES ($1, $2, 'gmail', $1::text, '\\x01')", account, person);
        await _db.ExecuteAsync("INSERT INTO imap_accounts (provider_user_id, host, port, security, user_name, auth) VALUES ($1, 'h', 993, 'tls', 'u', 'password')", account);
        await _db.ExecuteAsync("INSERT INTO mailbox_folders (provider_user_id, name, role, followed) VALUES ($1, 'INBOX', 'inbox', true)", account);
        await _db.ExecuteAsync("""
            INSERT INTO sync_jobs (id, app_user_id, provider_user_id, type, trigger, status, range_to, window_before, correlation_id) VALUES ($1, $2, $3, 'import', 'api', 'pending', now(), now(), $1)
            """, Guid.CreateVersion7(), person, account);
        await _db.ExecuteAsync("INSERT INTO ledger (id, provider_user_id, provider_message_id, state, lane, rank, correlation_id) VALUES ($1, $2, 'm', 'done', 0, 0, $1)", mail, account);
        await _db.ExecuteAsync("INSERT INTO ledger_open (id, provider_user_id, stage, lane, rank) VALUES ($1, $2, 0, 0, 0)", mail, account);
        await _db.ExecuteAsync("INSERT INTO ledger_events (ledger_id, provider_user_id, kind) VALUES ($1, $2, 'retry')", mail, account);
        await _db.ExecuteAsync("""
            INSERT INTO emails (id, expires_at, provider_user_id, thread_id, reference_ids, received_at, reply_to, to_addresses, cc_addresses, subject, new_text, quoted_text, attachments, size, language, signals, stored_at)
            VALUES ($1, 'infinity', $2, 't', '{}', now(), '{}', '{}', '{}', 's', 'b', '', '[]', 1, 'en', '{}', now())
            """, mail, account);
        await _db.ExecuteAsync("INSERT INTO mail_state (id, provider_user_id, labels, direction, updated_at) VALUES ($1, $2, '{}', 'in', now())", mail, account);
        await _db.ExecuteAsync("""
            INSERT INTO verdicts (mail_id, revision, expires_at, provider_user_id, category, confidence, reasoning, summary, model_used, tokens_used, provisional, created_at)
            VALUES ($1, 1, 'infinity', $2, 'spam', 1, '', '', 'm', 0, false, now())
            """, mail, account);
        await _db.ExecuteAsync("INSERT INTO email_tags (mail_id, expires_at, provider_user_id, tag) VALUES ($1, 'infinity', $2, 't')", mail, account);
        await _db.ExecuteAsync("INSERT INTO own_tags (app_user_id, name, description, rule) VALUES ($1, 'house', 'd', '{}')", person);
        await _db.ExecuteAsync("INSERT INTO search_open (mail_id, provider_user_id) VALUES ($1, $2)", mail, account);
        await _db.ExecuteAsync("""
            INSERT INTO email_embeddings (mail_id, expires_at, provider_user_id, received_at, model, indexed_at, spans, vectors) VALUES ($1, 'infinity', $2, now(), 'm', now(), '{0,1}', '\\x01')
            """, mail, account);
        await _db.ExecuteAsync("""
            INSERT INTO transactions (id, mail_id, line, provider_user_id, state, amount, currency, direction, source, happened_on, day_said, merchant, account_tail, reference, checked, doubts, tags, spans)
            VALUES ($1, $1, 1, $2, 'booked', 1, 'EUR', 'out', 'alert', '2026-01-01', true, 'm', '', '', false, '{}', '{}', '{}')
            """, mail, account);
        await _db.ExecuteAsync("INSERT INTO replies (mail_id, expires_at, provider_user_id, state, thread_id, correlation_id) VALUES ($1, 'infinity', $2, 'intended', 't', $1)", mail, account);
        await _db.ExecuteAsync("INSERT INTO tasks (id, kind, app_user_id, provider_user_id, status, correlation_id) VALUES ($1, 'sync', $2, $3, 'pending', $1)", Guid.CreateVersion7(), person, account);
        await _db.ExecuteAsync("INSERT INTO failed_tasks (id, task, provider_user_id, message, error) VALUES ($1, 't', $2, '{}', 'e')", Guid.CreateVersion7(), account);
        await _db.ExecuteAsync("INSERT INTO connect_states (id, app_user_id, origin, state_hash, binding, redirect_uri, status, expires_at) VALUES ($1, $1, 'page', $2, $2, 'r', 'started', now())", person, person.ToByteArray());
        await _db.ExecuteAsync("INSERT INTO audit_events (id, kind, subject_user_id) VALUES ($1, 'user_added', $1)", person);
        await _db.ExecuteAsync("INSERT INTO audits (id, provider_user_id, repair, status, whole_range) VALUES ($1, $2, false, 'completed', true)", Guid.CreateVersion7(), account);
        await _db.ExecuteAsync("INSERT INTO open_judgings (mail_id, provider_user_id, lane, received_at, correlation_id) VALUES ($1, $2, 0, now(), $1)", mail, account);
        await _db.ExecuteAsync("INSERT INTO chat_usage (day, provider_user_id, app_user_id, provider, model) VALUES (current_date, $1, $2, 'p', 'm')", account, person);
        await _db.ExecuteAsync("INSERT INTO chat_providers (instance, name, rank, kind, model, breaker) VALUES ($1, 'p', 1, 'openai', 'm', 'closed')", account);
        await _db.ExecuteAsync("INSERT INTO chat_alerts (provider, reason) VALUES ($1::text, 'r')", account);
        await _db.ExecuteAsync("INSERT INTO user_events (id, app_user_id, kind, message) VALUES ($1, $2, 'repaired', 'm')", Guid.CreateVersion7(), person);
    }
}
