using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Retention: expiry by partition (docs/retention.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121006000_Retention")]
internal sealed class Retention : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121006000_Retention.sql"));
}
