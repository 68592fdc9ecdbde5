using System.Reflection;

namespace Butler.Intelligence.Model;

/// <summary>The trained models that judge mail, as one file: requests by sentence, answers wanted and spam by mail.</summary>
internal sealed record TriageModel(string Version, LinearModel Request, LinearModel Reply, LinearModel Spam)
{
    private static readonly Lazy<TriageModel> Embedded = new(LoadEmbedded);

    /// <summary>The model that ships with Butler.</summary>
    public static TriageModel Shipped => Embedded.Value;

    private static TriageModel LoadEmbedded()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Butler.Intelligence.Model.triage.bin")
            ?? throw new InvalidOperationException("The model file triage.bin is not embedded; run the train command.");
        return ModelFile.Read(stream);
    }
}
