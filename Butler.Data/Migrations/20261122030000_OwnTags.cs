using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Tags that people make themselves (docs/tags.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261122030000_OwnTags")]
internal sealed class OwnTags : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261122030000_OwnTags.sql"));
}
