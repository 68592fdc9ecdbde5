namespace Butler.Intelligence.Evaluation;

/// <summary>Another spam filter, trained and scored on the same mails.</summary>
public interface ISpamPeer
{
    /// <summary>Its name and version.</summary>
    string Name { get; }

    /// <summary>From this score on it calls a mail spam.</summary>
    double Threshold { get; }

    /// <summary>Learns from the raw mails given, then scores others, higher for spam; in their order.</summary>
    IReadOnlyList<double> Score(IReadOnlyList<(byte[] Raw, bool Spam)> train, IReadOnlyList<byte[]> test);
}
