using Butler.Data.Search;
using Butler.Intelligence.Embeddings;
using Microsoft.Extensions.AI;

namespace Butler.Classifier.Search;

/// <summary>Cuts mails into passages and has their vectors made.</summary>
internal static class Passages
{
    private const int MaxSubject = 300;

    /// <summary>The vectors of one batch in one call of the generator.</summary>
    public static async Task<List<EmbeddedMail>> EmbedAsync(
        IEmbeddingGenerator<string, Embedding<float>> generator, string model, IReadOnlyList<MailToIndex> mails, CancellationToken cancellationToken)
    {
        var inputs = new List<string>();
        var chunks = new List<List<TextChunk>>(mails.Count);
        foreach (var mail in mails)
        {
            var passages = TextChunks.Of(mail.Text);
            chunks.Add(passages);
            var subject = mail.Subject.Length <= MaxSubject ? mail.Subject : mail.Subject[..MaxSubject];
            inputs.AddRange(passages.Select(p => EmbeddingModels.Input(subject, mail.Text, p)));
        }

        var vectors = await generator.GenerateAsync(inputs, null, cancellationToken);
        var result = new List<EmbeddedMail>(mails.Count);
        var at = 0;
        for (var i = 0; i < mails.Count; i++)
        {
            var own = Enumerable.Range(at, chunks[i].Count).Select(n => vectors[n].Vector).ToList();
            at += chunks[i].Count;
            result.Add(new(mails[i].Id, model, [.. chunks[i].SelectMany(c => (int[])[c.Start, c.Length])], VectorBytes.Pack(own)));
        }

        return result;
    }
}
