using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>How common a word is, is asked of a sample of the mails (docs/decisions/0066-words-by-sample.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261122040000_SearchSample")]
internal sealed class SearchSample : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261122040000_SearchSample.sql"));
}
