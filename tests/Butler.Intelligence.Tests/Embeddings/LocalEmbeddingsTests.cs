using System.Numerics.Tensors;
using Butler.Intelligence.Embeddings;

namespace Butler.Intelligence.Tests.Embeddings;

public sealed class LocalEmbeddingsTests
{
    [Fact]
    public void Embed_SameMeaning_IsNearerThanAnother()
    {
        Assert.True(Cosine("the doctor's appointment", "a physician will see you") > Cosine("the doctor's appointment", "the parcel was shipped"));
        Assert.True(Cosine("Rechnung für die Bestellung", "invoice for the order") > Cosine("Rechnung für die Bestellung", "lunch in the garden"));
        Assert.True(Cosine("Schwarzenegger", "Schwarzeneger") > Cosine("Schwarzenegger", "Stallone"));
    }

    [Fact]
    public void Embed_AnyText_HasLengthOneOrZero()
    {
        foreach (var text in (string[])["hello", "", "?!", "日本語のメール", new string('x', 100_000), "\ud800", "a b c"])
        {
            var vector = Embed(text);
            Assert.All(vector, v => Assert.True(float.IsFinite(v)));
            Assert.True(TensorPrimitives.Norm<float>(vector) is < 1e-6f or (> 0.5f and < 1.0001f));
        }
    }

    [Fact]
    public async Task Generate_Texts_AnswersInOrder()
    {
        using var local = new LocalEmbeddings();
        var vectors = await local.GenerateAsync(["one thing", "another"]);
        Assert.Equal(Embed("another"), vectors[1].Vector.ToArray());
        Assert.All(vectors, v => Assert.Equal(LocalEmbeddings.ModelName, v.ModelId));
    }

    // The name is how stored vectors are told apart: whoever changes what comes out must change it, or old and new are compared.
    [Fact]
    public void Embed_KnownText_IsAsItsModelNameSays()
    {
        Assert.Equal("butler-words-1-512", LocalEmbeddings.ModelName);
        var vector = Embed("Please send the invoice by Friday.");
        // The strongest places only: the last digits differ between machines.
        Assert.Equal("4 303 348 427 470", string.Join(' ', Enumerable.Range(0, vector.Length).OrderByDescending(i => Math.Abs(vector[i])).Take(5).Order()));
    }

    [Fact]
    public void Quantise_Vector_KeepsTheAngle()
    {
        var random = new Random(7);
        for (var i = 0; i < 50; i++)
        {
            float[] a = [.. Enumerable.Range(0, 512).Select(_ => (float)random.NextDouble() - 0.5f)], b = [.. a.Select(v => v + (float)random.NextDouble() - 0.5f)];
            Assert.Equal(TensorPrimitives.CosineSimilarity<float>(a, b), TensorPrimitives.CosineSimilarity<float>(Bytes(a), Bytes(b)), 0.01f);
        }

        Assert.All(Bytes([0, 0, 0]), v => Assert.Equal(0, v));
        Assert.All(Bytes([float.NaN, 1, 2]), v => Assert.Equal(0, v));
        Assert.Equal(new byte[] { 127, 0, 0, 129 }, VectorBytes.Pack([new float[] { 1, 0 }, new float[] { 0, -1 }]));
    }

    [Theory]
    [InlineData("insurrance", "insurance")]
    [InlineData("adress", "address")]
    [InlineData("paymnet", "payment")]
    [InlineData("Rechnung", "invoice")]
    public void Alternatives_MisspeltOrForeign_NameTheWord(string word, string expected) =>
        Assert.Contains(expected, QueryWords.Alternatives(word).Select(a => a.Word));

    [Theory]
    [InlineData("invoice")]
    [InlineData("qx")]
    [InlineData("R2D2")]
    [InlineData("zzzzzzzzzz")]
    public void Alternatives_KnownShortOrStrange_AreNone(string word) => Assert.Empty(QueryWords.Alternatives(word));

    private static float[] Bytes(float[] vector)
    {
        var bytes = new sbyte[vector.Length];
        VectorBytes.Quantise(vector, bytes);
        return [.. bytes.Select(b => (float)b)];
    }

    private static float[] Embed(string text)
    {
        var vector = new float[LocalEmbeddings.Dimensions];
        LocalEmbeddings.Embed(text, vector);
        return vector;
    }

    private static float Cosine(string a, string b) => TensorPrimitives.CosineSimilarity<float>(Embed(a), Embed(b));
}
