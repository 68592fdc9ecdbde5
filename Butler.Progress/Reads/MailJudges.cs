using System.Text.Json;

namespace Butler.Progress.Reads;

/// <summary>Reads who judged from a verdict's record (docs/chat.md).</summary>
internal static class MailJudges
{
    /// <summary>Verdicts of older releases have no record: those were local.</summary>
    public static MailJudge Read(string? record, string model)
    {
        if (record is null)
        {
            return new("local", null, model, null, null, null, null, null, false, []);
        }

        using var document = JsonDocument.Parse(record);
        var root = document.RootElement;
        string? Text(string name) => root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        long? Number(string name) => root.TryGetProperty(name, out var value) && value.TryGetInt64(out var number) ? number : null;
        var features = root.TryGetProperty("features", out var list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray().Select(f => new MailFeature(f.GetProperty("name").GetString() ?? "", f.GetProperty("weight").GetDouble())).ToList()
            : [];
        return new(
            Text("by") ?? "local", Text("provider"), Text("model") ?? model, Text("prompt"), Number("latency_ms"), Number("input_tokens"), Number("output_tokens"),
            root.TryGetProperty("cost", out var cost) && cost.TryGetDecimal(out var money) ? money : null, root.TryGetProperty("cached", out var cached) && cached.ValueKind == JsonValueKind.True, features);
    }
}
