using System.Security.Cryptography;
using Npgsql;

namespace Butler.Data.Classifier;

/// <summary>
/// The one writer of <c>chat_salts</c>. Cached answers of an account are named and sealed with keys made of its salt: the salt goes with
/// the account's data, and with it every copy of an answer, wherever it lies.
/// </summary>
public static class ChatSalts
{
    private const int Bytes = 32;

    /// <summary>
    /// The account's salt; made where it is missing, but never for a mail that is erased: the lock on the mail's row keeps an eraser, which
    /// begins with the ledger, from passing by a salt that is just being made. Null: there is none, and the mail is gone.
    /// </summary>
    public static async Task<byte[]?> GetAsync(NpgsqlDataSource source, Guid providerUserId, Guid mailId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(source);
        await using var command = source.CreateCommand("""
            WITH mail AS (SELECT FROM ledger WHERE id = $3 AND provider_user_id = $1 FOR KEY SHARE),
            made AS (INSERT INTO chat_salts (provider_user_id, salt) SELECT $1, $2 FROM mail WHERE NOT EXISTS (SELECT FROM chat_salts WHERE provider_user_id = $1)
              ON CONFLICT (provider_user_id) DO UPDATE SET salt = chat_salts.salt RETURNING salt)
            SELECT salt FROM made UNION ALL SELECT salt FROM chat_salts WHERE provider_user_id = $1 LIMIT 1
            """);
        command.Parameters.Add(new() { Value = providerUserId });
        command.Parameters.Add(new() { Value = RandomNumberGenerator.GetBytes(Bytes) });
        command.Parameters.Add(new() { Value = mailId });
        return await command.ExecuteScalarAsync(cancellationToken) as byte[];
    }
}
