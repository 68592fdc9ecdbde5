using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>The key ring (MECHANICS 13).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121003010_KeyRing")]
internal sealed class KeyRingTables : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121003010_KeyRing.sql"));
}
