using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>A lane for the search index of imports (docs/messaging.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261122020100_IndexLane")]
internal sealed class IndexLane : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261122020100_IndexLane.sql"));
}
