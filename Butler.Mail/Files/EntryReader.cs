using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.CompilerServices;

namespace Butler.Mail.Files;

/// <summary>Reads the mails of one stream, whatever it is; archives by their entries.</summary>
internal sealed class EntryReader(MailFileOptions options)
{
    private readonly UnpackBudget budget = new(options);

    public async IAsyncEnumerable<RawMail> ReadAsync(Stream stream, string name, int depth, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (head, headProblem) = await ReadHeadAsync(stream, cancellationToken);
        if (headProblem is not null)
        {
            yield return new RawMail(head, [], name + ":0", headProblem);
            yield break;
        }

        var all = new ReplayStream(head, stream);
        var kind = FileKinds.Detect(head);
        switch (kind)
        {
            case FileKind.Mbox when MailLabels.FromMaildir(name) is null:
                var mbox = new MboxReader(all, name, options);
                while (await mbox.ReadAsync(cancellationToken) is { } mail)
                {
                    yield return mail;
                }

                break;
            case FileKind.Mail or FileKind.Mbox:
                yield return await ReadSingleAsync(all, name, cancellationToken);
                break;
            case FileKind.OutlookMsg:
                yield return new RawMail(default, [], name + ":0", "an Outlook .msg file, which is not read: save it as .eml");
                break;
            case FileKind.Gzip or FileKind.Zip or FileKind.Tar when depth >= options.MaxArchiveDepth:
                yield return new RawMail(default, [], name + ":0", "an archive nested deeper than allowed");
                break;
            case FileKind.Gzip:
                var packed = new PackedCounter(all);
                await using (var gzip = new GZipStream(packed, CompressionMode.Decompress))
                {
                    await foreach (var mail in ReadAsync(new CountingStream(gzip, budget, () => packed.Count), name, depth + 1, cancellationToken))
                    {
                        yield return mail;
                    }
                }

                break;
            case FileKind.Tar:
                await foreach (var mail in ReadTarAsync(all, name, depth, cancellationToken))
                {
                    yield return mail;
                }

                break;
            case FileKind.Zip:
                await foreach (var mail in ReadZipAsync(stream, all, name, depth, cancellationToken))
                {
                    yield return mail;
                }

                break;
        }
    }

    private async IAsyncEnumerable<RawMail> ReadTarAsync(Stream stream, string name, int depth, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var tar = new TarReader(stream, leaveOpen: true);
        while (true)
        {
            TarEntry? entry = null;
            string? problem = null;
            try
            {
                entry = await tar.GetNextEntryAsync(cancellationToken: cancellationToken);
                if (entry is not null)
                {
                    budget.CountEntry();
                }
            }
            catch (Exception e) when (Damage(e) is not null)
            {
                problem = Damage(e);
            }

            if (problem is not null)
            {
                yield return new RawMail(default, [], name + ":0", problem);
            }

            if (entry is null || problem is not null)
            {
                yield break;
            }

            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile && entry.DataStream is { } data)
            {
                await foreach (var mail in ReadAsync(data, $"{name}!{entry.Name}", depth + 1, cancellationToken))
                {
                    yield return mail;
                }
            }
        }
    }

    private async IAsyncEnumerable<RawMail> ReadZipAsync(Stream original, Stream replay, string name, int depth, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A zip is read from its end: a file can be sought in, a nested one has to be in memory.
        var (archive, problem) = await OpenZipAsync(original, replay, cancellationToken);
        if (archive is null)
        {
            yield return new RawMail(default, [], name + ":0", problem);
            yield break;
        }

        using (archive)
        {
            foreach (var entry in archive.Entries.OrderBy(e => e.FullName, StringComparer.Ordinal))
            {
                if (entry.FullName.EndsWith('/'))
                {
                    continue;
                }

                Stream? data = null;
                problem = null;
                try
                {
                    budget.CountEntry();
                    data = entry.Open();
                }
                catch (Exception e) when (Damage(e) is not null)
                {
                    problem = Damage(e);
                }

                if (data is null)
                {
                    yield return new RawMail(default, [], $"{name}!{entry.FullName}:0", problem);
                    continue;
                }

                await using (data)
                {
                    await foreach (var mail in ReadAsync(new CountingStream(data, budget, () => entry.CompressedLength), $"{name}!{entry.FullName}", depth + 1, cancellationToken))
                    {
                        yield return mail;
                    }
                }
            }
        }
    }

    private async Task<(ZipArchive? Archive, string? Problem)> OpenZipAsync(Stream original, Stream replay, CancellationToken cancellationToken)
    {
        try
        {
            if (original.CanSeek)
            {
                original.Position = 0;
                return (new ZipArchive(original, ZipArchiveMode.Read, leaveOpen: true), null);
            }

            var copy = new MemoryStream();
            var buffer = new byte[64 * 1024];
            int read;
            while ((read = await replay.ReadAsync(buffer, cancellationToken)) > 0)
            {
                if (copy.Length + read > options.MaxNestedZipBytes)
                {
                    return (null, "a nested .zip larger than allowed");
                }

                copy.Write(buffer, 0, read);
            }

            copy.Position = 0;
            return (new ZipArchive(copy, ZipArchiveMode.Read), null);
        }
        catch (Exception e) when (Damage(e) is not null)
        {
            return (null, Damage(e));
        }
    }

    private async Task<RawMail> ReadSingleAsync(Stream stream, string name, CancellationToken cancellationToken)
    {
        var (bytes, problem) = await BoundedBytes.ReadAsync(stream, options.MaxMailBytes, cancellationToken);
        return new RawMail(bytes, MailLabels.FromMaildir(name) ?? MailLabels.FromHeader(bytes), name + ":0", problem);
    }

    private static async Task<(ReadOnlyMemory<byte> Head, string? Problem)> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[FileKinds.Window];
        var length = 0;
        try
        {
            int read;
            while (length < buffer.Length && (read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken)) > 0)
            {
                length += read;
            }
        }
        catch (Exception e) when (Damage(e) is not null)
        {
            return (buffer.AsMemory(0, length), Damage(e));
        }

        return (buffer.AsMemory(0, length), null);
    }

    /// <summary>The words for a damaged or refused archive; null for exceptions that are none.</summary>
    internal static string? Damage(Exception e) => e switch
    {
        ArchiveLimitException limit => limit.Message,
        EndOfStreamException => "truncated",
        InvalidDataException => "damaged",
        NotSupportedException => "a kind of archive entry that is not read",
        IOException => "not readable to its end",
        _ => null,
    };
}
