using System.Runtime.CompilerServices;
using System.Text;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Something that has a form in the manifest, such as <c>{redis.bindings.tcp.port}</c>.</summary>
public interface IManifestExpressionProvider
{
    /// <summary>The form in the manifest.</summary>
    string ValueExpression { get; }
}

/// <summary>Something whose value is known when the application runs.</summary>
public interface IValueProvider
{
    /// <summary>The value.</summary>
    ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default);
}

/// <summary>Text with values inside that are known later, or written as expressions into a manifest.</summary>
public sealed class ReferenceExpression : IManifestExpressionProvider, IValueProvider
{
    private readonly IReadOnlyList<object> _parts;

    private ReferenceExpression(IReadOnlyList<object> parts) => _parts = parts;

    /// <summary>What the text refers to.</summary>
    public IReadOnlyList<IManifestExpressionProvider> ManifestProviders =>
        [.. _parts.OfType<UriEncoded>().Select(p => p.Inner).Concat(_parts.OfType<IManifestExpressionProvider>().Where(p => p is not UriEncoded))];

    /// <inheritdoc />
    public string ValueExpression => string.Concat(_parts.Select(part => part switch
    {
        string literal => literal.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal),
        IManifestExpressionProvider provider => provider.ValueExpression,
        _ => throw new InvalidOperationException(),
    }));

    /// <summary>Parts with <c>:uri</c>, which the manifest names as resources of their own.</summary>
    internal IEnumerable<UriEncoded> UriEncodedParts => _parts.SelectMany(part => part switch
    {
        UriEncoded encoded => [encoded],
        ReferenceExpression nested => nested.UriEncodedParts,
        _ => Enumerable.Empty<UriEncoded>(),
    });

    /// <summary>Makes an expression from an interpolated string.</summary>
    public static ReferenceExpression Create(in ExpressionInterpolatedStringHandler handler) => new(handler.Parts);

    /// <inheritdoc />
    public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            text.Append(part is IValueProvider provider ? await provider.GetValueAsync(cancellationToken) : (string)part);
        }

        return text.ToString();
    }

    /// <summary>Collects the parts of an interpolated string.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct ExpressionInterpolatedStringHandler
    {
        /// <summary>Called by the compiler.</summary>
        public ExpressionInterpolatedStringHandler(int literalLength, int formattedCount) =>
            Parts = new List<object>((2 * formattedCount) + Math.Min(literalLength, 1));

        internal List<object> Parts { get; }

        /// <summary>Called by the compiler.</summary>
        public void AppendLiteral(string value) => Parts.Add(value);

        /// <summary>Called by the compiler.</summary>
        public void AppendFormatted(string? value)
        {
            if (value is not null)
            {
                Parts.Add(value);
            }
        }

        /// <summary>Called by the compiler.</summary>
        public void AppendFormatted<T>(T value)
            where T : IValueProvider, IManifestExpressionProvider => Parts.Add(value);

        /// <summary>Called by the compiler; the only format is <c>uri</c>.</summary>
        public void AppendFormatted<T>(T value, string format)
            where T : IValueProvider, IManifestExpressionProvider =>
            Parts.Add(format == "uri" ? new UriEncoded(value, value) : throw new FormatException($"Unknown format '{format}'; 'uri' is known."));

        /// <summary>Called by the compiler.</summary>
        public void AppendFormatted<T>(IResourceBuilder<T> value)
            where T : IResource, IValueProvider, IManifestExpressionProvider => Parts.Add(value.Resource);
    }

    internal sealed class UriEncoded(IValueProvider value, IManifestExpressionProvider expression) : IValueProvider, IManifestExpressionProvider
    {
        public IManifestExpressionProvider Inner => expression;

        // Aspire names the encoded form of a parameter PARAM-uri-encoded, an annotated.string in the manifest.
        public string Name => $"{(expression as IResource)?.Name ?? throw new InvalidOperationException("Only a parameter takes ':uri'.")}-uri-encoded";

        public string ValueExpression => $"{{{Name}.value}}";

        public async ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) =>
            await value.GetValueAsync(cancellationToken) is { } text ? Uri.EscapeDataString(text) : null;
    }
}
