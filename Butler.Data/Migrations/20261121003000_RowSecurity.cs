using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>The roles, and row-level security on everything the Progress service may select (MECHANICS 12).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121003000_RowSecurity")]
internal sealed class RowSecurity : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121003000_RowSecurity.sql"));
}
