using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Butler.Data;
using Butler.Data.Classifier;
using Butler.Intelligence.Chat;
using Butler.Intelligence.Chat.Judging;
using Npgsql;
using StackExchange.Redis;

namespace Butler.Classifier.Judging;

/// <summary>An answer as it is sealed.</summary>
internal sealed record CachedAnswer(string Provider, string Model, string Prompt, TriageAnswer Answer)
{
    /// <summary>Never prints the answer.</summary>
    public override string ToString() => $"{Provider} {Model}";
}

/// <summary>
/// Answers in Redis: what was paid for once is not paid for again when its handler dies before the commit, or the same mail is judged
/// again. Named by a keyed hash of model, prompt version and content; sealed; gone with the mail's retention. Names and seals hang on the
/// account's salt (<see cref="ChatSalts"/>): once that is erased, nothing here can be found or opened. Without Redis there is no cache.
/// </summary>
internal sealed class AnswerCache(IConnectionMultiplexer redis, MasterKeyCipher master, NpgsqlDataSource source, ChatPipeline pipeline, ChatMetrics metrics, TimeProvider time)
{
    private const string Prefix = "butler:chat:";
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private static readonly TimeSpan s_away = TimeSpan.FromSeconds(2);
    private long _awayUntil;

    /// <summary>
    /// The answer of the first provider, in their order, that has given one; and the salt under which an answer may be kept: the one
    /// from before the provider is asked, so that what is kept after an erasure cannot be opened.
    /// </summary>
    public async Task<(CachedAnswer? Answer, byte[]? Salt)> FindAsync(Guid account, Guid mailId, string prompt, MailForModel mail, CancellationToken cancellationToken)
    {
        if (pipeline.Settings.CacheFor == TimeSpan.Zero || IsAway || await ChatSalts.GetAsync(source, account, mailId, cancellationToken) is not { } salt)
        {
            return (null, null);
        }

        var names = pipeline.Settings.Providers.Select(p => Name(salt, p.Model, prompt, mail)).ToArray();
        var values = await TryAsync(db => db.StringGetAsync([.. names.Select(n => (RedisKey)n)]), cancellationToken);
        for (var i = 0; values is not null && i < values.Length; i++)
        {
            if (values[i].HasValue && Open(salt, names[i], (byte[])values[i]!) is { } answer)
            {
                metrics.Cached(hit: true);
                return (answer, salt);
            }
        }

        metrics.Cached(hit: false);
        return (null, salt);
    }

    /// <summary>Keeps an answer, at most as long as its mail.</summary>
    public async Task KeepAsync(byte[] salt, MailForModel mail, CachedAnswer answer, DateTimeOffset? expiresAt, CancellationToken cancellationToken)
    {
        var ttl = expiresAt is { } end && end - time.GetUtcNow() < pipeline.Settings.CacheFor ? end - time.GetUtcNow() : pipeline.Settings.CacheFor;
        if (ttl >= TimeSpan.FromSeconds(1) && !IsAway)
        {
            var name = Name(salt, answer.Model, answer.Prompt, mail);
            await TryAsync(db => db.StringSetAsync(name, Seal(salt, name, answer), ttl), cancellationToken);
        }
    }

    private bool IsAway => !redis.IsConnected || Volatile.Read(ref _awayUntil) > time.GetTimestamp();

    private string Name(byte[] salt, string model, string prompt, MailForModel mail)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, master.Derive("chat cache name", salt));
        foreach (var part in (ReadOnlySpan<string>)[model, prompt, mail.Facts, mail.Text, mail.Own.Key])
        {
            var bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length)); // Parts cannot run into each other.
            hash.AppendData(bytes);
        }

        return Prefix + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private byte[] Seal(byte[] salt, string name, CachedAnswer answer)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(answer, VerdictRecordJson.Default.CachedAnswer);
        var result = new byte[NonceSize + TagSize + plain.Length];
        RandomNumberGenerator.Fill(result.AsSpan(0, NonceSize));
        using var cipher = new AesGcm(master.Derive("chat cache seal", salt), TagSize);
        cipher.Encrypt(result.AsSpan(0, NonceSize), plain, result.AsSpan(NonceSize + TagSize), result.AsSpan(NonceSize, TagSize), Encoding.ASCII.GetBytes(name));
        return result;
    }

    private CachedAnswer? Open(byte[] salt, string name, byte[] bytes)
    {
        if (bytes.Length < NonceSize + TagSize)
        {
            return null;
        }

        var plain = new byte[bytes.Length - NonceSize - TagSize];
        try
        {
            using var cipher = new AesGcm(master.Derive("chat cache seal", salt), TagSize);
            cipher.Decrypt(bytes.AsSpan(0, NonceSize), bytes.AsSpan(NonceSize + TagSize), bytes.AsSpan(NonceSize, TagSize), plain, Encoding.ASCII.GetBytes(name));
            return JsonSerializer.Deserialize(plain, VerdictRecordJson.Default.CachedAnswer);
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            return null; // Of another key, or of another release.
        }
    }

    /// <summary>Bounded, because the client's own calls never time out; after a failure left alone for a while (MECHANICS 9).</summary>
    private async Task<T?> TryAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            var running = call(redis.GetDatabase());
            _ = running.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            return await running.WaitAsync(pipeline.Settings.CacheTimeout, time, cancellationToken);
        }
        catch (Exception e) when (e is TimeoutException or RedisException or ObjectDisposedException or InvalidOperationException)
        {
            Volatile.Write(ref _awayUntil, time.GetTimestamp() + (long)(s_away.TotalSeconds * time.TimestampFrequency));
            return default;
        }
    }
}
