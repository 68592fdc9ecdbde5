using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>A repair compares labels too, and an audit asks about mails that are no longer listed.</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121009200_RepairLabels")]
internal sealed class RepairLabels : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121009200_RepairLabels.sql"));
}
