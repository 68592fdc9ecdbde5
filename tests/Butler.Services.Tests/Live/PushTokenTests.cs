using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Butler.Ingest.Push;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Butler.Services.Tests.Live;

/// <summary>Every way in which a push's token can be wrong, and that a good one passes.</summary>
public sealed class PushTokenTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);
    private readonly RSA _google = RSA.Create(2048);
    private readonly RSA _stranger = RSA.Create(2048);
    private readonly Certificates _certificates = new();
    private readonly FixedTime _time = new(s_now);
    private readonly GoogleKeys _keys;
    private readonly PushTokenVerifier _verifier;

    public PushTokenTests()
    {
        var options = Options.Create(new PushOptions { Topic = "projects/p/topics/t", Audience = "https://butler.test/push", ServiceAccount = "push@p.iam.gserviceaccount.com" });
        _certificates.Publish(("k1", _google));
        _keys = new(new HttpClient(_certificates), options, _time, NullLogger<GoogleKeys>.Instance);
        _verifier = new(_keys, options, _time);
    }

    public static TheoryData<string, string> Forged => new()
    {
        { "no header", "no_token" },
        { "basic", "no_token" },
        { "empty", "no_jwt" },
        { "two parts", "no_jwt" },
        { "five parts", "no_jwt" },
        { "not base64", "no_jwt" },
        { "too long", "no_jwt" },
        { "alg none", "header" },
        { "hs256 with the public key", "header" },
        { "ps256", "header" },
        { "no kid", "header" },
        { "crit", "header" },
        { "unknown kid", "unknown_key" },
        { "stranger's key under google's kid", "signature" },
        { "claims changed after signing", "signature" },
        { "no signature", "signature" },
        { "key inside the header", "signature" },
        { "issuer", "issuer" },
        { "no issuer", "issuer" },
        { "audience", "audience" },
        { "audience with slash", "audience" },
        { "audience in capitals", "audience" },
        { "two audiences", "audience" },
        { "no audience", "audience" },
        { "expired", "expired" },
        { "no expiry", "times" },
        { "expiry as text", "times" },
        { "expires in two days", "times" },
        { "issued in an hour", "times" },
        { "no issue time", "times" },
        { "other account", "service_account" },
        { "account in capitals", "service_account" },
        { "no account", "service_account" },
        { "not verified", "service_account" },
        { "verified as text", "service_account" },
        { "no verified", "service_account" },
    };

    public void Dispose()
    {
        _google.Dispose();
        _stranger.Dispose();
        _keys.Dispose();
    }

    [Fact]
    public async Task Refuse_GoodToken_Null()
    {
        Assert.Null(await _verifier.RefuseAsync("Bearer " + Sign(), default));
        Assert.Null(await _verifier.RefuseAsync("bearer " + Sign(c => c["iss"] = "accounts.google.com"), default));

        // Within the clock's tolerance of five minutes.
        Assert.Null(await _verifier.RefuseAsync("Bearer " + Sign(c => c["exp"] = Seconds(-240)), default));
        Assert.Null(await _verifier.RefuseAsync("Bearer " + Sign(c => c["iat"] = Seconds(240)), default));
        Assert.Equal(1, _certificates.Reads);
    }

    [Theory]
    [MemberData(nameof(Forged))]
    public async Task Refuse_Forged_SaysWhy(string how, string why) => Assert.Equal(why, await _verifier.RefuseAsync(Forge(how), default));

    [Fact]
    public async Task Find_UnknownKid_ReadsTheKeysAtOnceButNotForEveryMadeUpId()
    {
        Assert.Null(await _verifier.RefuseAsync("Bearer " + Sign(), default));
        using var next = RSA.Create(2048);
        _certificates.Publish(("k1", _google), ("k2", next));
        _time.Now += TimeSpan.FromSeconds(11);

        Assert.Null(await _verifier.RefuseAsync("Bearer " + Sign(key: next, kid: "k2"), default));
        Assert.Equal(2, _certificates.Reads);

        for (var i = 0; i < 100; i++)
        {
            Assert.Equal("unknown_key", await _verifier.RefuseAsync("Bearer " + Sign(key: _stranger, kid: $"made-up-{i}"), default));
        }

        Assert.Equal(2, _certificates.Reads);
    }

    [Fact]
    public async Task Find_GoogleAway_KeysServeOnAndStrangersLearnNothing()
    {
        Assert.Null(await _verifier.RefuseAsync("Bearer " + Sign(), default));
        _certificates.Status = HttpStatusCode.ServiceUnavailable;
        _time.Now += TimeSpan.FromHours(7);

        Assert.Null(await _verifier.RefuseAsync("Bearer " + Sign(c => c["exp"] = Seconds(8 * 3_600)), default));
        Assert.Equal("unknown_key", await _verifier.RefuseAsync("Bearer " + Sign(kid: "k9"), default));
    }

    [Fact]
    public async Task Find_NeverRead_SaysSoInsteadOfRefusing()
    {
        _certificates.Status = HttpStatusCode.ServiceUnavailable;
        await Assert.ThrowsAsync<KeysUnavailableException>(async () => await _verifier.RefuseAsync("Bearer " + Sign(), default));
        _certificates.Status = HttpStatusCode.OK;
        Assert.Null(await _verifier.RefuseAsync("Bearer " + Sign(), default));
    }

    private string? Forge(string how) => how switch
    {
        "no header" => null,
        "basic" => "Basic dXNlcjpwYXNz",
        "empty" => "Bearer ",
        "two parts" => "Bearer a.b",
        "five parts" => "Bearer a.b.c.d.e",
        "not base64" => "Bearer §.§.§",
        "too long" => "Bearer " + new string('a', 5000) + ".b.c",
        "alg none" => "Bearer " + Sign(header: h => h["alg"] = "none"),
        "hs256 with the public key" => "Bearer " + Hmac(),
        "ps256" => "Bearer " + Sign(header: h => h["alg"] = "PS256"),
        "no kid" => "Bearer " + Sign(header: h => h.Remove("kid")),
        "crit" => "Bearer " + Sign(header: h => h["crit"] = new[] { "b64" }),
        "unknown kid" => "Bearer " + Sign(kid: "k7"),
        "stranger's key under google's kid" => "Bearer " + Sign(key: _stranger),
        "claims changed after signing" => "Bearer " + Changed(),
        "no signature" => "Bearer " + Sign()[..(Sign().LastIndexOf('.') + 1)],
        "key inside the header" => "Bearer " + Sign(key: _stranger, header: h => h["jwk"] = Jwk("k1", _stranger)),
        "issuer" => Claim("iss", "https://accounts.example.com"),
        "no issuer" => Claim("iss", null),
        "audience" => Claim("aud", "https://other.test/push"),
        "audience with slash" => Claim("aud", "https://butler.test/push/"),
        "audience in capitals" => Claim("aud", "https://butler.test/PUSH"),
        "two audiences" => Claim("aud", new[] { "https://butler.test/push", "https://other.test" }),
        "no audience" => Claim("aud", null),
        "expired" => Claim("exp", Seconds(-301)),
        "no expiry" => Claim("exp", null),
        "expiry as text" => Claim("exp", "4102444800"),
        "expires in two days" => Claim("exp", Seconds(172_800)),
        "issued in an hour" => Claim("iat", Seconds(3_600)),
        "no issue time" => Claim("iat", null),
        "other account" => Claim("email", "other@p.iam.gserviceaccount.com"),
        "account in capitals" => Claim("email", "PUSH@p.iam.gserviceaccount.com"),
        "no account" => Claim("email", null),
        "not verified" => Claim("email_verified", false),
        "verified as text" => Claim("email_verified", "true"),
        "no verified" => Claim("email_verified", null),
        _ => throw new ArgumentOutOfRangeException(nameof(how), how, "no such forgery"),
    };

    private string Claim(string name, object? value) => "Bearer " + Sign(c =>
    {
        c.Remove(name);
        if (value is not null)
        {
            c[name] = value;
        }
    });

    private string Changed()
    {
        var parts = Sign().Split('.');
        return $"{parts[0]}.{Sign(c => c["sub"] = "2").Split('.')[1]}.{parts[2]}";
    }

    private string Hmac()
    {
        var signed = Sign(header: h => h["alg"] = "HS256");
        signed = signed[..signed.LastIndexOf('.')];
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(_google.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(signed)))}";
    }

    private string Sign(Action<Dictionary<string, object>>? claims = null, RSA? key = null, string kid = "k1", Action<Dictionary<string, object>>? header = null)
    {
        var head = new Dictionary<string, object> { ["alg"] = "RS256", ["kid"] = kid, ["typ"] = "JWT" };
        header?.Invoke(head);
        var body = new Dictionary<string, object>
        {
            ["aud"] = "https://butler.test/push", ["azp"] = "1", ["sub"] = "1", ["email"] = "push@p.iam.gserviceaccount.com", ["email_verified"] = true,
            ["iss"] = "https://accounts.google.com", ["iat"] = Seconds(-60), ["exp"] = Seconds(3540),
        };
        claims?.Invoke(body);
        var signed = $"{Part(head)}.{Part(body)}";
        return $"{signed}.{Base64Url.EncodeToString((key ?? _google).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    private static string Part(Dictionary<string, object> members) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(members));

    private long Seconds(int from) => (s_now + TimeSpan.FromSeconds(from)).ToUnixTimeSeconds();

    private static Dictionary<string, string> Jwk(string kid, RSA key)
    {
        var parameters = key.ExportParameters(false);
        return new() { ["kid"] = kid, ["kty"] = "RSA", ["alg"] = "RS256", ["use"] = "sig", ["n"] = Base64Url.EncodeToString(parameters.Modulus), ["e"] = Base64Url.EncodeToString(parameters.Exponent) };
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = now;

        public override DateTimeOffset GetUtcNow() => Now;
    }

    private sealed class Certificates : HttpMessageHandler
    {
        private string _body = "";

        public int Reads { get; private set; }

        public HttpStatusCode Status { get; set; } = HttpStatusCode.OK;

        public void Publish(params (string Kid, RSA Key)[] keys) => _body = JsonSerializer.Serialize(new { keys = keys.Select(k => Jwk(k.Kid, k.Key)) });

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Reads++;
            var response = new HttpResponseMessage(Status) { Content = new StringContent(Status == HttpStatusCode.OK ? _body : "") };
            response.Headers.CacheControl = new() { MaxAge = TimeSpan.FromHours(6) };
            return Task.FromResult(response);
        }
    }
}
