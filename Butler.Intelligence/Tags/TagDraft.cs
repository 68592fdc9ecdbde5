namespace Butler.Intelligence;

/// <summary>A tag as somebody wrote it, checked: the tag, or what is wrong with it. Repeats nothing of what was written.</summary>
/// <param name="Tag">The tag in its one form; null where something is wrong.</param>
/// <param name="Field">What is wrong.</param>
/// <param name="Allowed">What it must be, in words.</param>
/// <param name="IsTaken">The name is Butler's.</param>
public sealed record TagDraft(OwnTag? Tag, string Field, string Allowed, bool IsTaken = false)
{
    /// <summary>Checks name, description and rule.</summary>
    public static TagDraft Check(string? name, string? description, TagRule rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (!OwnTag.IsName(name))
        {
            return new(null, "name", OwnTag.NameWords);
        }

        if (Tagger.All.Contains(name!))
        {
            return new(null, "name", "This is one of Butler's own tags. Choose another name.", IsTaken: true);
        }

        if (OwnTag.Describe(description) is not { } line)
        {
            return new(null, "description", $"at most {OwnTag.MaxDescription} characters");
        }

        var (normal, field, allowed) = rule.Normalized();
        return normal is null ? new(null, field, allowed)
            : normal.IsEmpty && line.Length == 0 ? new(null, "description", "given where the tag has no rule: a chat model goes by it")
            : new(new OwnTag(name!, line, normal), "", "");
    }

    /// <summary>Never prints somebody's words.</summary>
    public override string ToString() => "tag draft";
}
