using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Failed tasks that can be tried again (docs/operations.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121002010_FailedTasks")]
internal sealed class FailedTasksAgain : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121002010_FailedTasks.sql"));
}
