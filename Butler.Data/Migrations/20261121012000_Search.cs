using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Search by words and by meaning (docs/search.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121012000_Search")]
internal sealed class Search : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121012000_Search.sql"));
}
