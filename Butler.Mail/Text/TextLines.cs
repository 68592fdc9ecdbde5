namespace Butler.Mail;

/// <summary>The lines of a text as ranges of it, without the line feeds.</summary>
internal sealed class TextLines
{
    private readonly string text;
    private readonly int[] starts;

    public TextLines(string text)
    {
        this.text = text;
        Count = text.AsSpan().Count('\n') + 1;
        starts = new int[Count + 1];
        var at = 0;
        for (var i = 1; i < Count; i++)
        {
            at += text.AsSpan(at).IndexOf('\n') + 1;
            starts[i] = at;
        }

        starts[Count] = text.Length + 1;
    }

    public int Count { get; }

    public ReadOnlySpan<char> this[int index] => text.AsSpan(starts[index], starts[index + 1] - starts[index] - 1);

    public bool IsBlank(int index) => this[index].IsWhiteSpace();
}
