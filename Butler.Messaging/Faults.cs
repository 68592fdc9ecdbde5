using System.Net.Sockets;
using Npgsql;
using StackExchange.Redis;

namespace Butler.Messaging;

/// <summary>Tells faults of ours (database, Redis away) from faults of a message.</summary>
public static class Faults
{
    /// <summary>True when trying again later is all there is to do, and the message is not to blame.</summary>
    public static bool IsOurs(Exception exception) => exception switch
    {
        // 22xxx and 23xxx speak of the data; the rest of the server's errors of the server's state.
        PostgresException p => p.IsTransient || p.SqlState.StartsWith("57", StringComparison.Ordinal) || p.SqlState.StartsWith("08", StringComparison.Ordinal)
            || p.SqlState.StartsWith("53", StringComparison.Ordinal) || p.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure,
        NpgsqlException => true,
        RedisException or RedisTimeoutException => true,
        SocketException => true,
        { InnerException: { } inner } when exception is not MessageException => IsOurs(inner),
        _ => false,
    };

    /// <summary>
    /// A message that may be kept: exceptions of our own code and of the database without its detail; other libraries may quote
    /// mail, so of theirs only the type is kept.
    /// </summary>
    public static string SafeMessage(Exception exception) => exception switch
    {
        PostgresException p => $"{p.SqlState} {p.ConstraintName ?? p.TableName ?? ""}".TrimEnd(),
        MessageException m => m.Message,
        _ => exception.TargetSite?.DeclaringType?.Name ?? "",
    };
}

/// <summary>A failure whose message is known to be free of mail content, addresses and secrets.</summary>
public sealed class MessageException(string message, Exception? inner = null) : Exception(message, inner);
