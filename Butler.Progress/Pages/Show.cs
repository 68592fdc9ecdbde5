using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Components;

namespace Butler.Progress.Pages;

/// <summary>How numbers, times and states are put for people.</summary>
internal static partial class Show
{
    public static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    public static string Percent(double value) => value.ToString("0.#", CultureInfo.InvariantCulture) + " %";

    /// <summary>A confidence, cut: nothing is 100 % sure that is not 1.</summary>
    public static string Sure(double confidence) => $"{Math.Floor(confidence * 100):0} %";

    /// <summary>How far a sync is; page.js puts it in the same words.</summary>
    public static string Counts(Reads.SyncBody sync) =>
        sync.TotalEmails > 0 ? $"{Number(sync.ProcessedEmails)} of {Number(sync.TotalEmails)}{(sync.TotalKnown ? "" : " found so far")}"
        : sync.TotalKnown ? "No mail here" : "Looking for mail";

    public static string Iso(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    /// <summary>A time as UTC; the page's script puts it into the reader's own zone.</summary>
    public static RenderFragment Time(DateTimeOffset time, bool exact = false) => builder =>
    {
        builder.OpenElement(0, "time");
        builder.AddAttribute(1, "datetime", Iso(time));
        builder.AddAttribute(2, "data-time", exact ? "exact" : "short");
        builder.AddContent(3, time.UtcDateTime.ToString(exact ? "d MMM yyyy, HH:mm 'UTC'" : "d MMM yyyy", CultureInfo.InvariantCulture));
        builder.CloseElement();
    };

    public static string Category(string? category) => category switch
    {
        "needs_reply" => "Needs reply",
        "informational" => "For information",
        "spam" => "Spam",
        _ => "Not judged yet",
    };

    public static string Sync(string? status) => status switch
    {
        "pending" => "Waiting",
        "processing" => "Importing",
        "completed" => "Up to date",
        "failed" => "Stopped",
        _ => "Not imported yet",
    };

    public static string Account(string status) => status switch
    {
        "active" => "Connected",
        "reconnect_needed" => "Reconnect needed",
        _ => "Disconnected",
    };

    public static string Draft(string state, string provider = "gmail") => state switch
    {
        "created" when provider == "file" => "Kept here",
        "created" => "In your Drafts folder",
        "intended" or "sending" => "Being written",
        "removed" => "You have edited, sent or deleted it",
        "suppressed" => "Not needed any more",
        _ => "Please look into your Drafts folder",
    };

    /// <summary>"about 4 to 6 min left".</summary>
    public static string Finish(DateTimeOffset? low, DateTimeOffset? high, DateTimeOffset now)
    {
        if (low is not { } early || high is not { } late)
        {
            return "";
        }

        var (least, most) = (Minutes(early - now), Minutes(late - now));
        return most < 1 ? "less than a minute left" : least == most ? $"about {Span(most)} left" : $"about {(least < 1 ? "1" : least < 120 && most < 120 ? $"{least}" : Span(least))} to {Span(most)} left";
    }

    public static string Size(long bytes) => bytes < 1024 * 1024 ? $"{Math.Max(1, bytes / 1024)} KB" : $"{(bytes / 1048576.0).ToString("0.#", CultureInfo.InvariantCulture)} MB";

    /// <summary>A draft's text with its blanks marked, so that the owner sees what is theirs to fill in.</summary>
    public static RenderFragment DraftText(string text) => builder =>
    {
        var from = 0;
        foreach (var blank in Blanks().EnumerateMatches(text))
        {
            builder.AddContent(0, text[from..blank.Index]);
            builder.OpenElement(1, "mark");
            builder.AddContent(2, text.Substring(blank.Index, blank.Length));
            builder.CloseElement();
            from = blank.Index + blank.Length;
        }

        builder.AddContent(3, text[from..]);
    };

    private static int Minutes(TimeSpan span) => (int)Math.Round(Math.Max(0, span.TotalMinutes));

    private static string Span(int minutes) => minutes < 120 ? $"{minutes} min" : $"{minutes / 60} h";

    [GeneratedRegex(@"_{3,}|\[(?:…|\.{3}|[^\[\]\n]{1,80})\]", RegexOptions.None, 200)]
    private static partial Regex Blanks();
}
