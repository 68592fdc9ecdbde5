using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Push, watch, history and gap repair (docs/live.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121001000_Live")]
internal sealed class Live : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121001000_Live.sql"));
}
