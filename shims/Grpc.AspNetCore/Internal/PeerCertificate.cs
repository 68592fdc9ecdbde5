using System.Security.Cryptography.X509Certificates;
using System.Text;
using Grpc.Core;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>The client certificate as an <see cref="AuthContext"/>.</summary>
internal static class PeerCertificate
{
    private const string CommonName = "x509_common_name";
    private const string AlternativeName = "x509_subject_alternative_name";

    public static AuthContext ToAuthContext(X509Certificate2? certificate)
    {
        var properties = new Dictionary<string, List<AuthProperty>>();
        if (certificate is null)
        {
            return new(null, properties);
        }

        foreach (var name in certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames()))
        {
            Add(AlternativeName, name);
        }

        if (certificate.GetNameInfo(X509NameType.SimpleName, false) is { Length: > 0 } common)
        {
            Add(CommonName, common);
        }

        return new(properties.ContainsKey(AlternativeName) ? AlternativeName : CommonName, properties);

        void Add(string name, string value)
        {
            if (!properties.TryGetValue(name, out var values))
            {
                properties[name] = values = [];
            }

            values.Add(AuthProperty.Create(name, Encoding.UTF8.GetBytes(value)));
        }
    }
}
