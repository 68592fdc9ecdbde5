using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Common words of a query cost no more than rare ones (docs/search.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121012200_SearchCandidates")]
internal sealed class SearchCandidates : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121012200_SearchCandidates.sql"));
}
