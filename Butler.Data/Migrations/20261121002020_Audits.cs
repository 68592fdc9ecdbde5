using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Audits (docs/operations.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121002020_Audits")]
internal sealed class Audits : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121002020_Audits.sql"));
}
