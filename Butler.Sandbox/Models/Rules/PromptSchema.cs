using System.Text;
using System.Text.Json;

namespace Butler.Sandbox.Models;

/// <summary>Servers without structured output are told the schema in words: it follows "JSON schema" in a prompt.</summary>
internal static class PromptSchema
{
    public static JsonElement? In(ModelRequest request)
    {
        foreach (var prompt in (string[])[request.System, .. request.Users])
        {
            var at = prompt.IndexOf("JSON schema", StringComparison.OrdinalIgnoreCase);
            var start = at < 0 ? -1 : prompt.IndexOf('{', at);
            if (start >= 0 && Read(prompt[start..]) is { } schema)
            {
                return schema;
            }
        }

        return null;
    }

    private static JsonElement? Read(string text)
    {
        try
        {
            // One value; what follows it is more of the prompt.
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            return JsonElement.ParseValue(ref reader);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
