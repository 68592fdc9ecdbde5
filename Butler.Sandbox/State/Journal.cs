using System.Text.Json;

namespace Butler.Sandbox.State;

/// <summary>
/// Every write as a line of JSON, handed to the operating system before the request is answered: after a kill -9 and
/// a restart all answered writes are there. A half-written last line was never answered and is cut off.
/// </summary>
internal sealed class Journal : IDisposable
{
    private readonly FileStream? _file;
    private readonly Lock _gate = new();

    private Journal(FileStream? file) => _file = file;

    public static (Journal Journal, List<Change> Past) Open(string? folder)
    {
        if (string.IsNullOrEmpty(folder))
        {
            return (new Journal(null), []);
        }

        var path = Path.Combine(folder, "journal.jsonl");
        // bufferSize 0: each append is one write call, nothing waits in this process.
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, 0);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        var past = new List<Change>();
        var good = 0;
        for (var at = 0; at < bytes.Length;)
        {
            var lf = bytes.AsSpan(at).IndexOf((byte)'\n');
            if (lf < 0)
            {
                break;
            }

            if (JsonSerializer.Deserialize(bytes.AsSpan(at, lf), ChangeJson.Default.Change) is not { } change)
            {
                throw new InvalidDataException($"{path}: byte {at} is no journal line; move the file away to start afresh");
            }

            past.Add(change);
            at += lf + 1;
            good = at;
        }

        file.SetLength(good);
        file.Position = good;
        return (new Journal(file), past);
    }

    public void Append(Change change)
    {
        if (_file is null)
        {
            return;
        }

        var json = JsonSerializer.SerializeToUtf8Bytes(change, ChangeJson.Default.Change);
        Array.Resize(ref json, json.Length + 1);
        json[^1] = (byte)'\n';
        lock (_gate)
        {
            _file.Write(json);
        }
    }

    public void Dispose() => _file?.Dispose();
}
