using System.Buffers.Binary;
using Butler.Mail.Files;

namespace Butler.Cli.Mime;

/// <summary>
/// The mails of a folder in one file that every parser reads into memory first: four bytes of length (little endian),
/// then the mail. So all get the same bytes, and none is measured with the disk.
/// </summary>
internal static class MailPack
{
    /// <summary>Writes the pack of all mails below a path, and of one file's as it is where it is no mailbox.</summary>
    public static async Task<PackedMails> WriteAsync(string source, string target, CancellationToken cancellationToken)
    {
        List<string> names = [];
        long bytes = 0;
        await using var file = File.Create(target);
        var length = new byte[4];
        foreach (var path in Sources(source))
        {
            try
            {
                await foreach (var mail in MailFiles.ReadAsync(path, cancellationToken: cancellationToken))
                {
                    if (mail.Bytes.IsEmpty)
                    {
                        continue;
                    }

                    BinaryPrimitives.WriteInt32LittleEndian(length, mail.Bytes.Length);
                    await file.WriteAsync(length, cancellationToken);
                    await file.WriteAsync(mail.Bytes, cancellationToken);
                    names.Add(mail.Source);
                    bytes += mail.Bytes.Length;
                }
            }
            catch (MailFilesException)
            {
                // A folder of a corpus also holds what is no mail.
            }
        }

        return names.Count > 0 ? new PackedMails(target, names, bytes) : throw new CliException($"No mail was found below {source}.");
    }

    /// <summary>The mails of a pack, as slices of one buffer.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> pack)
    {
        for (var at = 0; at + 4 <= pack.Length;)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(pack.Span[at..]);
            yield return pack.Slice(at + 4, length);
            at += 4 + length;
        }
    }

    // Each archive of a folder by itself: a broken one must not hide the others.
    private static IEnumerable<string> Sources(string source)
    {
        if (!Directory.Exists(source))
        {
            return [source];
        }

        var archives = Directory.EnumerateFiles(source, "*.gz", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        return archives.Count > 0 ? archives : [source];
    }
}

/// <summary>A written pack.</summary>
/// <param name="Path">The file.</param>
/// <param name="Names">Where each mail was found.</param>
/// <param name="Bytes">Bytes of all mails.</param>
internal sealed record PackedMails(string Path, IReadOnlyList<string> Names, long Bytes);
