using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Verdicts of chat models: their record, the mails that wait for one, usage, providers and alerts.</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121010000_Judging")]
internal sealed class Judging : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121010000_Judging.sql"));
}
