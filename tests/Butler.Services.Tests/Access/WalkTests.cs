using System.Text;
using Microsoft.AspNetCore.Routing;

namespace Butler.Services.Tests.Access;

/// <summary>
/// Every endpoint × every role (issue 3): what is allowed and what is not. The endpoints are those of the running hosts, so one
/// that no table names fails here.
/// </summary>
public sealed class WalkTests(WalkBed bed) : IClassFixture<WalkBed>
{
    private const int MostRead = 512 * 1024;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly Asker[] s_askers = Enum.GetValues<Asker>();

    private static List<IWalkTable> Tables { get; } =
        [.. typeof(WalkTests).Assembly.GetTypes().Where(t => t is { IsClass: true, IsAbstract: false } && t.IsAssignableTo(typeof(IWalkTable))).Select(t => (IWalkTable)Activator.CreateInstance(t)!)];

    [Theory]
    [InlineData("progress")]
    [InlineData("ingest")]
    public void Endpoints_OfTheRunningHost_AreAllInTheWalk(string service)
    {
        var there = Names(bed.Services[service].Endpoints).Order(StringComparer.Ordinal).ToList();
        var walked = Tables.Where(t => t.Service == service).SelectMany(t => t.Cases).Select(c => c.Endpoint).Distinct().Order(StringComparer.Ordinal).ToList();

        Assert.True(there.Except(walked).ToList() is { Count: 0 }, $"Not in the walk of {service} (add cases in tests/Butler.Services.Tests/Access):\n{string.Join('\n', there.Except(walked))}");
        Assert.True(walked.Except(there).ToList() is { Count: 0 }, $"In the walk, but not in {service}:\n{string.Join('\n', walked.Except(there))}");
    }

    [Theory]
    [InlineData("progress")]
    [InlineData("ingest")]
    public async Task Endpoints_EveryRole_GetWhatTheRuleSaysAndNothingMore(string service)
    {
        var address = bed.Services[service].Address;
        using var http = Client(address);
        using var grpc = Client(bed.GrpcAddress);
        var wrong = new List<string>();
        foreach (var (asker, @case) in s_askers.SelectMany(a => Tables.Where(t => t.Service == service).SelectMany(t => t.Cases).Select(c => (a, c))))
        {
            using var patience = new CancellationTokenSource(s_patience);
            using var request = await @case.Request(bed, asker);
            await bed.ShowAsync(request, asker, @case.Pass, address);
            using var response = await (request.Version.Major == 2 ? grpc : http).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
            var body = response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await ReadAsync(response, patience.Token);
            var status = HttpStatus.Of(response);
            if (status != @case.Expect.Of(asker))
            {
                wrong.Add($"{@case} as {asker}: {status} instead of {@case.Expect.Of(asker)} {(status >= 400 ? body : "")}");
            }
            else if (asker is Asker.None or Asker.Other && body.Contains(WalkBed.Marker, StringComparison.OrdinalIgnoreCase))
            {
                wrong.Add($"{@case} as {asker}: the answer holds the owner's data");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    // Ingest has no cookies (MECHANICS 12): a browser that is signed in to the page has no rights there.
    [Fact]
    public async Task Ingest_SessionCookie_IsNotTaken()
    {
        var (address, _) = bed.Services["ingest"];
        using var http = Client(address);
        foreach (var @case in Tables.Where(t => t.Service == "ingest").SelectMany(t => t.Cases).Where(c => c.Expect.None == 401))
        {
            using var request = await @case.Request(bed, Asker.None);
            request.Headers.Add("Cookie", "butler_session=" + await bed.SessionAsync(bed.Owner));
            using var response = await http.SendAsync(request);
            Assert.True((int)response.StatusCode == 401, $"{@case}: {(int)response.StatusCode}");
        }
    }

    private static HttpClient Client(Uri address) => new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = address, Timeout = s_patience };

    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MostRead, cancellationToken);
        return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    /// <summary>Method and pattern of every route; one without a method takes all of them.</summary>
    private static IEnumerable<string> Names(EndpointDataSource endpoints) =>
        endpoints.Endpoints.OfType<RouteEndpoint>().SelectMany(e =>
            (e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Select(m => $"{m} /{e.RoutePattern.RawText!.Trim('/')}")).Distinct();
}
