using System.Net;

namespace Butler.Services.Tests.Access;

/// <summary>Who asks: nobody, the owner of the data asked for, a stranger, somebody of the owner's family, an admin.</summary>
internal enum Asker
{
    None,
    Owner,
    Other,
    Family,
    Admin,
}

/// <summary>How the asker shows who they are.</summary>
internal enum Pass
{
    /// <summary>A bearer token.</summary>
    Bearer,

    /// <summary>The page's session cookie; posts carry the form's token and come from the page's own origin.</summary>
    Session,
}

/// <summary>The status each asker must get. Write the rule once as a preset, or the five numbers.</summary>
internal sealed record Expect(int None, int Owner, int Other, int Family, int Admin)
{
    /// <summary>Nobody's data: open to all.</summary>
    public static Expect Public { get; } = new(200, 200, 200, 200, 200);

    /// <summary>Somebody's data: the owner, the family, admins.</summary>
    public static Expect Read { get; } = new(401, 200, 403, 200, 200);

    /// <summary>The asker's own data, whoever asks.</summary>
    public static Expect Own { get; } = new(401, 200, 200, 200, 200);

    /// <summary>The owner and admins.</summary>
    public static Expect Command(int done) => new(401, done, 403, 403, done);

    /// <summary>The owner alone, not even admins.</summary>
    public static Expect OwnerOnly(int done) => new(401, done, 403, 403, 403);

    /// <summary>Everybody signed in, for themselves.</summary>
    public static Expect OwnDone(int done) => new(401, done, done, done, done);

    /// <summary>Admins.</summary>
    public static Expect AdminOnly(int done) => new(401, 403, 403, 403, done);

    public int Of(Asker asker) => asker switch
    {
        Asker.None => None,
        Asker.Owner => Owner,
        Asker.Other => Other,
        Asker.Family => Family,
        _ => Admin,
    };
}

/// <summary>One endpoint asked in one way.</summary>
/// <param name="Endpoint">Method and route pattern as the host has it, such as <c>GET /api/v1/mails/{id}</c>.</param>
/// <param name="Expect">What each asker gets.</param>
/// <param name="Request">Makes the request about the owner's data; called once per asker, so it may make what the call uses up.</param>
/// <param name="Pass">How the asker is known.</param>
internal sealed record WalkCase(string Endpoint, Expect Expect, Func<WalkBed, Asker, Task<HttpRequestMessage>> Request, Pass Pass = Pass.Bearer)
{
    /// <summary>A request without a body.</summary>
    public static WalkCase Of(string endpoint, Expect expect, Func<WalkBed, string> path, Pass pass = Pass.Bearer) =>
        new(endpoint, expect, (bed, _) => Task.FromResult(new HttpRequestMessage(Method(endpoint), path(bed))), pass);

    /// <summary>A request with a JSON body.</summary>
    public static WalkCase Json(string endpoint, Expect expect, Func<WalkBed, Asker, Task<(string Path, object Body)>> make) =>
        new(endpoint, expect, async (bed, asker) =>
        {
            var (path, body) = await make(bed, asker);
            return new(Method(endpoint), path)
            {
                Content = System.Net.Http.Json.JsonContent.Create(body, options: Butler.ServiceDefaults.ApiJson.Options),
            };
        });

    /// <summary>A form of the page.</summary>
    public static WalkCase Form(string endpoint, Expect expect, Func<WalkBed, Asker, Task<(string Path, Dictionary<string, string> Fields)>> make) =>
        new(endpoint, expect, async (bed, asker) =>
        {
            var (path, fields) = await make(bed, asker);
            return new(HttpMethod.Post, path) { Content = new FormUrlEncodedContent(fields) };
        }, Pass.Session);

    public override string ToString() => $"{Endpoint} ({Pass})";

    // A route without a method takes all of them, and is asked with GET.
    private static HttpMethod Method(string endpoint) => endpoint[..endpoint.IndexOf(' ', StringComparison.Ordinal)] is var name && name == "ANY" ? HttpMethod.Get : new HttpMethod(name);
}

/// <summary>
/// Cases of one area. Add a file with a class like this for the endpoints you add; <see cref="WalkTests"/> finds it, and fails
/// for an endpoint that no class names.
/// </summary>
internal interface IWalkTable
{
    /// <summary>progress or ingest.</summary>
    string Service { get; }

    IEnumerable<WalkCase> Cases { get; }
}

internal static class HttpStatus
{
    /// <summary>The status a caller sees: of gRPC the one its status stands for.</summary>
    public static int Of(HttpResponseMessage response)
    {
        var status = response.Headers.TryGetValues("grpc-status", out var head) ? head.First() : response.TrailingHeaders.TryGetValues("grpc-status", out var tail) ? tail.First() : null;
        return status switch
        {
            null => (int)response.StatusCode,
            "0" => (int)HttpStatusCode.OK,
            "16" => 401,
            "7" => 403,
            "5" => 404,
            _ => 1000 + int.Parse(status, System.Globalization.CultureInfo.InvariantCulture),
        };
    }
}
