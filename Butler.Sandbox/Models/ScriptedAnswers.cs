namespace Butler.Sandbox.Models;

/// <summary>What the model is to say instead of its own answer.</summary>
/// <param name="Text">The answer's text.</param>
/// <param name="Marker">Only for requests whose messages contain this; null: for any, in the order in which they were set.</param>
/// <param name="Endpoint">Only at this endpoint; null: at all.</param>
/// <param name="Count">For how many requests; null: until cleared.</param>
public sealed record ScriptedAnswer(string Text, string? Marker = null, string? Endpoint = null, int? Count = 1);

/// <summary>Answers that tests wrote. Those with a marker are looked at first.</summary>
public sealed class ScriptedAnswers
{
    private readonly Lock _gate = new();
    private readonly List<(ScriptedAnswer Answer, int Left)> _answers = [];

    /// <summary>How many answers wait; one without a count is one.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _answers.Count;
            }
        }
    }

    /// <summary>Adds an answer after those there are.</summary>
    /// <exception cref="InvalidOperationException">Too many wait.</exception>
    public void Add(ScriptedAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        lock (_gate)
        {
            if (_answers.Count >= ModelLimits.Scripts)
            {
                throw new InvalidOperationException("Too many scripted answers wait.");
            }

            _answers.Add((answer, answer.Count ?? int.MaxValue));
        }
    }

    /// <summary>Forgets all answers.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _answers.Clear();
        }
    }

    internal string? Take(string endpoint, ModelRequest request)
    {
        lock (_gate)
        {
            var i = _answers.FindIndex(a => a.Answer.Marker is { } marker && At(a.Answer, endpoint)
                && (request.User.Contains(marker, StringComparison.Ordinal) || request.System.Contains(marker, StringComparison.Ordinal)));
            if (i < 0)
            {
                i = _answers.FindIndex(a => a.Answer.Marker is null && At(a.Answer, endpoint));
            }

            if (i < 0)
            {
                return null;
            }

            var (answer, left) = _answers[i];
            if (answer.Count is not null && left <= 1)
            {
                _answers.RemoveAt(i);
            }
            else if (answer.Count is not null)
            {
                _answers[i] = (answer, left - 1);
            }

            return answer.Text;
        }
    }

    private static bool At(ScriptedAnswer answer, string endpoint) => answer.Endpoint is null || answer.Endpoint == endpoint;
}
