namespace Aspire.Hosting.ApplicationModel;

/// <summary>How a parameter gets a value nobody gave.</summary>
public abstract class ParameterDefault
{
    /// <summary>The value.</summary>
    public abstract string GetDefaultValue();
}

/// <summary>A random value, made once and kept.</summary>
public sealed class GenerateParameterDefault : ParameterDefault
{
    private const string Letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ0123456789";

    /// <summary>Number of characters, at least 1.</summary>
    public int MinLength { get; set; } = 22;

    /// <summary>Whether special characters may occur. Read for the manifest; values made here have none.</summary>
    public bool Special { get; set; } = true;

    /// <inheritdoc />
    public override string GetDefaultValue() =>
        System.Security.Cryptography.RandomNumberGenerator.GetString(Letters, MinLength);
}

/// <summary>A value from configuration: <c>Parameters:NAME</c>.</summary>
public sealed class ParameterResource : Resource, IManifestExpressionProvider, IValueProvider
{
    private readonly Func<ParameterDefault?, string> _callback;

    /// <summary>Makes a parameter.</summary>
    public ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
        : base(name)
    {
        _callback = callback;
        Secret = secret;
    }

    /// <summary>True to keep the value out of the manifest and of logs.</summary>
    public bool Secret { get; }

    /// <summary>The value nobody gave.</summary>
    public ParameterDefault? Default { get; set; }

    /// <inheritdoc />
    public string ValueExpression => $"{{{Name}.value}}";

    /// <inheritdoc />
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(_callback(Default));
}
