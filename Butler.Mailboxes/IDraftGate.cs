namespace Butler.Mailboxes;

/// <summary>
/// The last thing before a draft goes out by a way that is not HTTP: throws when it must not (MECHANICS 7). Whoever registers none lets all
/// pass.
/// </summary>
public interface IDraftGate
{
    /// <summary>Returns at most once per sending.</summary>
    void Pass();
}

/// <summary>Lets all pass.</summary>
internal sealed class OpenDraftGate : IDraftGate
{
    public void Pass()
    {
    }
}
