using System.Globalization;
using Spectre.Console;

namespace Butler.Cli.Watch;

/// <summary>Imports in words and bars. Names are data and are escaped for the terminal.</summary>
internal static class ImportText
{
    private const int BarWidth = 30;

    /// <summary>Rows below the bars that the terminal needs for itself.</summary>
    private const int Margin = 3;

    /// <summary>One line for a log or a pipe.</summary>
    public static string Line(ImportState import, string name, DateTimeOffset now)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{Clean(name)} {Word(import)} {Percent(import),5} % {Counts(import)}");
        return Tail(import, now) is { Length: > 0 } tail ? $"{text} {tail}" : text;
    }

    /// <summary>Markup rows for a terminal of <paramref name="height"/> rows: running imports first, the rest as a sum.</summary>
    public static IReadOnlyList<string> Rows(IReadOnlyList<ImportState> imports, Func<string, string> name, DateTimeOffset now, int height)
    {
        if (imports.Count == 0)
        {
            return ["[grey]No import yet; one starts when an account is connected.[/]"];
        }

        var room = Math.Max(1, height - Margin);
        var shown = imports.Count <= room ? imports : [.. imports.OrderBy(i => i.IsFinal).Take(Math.Max(1, room - 1))];
        var width = Math.Min(32, shown.Max(i => Clean(name(i.AccountId)).Length));
        var rows = shown.Select(i => Row(i, Clean(name(i.AccountId)), width, now)).ToList();
        if (shown.Count < imports.Count)
        {
            var rest = imports.Count - shown.Count;
            var ended = imports.Count(i => i.IsFinal);
            rows.Add($"[grey]and {rest} more; {ended} of {imports.Count} imports ended[/]");
        }

        return rows;
    }

    private static string Row(ImportState import, string name, int width, DateTimeOffset now)
    {
        var colour = import.Status switch { "failed" => "red", "completed" => "green", _ => "blue" };
        var filled = (int)Math.Floor(import.Progress / 100 * BarWidth);
        var label = (name.Length > width ? name[..(width - 1)] + "…" : name).PadRight(width);
        var bar = $"[{colour}]{new string('━', filled)}[/][grey]{new string('─', BarWidth - filled)}[/]";
        return $"{Markup.Escape(label)} {bar} {Percent(import),5} % {Counts(import)} [grey]{Markup.Escape(Tail(import, now))}[/]".TrimEnd();
    }

    // Never rounded up: 100 is said only of a completed import.
    private static string Percent(ImportState import) => (Math.Floor(import.Progress * 10) / 10).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Word(ImportState import) => import.Status switch { "in_progress" => "running", var other => other };

    private static string Counts(ImportState import) =>
        string.Create(CultureInfo.InvariantCulture, $"{import.Closed:N0} of {import.Total:N0}{(import.TotalKnown ? "" : "+")} mails")
        + (import.Failed > 0 ? string.Create(CultureInfo.InvariantCulture, $", {import.Failed:N0} failed") : "");

    private static string Tail(ImportState import, DateTimeOffset now)
    {
        if (import.Status == "failed")
        {
            return Clean(import.Error);
        }

        if (import.IsFinal || import.EtaLow is not { } low || import.EtaHigh is not { } high || high <= now)
        {
            return "";
        }

        var (from, to) = (Span(low - now), Span(high - now));
        return from == to ? $"about {to} left" : $"{from} to {to} left";
    }

    private static string Span(TimeSpan time) => time switch
    {
        { TotalSeconds: < 1 } => "1 s",
        { TotalSeconds: < 90 } => $"{time.TotalSeconds:0} s",
        { TotalMinutes: < 90 } => $"{time.TotalMinutes:0} min",
        _ => $"{time.TotalHours:0} h",
    };

    // Control characters of a hostile display name must not reach a terminal.
    private static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
}
