using System.Buffers.Binary;
using System.Text.Json;

namespace Butler.Sandbox.Tests.Models;

/// <summary>POST /v1/embeddings (facts/llm-apis.md section 3).</summary>
public sealed class EmbeddingsTests(ModelsFixture fixture) : IClassFixture<ModelsFixture>
{
    private readonly ModelsHost _host = fixture.Host.Reset();

    [Fact]
    public async Task Embeddings_SameText_SameUnitVectorInBothEncodings()
    {
        var floats = await EmbedAsync("""{"model":"text-embedding-3-small","input":["the invoice of may","the invoice of june","holiday in spain"]}""");
        var base64 = await EmbedAsync("""{"model":"text-embedding-3-small","input":"the invoice of may","encoding_format":"base64"}""");

        var vectors = floats.GetProperty("data").EnumerateArray().Select(d => d.GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle()).ToArray()).ToList();
        Assert.All(vectors, v => Assert.Equal((1536, 1.0), (v.Length, Math.Round(Dot(v, v), 4))));
        Assert.True(Dot(vectors[0], vectors[1]) > 0.5);
        Assert.True(Dot(vectors[0], vectors[2]) < 0.3);
        var bytes = base64.GetProperty("data")[0].GetProperty("embedding").GetBytesFromBase64();
        Assert.Equal(vectors[0], Enumerable.Range(0, bytes.Length / 4).Select(i => BinaryPrimitives.ReadSingleLittleEndian(bytes.AsSpan(i * 4))));
        Assert.Equal([0, 1, 2], floats.GetProperty("data").EnumerateArray().Select(d => d.GetProperty("index").GetInt32()));
        Assert.Equal(floats.GetProperty("usage").GetProperty("prompt_tokens").GetInt32(), floats.GetProperty("usage").GetProperty("total_tokens").GetInt32());
        Assert.Equal(4, _host.Stats.Of("openai").EmbeddedInputs);
    }

    [Theory]
    [InlineData("text-embedding-3-large", "", 3072)]
    [InlineData("text-embedding-3-large", ",\"dimensions\":256", 256)]
    [InlineData("text-embedding-3-small", ",\"dimensions\":512", 512)]
    public async Task Embeddings_Dimensions_AreThatManyAndAUnit(string model, string more, int size)
    {
        var answer = await EmbedAsync($$"""{"model":"{{model}}","input":"an invoice"{{more}}}""");

        var vector = answer.GetProperty("data")[0].GetProperty("embedding").EnumerateArray().Select(v => v.GetSingle()).ToArray();
        Assert.Equal((size, 1.0), (vector.Length, Math.Round(Dot(vector, vector), 4)));
    }

    [Theory]
    [InlineData("""{"model":"text-embedding-3-small"}""", 400)]
    [InlineData("""{"model":"text-embedding-3-small","input":""}""", 400)]
    [InlineData("""{"model":"text-embedding-3-small","input":[]}""", 400)]
    [InlineData("""{"model":"text-embedding-3-small","input":["a",""]}""", 400)]
    [InlineData("""{"model":"text-embedding-3-small","input":"a","dimensions":1537}""", 400)]
    [InlineData("""{"model":"text-embedding-ada-002","input":"a","dimensions":10}""", 400)]
    [InlineData("""{"model":"text-embedding-3-small","input":"a","encoding_format":"hex"}""", 400)]
    [InlineData("""{"model":"gpt-5.4","input":"a"}""", 404)]
    public async Task Embeddings_BadRequest_IsRefused(string body, int status) => await EmbedAsync(body, status);

    [Fact]
    public async Task Embeddings_MoreThanTheVendorTakes_IsRefused()
    {
        await EmbedAsync(Body(Enumerable.Repeat("a", 2048)));
        await EmbedAsync(Body(Enumerable.Repeat("a", 2049)), 400);
        var tooLong = await EmbedAsync(Body([new string('a', (4 * 8192) + 1)]), 400);
        var tooMany = await EmbedAsync(Body(Enumerable.Repeat(new string('a', 4 * 8000), 38)), 400);

        Assert.Equal("context_length_exceeded", tooLong.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("max_tokens_per_request", tooMany.GetProperty("error").GetProperty("code").GetString());

        static string Body(IEnumerable<string> input) => JsonSerializer.Serialize(new { model = "text-embedding-3-small", input, dimensions = 8 });
    }

    private static double Dot(float[] a, float[] b) => a.Zip(b).Sum(p => (double)p.First * p.Second);

    private Task<JsonElement> EmbedAsync(string body, int status = 200) => _host.JsonAsync(_host.OpenAIAsync(body, "/v1/embeddings"), status);
}
