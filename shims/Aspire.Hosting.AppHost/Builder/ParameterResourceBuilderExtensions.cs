using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting;

/// <summary>Adds values that come from outside.</summary>
public static class ParameterResourceBuilderExtensions
{
    /// <summary>Adds a parameter, read from <c>Parameters:NAME</c>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(this IDistributedApplicationBuilder builder, string name, bool secret = false) =>
        builder.AddResource(new ParameterResource(name, _ => Read(builder.Configuration, name, null), secret));

    /// <summary>Adds a parameter with a default that also stands in the manifest if <paramref name="publishValueAsDefault"/>.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, string value, bool publishValueAsDefault = false, bool secret = false)
    {
        var constant = new ConstantDefault(value);
        var resource = new ParameterResource(name, _ => Read(builder.Configuration, name, constant), secret);
        if (publishValueAsDefault)
        {
            resource.Default = constant;
        }

        return builder.AddResource(resource);
    }

    /// <summary>Adds a parameter that is made up when nobody gives it.</summary>
    public static IResourceBuilder<ParameterResource> AddParameter(
        this IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret = false, bool persist = false) =>
        builder.AddResource(CreateGenerated(builder, name, value, secret));

    /// <summary>A password that is made once and kept in the data directory.</summary>
    internal static ParameterResource CreateGenerated(IDistributedApplicationBuilder builder, string name, ParameterDefault value, bool secret) =>
        new(name, d => Read(builder.Configuration, name, d), secret) { Default = value };

    internal static string Read(IConfiguration configuration, string name, ParameterDefault? fallback)
    {
        if (configuration[$"Parameters:{name}"] is { } given)
        {
            return given;
        }

        if (fallback is null)
        {
            throw new DistributedApplicationException(
                $"Parameter '{name}' has no value. Set 'Parameters:{name}' (environment variable 'Parameters__{name.Replace('-', '_')}').");
        }

        // Kept for this run here; RunSession loads and saves it with the data directory.
        return configuration[$"Parameters:{name}"] = fallback.GetDefaultValue();
    }

    internal sealed class ConstantDefault(string value) : ParameterDefault
    {
        public override string GetDefaultValue() => value;
    }
}
