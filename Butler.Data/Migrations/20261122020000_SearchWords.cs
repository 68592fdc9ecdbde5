using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>The words of mails and queries are cut by the services (docs/decisions/0052-words-cut-by-services.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261122020000_SearchWords")]
internal sealed class SearchWords : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261122020000_SearchWords.sql"));
}
