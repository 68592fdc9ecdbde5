using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Invitations, connections under way, audit events.</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121003020_People")]
internal sealed class PeopleTables : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121003020_People.sql"));
}
