using System.Net;
using System.Net.Http.Headers;

namespace Butler.Shims.Tests.Grpc;

/// <summary>Bytes that no good client sends, and what our server answers.</summary>
public sealed class WireTests(EchoServer server) : IClassFixture<EchoServer>
{
    // A frame with an empty EchoRequest.
    private static readonly byte[] Empty = [0, 0, 0, 0, 0];

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/grpc-web")]
    [InlineData("application/grpcx")]
    public async Task Post_OtherContentType_415(string type)
    {
        using var response = await PostAsync(Empty, type: type);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
    }

    [Theory]
    [InlineData("application/grpc")]
    [InlineData("application/grpc+proto")]
    [InlineData("application/grpc;charset=utf-8")]
    public async Task Post_GrpcContentType_Answered(string type)
    {
        using var response = await PostAsync(Empty, type: type);
        Assert.Equal("0", await StatusAsync(response));
        Assert.Equal("application/grpc", response.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData(new byte[0], "13")]
    [InlineData(new byte[] { 0, 0, 0 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 9, 1 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }, "13")]
    [InlineData(new byte[] { 2, 0, 0, 0, 0 }, "13")]
    [InlineData(new byte[] { 1, 0, 0, 0, 0 }, "13")]
    [InlineData(new byte[] { 0, 0, 0, 0, 1, 0xFF }, "13")]
    [InlineData(new byte[] { 0, 0xFF, 0xFF, 0xFF, 0xFF }, "8")]
    public async Task Post_MalformedBody_StatusSays(byte[] body, string status)
    {
        using var response = await PostAsync(body);
        Assert.Equal(status, await StatusAsync(response));
    }

    [Fact]
    public async Task Post_UnknownEncoding_UnimplementedNamesKnownOnes()
    {
        using var response = await PostAsync(Empty, ("grpc-encoding", "snappy"));
        Assert.Equal("12", await StatusAsync(response));
        Assert.Equal("identity,gzip,deflate", response.Headers.GetValues("grpc-accept-encoding").Single());
    }

    [Theory]
    [InlineData("/butler.shims.test.Echo/Nothing")]
    [InlineData("/nobody.Knows/This")]
    public async Task Post_UnknownMethod_Unimplemented(string path)
    {
        using var response = await PostAsync(Empty, path: path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("12", await StatusAsync(response));
    }

    [Fact]
    public async Task Post_TimeoutHeaderOnly_ServerEndsTheCall()
    {
        // field 5 (wait) = true; this client has no deadline of its own.
        using var response = await PostAsync([0, 0, 0, 0, 2, 0x28, 1], ("grpc-timeout", "50m"));
        Assert.Equal("4", await StatusAsync(response));
    }

    [Fact]
    public async Task Post_InvalidTimeout_Ignored()
    {
        using var response = await PostAsync(Empty, ("grpc-timeout", "1234567890S"));
        Assert.Equal("0", await StatusAsync(response));
    }

    [Fact]
    public async Task Post_BinaryHeaderNotBase64_Internal()
    {
        using var response = await PostAsync(Empty, ("x-in-bin", "!!"));
        Assert.Equal("13", await StatusAsync(response));
    }

    private static async Task<string> StatusAsync(HttpResponseMessage response)
    {
        await response.Content.ReadAsByteArrayAsync();
        HttpResponseHeaders headers = response.Headers.Contains("grpc-status") ? response.Headers : response.TrailingHeaders;
        return headers.GetValues("grpc-status").Single();
    }

    private async Task<HttpResponseMessage> PostAsync(
        byte[] body, (string Name, string Value)? header = null, string type = "application/grpc", string path = "/butler.shims.test.Echo/Unary")
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(server.Address, path))
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("content-type", type);
        if (header is { } added)
        {
            request.Headers.TryAddWithoutValidation(added.Name, added.Value);
        }

        return await client.SendAsync(request);
    }
}
