using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Butler.Data.Migrations;

/// <summary>Who found a transaction: the reader, a chat model, or both (docs/transactions.md).</summary>
[DbContext(typeof(ButlerContext))]
[Migration("20261122010000_TransactionProposals")]
internal sealed class TransactionProposals : Migration
{
    /// <inheritdoc />
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Script.Read("20261122010000_TransactionProposals.sql"));
}
