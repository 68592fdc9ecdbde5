using System.Text.Json;

namespace Butler.Sandbox.Models;

/// <summary>Reading members with the kinds that a format asks for.</summary>
internal static class JsonShape
{
    /// <summary>The member, unless it is missing or null.</summary>
    public static JsonElement? Member(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static string? Text(this JsonElement element, string name) => element.Member(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    public static bool IsTrue(this JsonElement element, string name) => element.Member(name) is { ValueKind: JsonValueKind.True };

    /// <summary>A whole number; null when the member is missing.</summary>
    public static int? Whole(this JsonElement element, string name, Func<string, Exception> bad) => element.Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number
        : throw bad($"expected an integer for '{name}'");

    /// <summary>A number within bounds; null when the member is missing.</summary>
    public static double? Between(this JsonElement element, string name, double least, double most, Func<string, Exception> bad) => element.Member(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most ? number
        : throw bad($"'{name}' must be a number from {least} to {most}");
}
