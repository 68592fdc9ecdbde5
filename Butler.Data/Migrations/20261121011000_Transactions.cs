using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Transactions, and whether an account keeps them (docs/transactions.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261121011000_Transactions")]
internal sealed class Transactions : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261121011000_Transactions.sql"));
}
