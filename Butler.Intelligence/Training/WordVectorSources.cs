using System.Text;
using System.Text.Json;

namespace Butler.Intelligence.Training;

/// <summary>
/// Which of the corpus the word vectors are learnt from: files with stated terms that allow it, and none that the search evaluation searches in
/// (those are spam-ham and threads).
/// </summary>
internal static class WordVectorSources
{
    private static readonly string[] s_allowed =
    [
        "intent/ParakweetLabs.EmailIntentDataSet/", "intent/amd.gaia/vendor_corpus_seed", "intent/langchain-ai.", "intent/pinchbench/", // Apache-2.0, MIT
        "injection/microsoft.BIPIA/email/", "injection/microsoft.llmail-inject/", // MIT
        "transactions/evanpurkhiser", "transactions/KDE.kitinerary/", // MIT, CC0
    ];

    public static bool IsAllowed(string kind, string name) =>
        s_allowed.Any(a => $"{kind}/{name}".StartsWith(a, StringComparison.Ordinal)) && name.EndsWith(".txt", StringComparison.Ordinal) | name.EndsWith(".jsonl", StringComparison.Ordinal);

    public static IEnumerable<string> Texts(string name, byte[] bytes)
    {
        var text = Encoding.UTF8.GetString(bytes);
        if (!name.EndsWith(".jsonl", StringComparison.Ordinal))
        {
            return name.Contains("ParakweetLabs", StringComparison.Ordinal) ? text.Split('\n') : [text];
        }

        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            using var json = JsonDocument.Parse(line);
            return string.Join(' ', Strings(json.RootElement));
        });
    }

    private static IEnumerable<string> Strings(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => [element.GetString()!],
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => Strings(p.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(Strings),
        _ => [],
    };
}
