using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>IMAP accounts, their folders, where mails lie, and the log of changes.</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121005000_Imap")]
internal sealed class ImapTables : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121005000_Imap.sql"));
}
