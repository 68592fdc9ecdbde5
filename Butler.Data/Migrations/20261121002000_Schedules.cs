using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Schedules, and what the retry of failed tasks notes (docs/operations.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121002000_Schedules")]
internal sealed class Schedules : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121002000_Schedules.sql"));
}
