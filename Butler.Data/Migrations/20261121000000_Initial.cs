using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>The first schema (DESIGN section 4; states and columns are explained in docs/data.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121000000_Initial")]
internal sealed class Initial : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121000000_Initial.sql"));
}
