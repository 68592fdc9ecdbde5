using Butler.Testing;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Butler.Data.Tests;

public sealed class SchemaTests
{
    [Fact]
    public async Task Migrate_RunTwice_LeavesTheSchemaCurrent()
    {
        var database = await PostgresFixture.CreateDatabaseAsync();
        await PostgresFixture.MigrateAsync(database);
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("""SELECT count(*) FROM "__EFMigrationsHistory" """, connection);
        var known = typeof(Schema).Assembly.GetTypes().LongCount(t => t.IsDefined(typeof(Microsoft.EntityFrameworkCore.Migrations.MigrationAttribute), false));
        Assert.Equal(known, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task Model_EveryMappedColumn_ExistsInTheCatalogue()
    {
        var database = await PostgresFixture.CreateDatabaseAsync();
        await using var context = new ButlerContext(new DbContextOptionsBuilder<ButlerContext>().UseNpgsql(database).Options);
        var catalogue = new HashSet<string>();
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT table_name || '.' || column_name || ':' || is_nullable FROM information_schema.columns WHERE table_schema = 'public'", connection);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            catalogue.Add(reader.GetString(0));
        }

        var mapped = context.Model.GetEntityTypes().SelectMany(e => e.GetProperties().Select(p =>
            $"{e.GetTableName()}.{p.GetColumnName()}:{(p.IsNullable ? "YES" : "NO")}")).ToList();
        Assert.NotEmpty(mapped);
        Assert.DoesNotContain(mapped, m => !catalogue.Contains(m));
    }
}
