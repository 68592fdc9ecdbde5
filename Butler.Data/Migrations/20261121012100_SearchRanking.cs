using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Hits by words are ranked with their mails' lengths (docs/decisions/0051-words-ranking.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121012100_SearchRanking")]
internal sealed class SearchRanking : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121012100_SearchRanking.sql"));
}
