using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Files as mailboxes (docs/files.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121006100_Files")]
internal sealed class Files : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121006100_Files.sql"));
}
