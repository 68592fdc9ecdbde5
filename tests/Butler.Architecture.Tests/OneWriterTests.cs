using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using System.Text.RegularExpressions;

namespace Butler.Architecture.Tests;

/// <summary>
/// One writer per table (DESIGN section 2): the SQL in the string heap of each assembly writes only tables that are its own, or,
/// in Butler.Data, that have a class of named methods there.
/// </summary>
public sealed partial class OneWriterTests
{
    private static readonly string[] s_rooms =
        ["Butler.Data", "Butler.Messaging", "Butler.Mailboxes", "Butler.Intelligence", "Butler.Ingest", "Butler.Classifier", "Butler.Responder", "Butler.Progress", "Butler.Cli", "Butler.ServiceDefaults"];

    private static readonly Dictionary<string, string[]> s_writers = new()
    {
        ["families"] = ["Butler.Data"],
        ["family_invitations"] = ["Butler.Data"],
        ["connect_states"] = ["Butler.Data"],
        ["audit_events"] = ["Butler.Data"],
        ["app_users"] = ["Butler.Ingest", "Butler.Data"],
        ["provider_users"] = ["Butler.Ingest"],
        ["account_events"] = ["Butler.Ingest"],
        ["user_events"] = ["Butler.Ingest", "Butler.Data"],
        ["api_tokens"] = ["Butler.Data"],
        ["sync_jobs"] = ["Butler.Ingest", "Butler.Data"],
        ["ledger"] = ["Butler.Data"],
        ["ledger_open"] = ["Butler.Data"],
        ["ledger_events"] = ["Butler.Data"],
        ["slots"] = ["Butler.Data", "Butler.Ingest"],
        ["emails"] = ["Butler.Data"],
        ["mail_state"] = ["Butler.Data"],
        ["verdicts"] = ["Butler.Data"],
        ["search_open"] = ["Butler.Data"],
        ["email_search"] = ["Butler.Data"],
        ["email_embeddings"] = ["Butler.Data"],
        ["own_tags"] = ["Butler.Data"],
        ["email_tags"] = ["Butler.Data"],
        ["transactions"] = ["Butler.Data"],
        ["replies"] = ["Butler.Data"],
        ["tasks"] = ["Butler.Data"],
        ["schedules"] = ["Butler.Ingest"],
        ["account_schedules"] = ["Butler.Ingest"],
        ["audits"] = ["Butler.Ingest"],
        ["audit_ids"] = ["Butler.Ingest"],
        ["failed_tasks"] = ["Butler.Data"],
        ["inbox"] = ["Butler.Data"],
        ["label_changes"] = ["Butler.Data"],
        ["file_scans"] = ["Butler.Data"],
        ["file_mails"] = ["Butler.Data"],
        ["table_rewrites"] = ["Butler.Data"],
        ["repair_seen"] = ["Butler.Ingest"],
        ["imap_accounts"] = ["Butler.Data"],
        ["mailbox_folders"] = ["Butler.Data"],
        ["message_locations"] = ["Butler.Data"],
        ["mailbox_changes"] = ["Butler.Data"],
        ["mail_threads"] = ["Butler.Data"],
        ["mail_hashes"] = ["Butler.Data"],
        ["open_judgings"] = ["Butler.Data"],
        ["chat_usage"] = ["Butler.Data"],
        ["chat_salts"] = ["Butler.Data"],
        ["chat_providers"] = ["Butler.Data"],
        ["chat_alerts"] = ["Butler.Data"],
        ["data_protection_keys"] = ["Butler.Data"],
        ["key_ring"] = ["Butler.Data"],
        ["outbox"] = ["Butler.Data", "Butler.Messaging"],
    };

    [Fact]
    public void Sql_InEveryRoom_WritesOnlyItsOwnTables()
    {
        var writes = s_rooms.SelectMany(room => Strings(room).SelectMany(s => Write().Matches(s)).Select(m => (Room: room, Table: m.Groups["table"].Value)))
            .Where(w => s_writers.ContainsKey(w.Table)).Distinct().ToList();

        Assert.Contains(("Butler.Data", "ledger"), writes);
        Assert.DoesNotContain(writes, w => !s_writers[w.Table].Contains(w.Room));
    }

    [Fact]
    public void Tables_OfTheSchema_AllHaveAWriter()
    {
        var sql = Directory.GetFiles(Path.Combine(Repository.Root, "Butler.Data", "Migrations"), "*.sql").SelectMany(File.ReadAllLines);
        var tables = sql.Select(l => CreateTable().Match(l)).Where(m => m.Success).Select(m => m.Groups["table"].Value).ToList();

        Assert.NotEmpty(tables);
        Assert.Empty(tables.Except(s_writers.Keys));
    }

    private static IEnumerable<string> Strings(string room)
    {
        using var file = File.OpenRead(Assembly.Load(room).Location);
        using var image = new PEReader(file);
        var metadata = image.GetMetadataReader();
        var strings = new List<string>();
        for (var handle = MetadataTokens.UserStringHandle(1); !handle.IsNil && metadata.GetHeapOffset(handle) < metadata.GetHeapSize(HeapIndex.UserString); handle = metadata.GetNextHandle(handle))
        {
            strings.Add(metadata.GetUserString(handle));
        }

        return strings;
    }

    [GeneratedRegex(@"\b(INSERT INTO|(?<!NO KEY |FOR |DO )UPDATE|DELETE FROM|COPY)\s+(?<table>[a-z_]+)\b")]
    private static partial Regex Write();

    [GeneratedRegex(@"^CREATE TABLE (?<table>[a-z_]+) \(")]
    private static partial Regex CreateTable();
}
