using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Progress may read audits, under row-level security.</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121009100_ReadAudits")]
internal sealed class ReadAudits : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121009100_ReadAudits.sql"));
}
