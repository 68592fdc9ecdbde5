using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>The budgets that are in force, and the chat models' part of the public health.</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121010100_ChatLimits")]
internal sealed class ChatLimits : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121010100_ChatLimits.sql"));
}
