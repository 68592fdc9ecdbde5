using System.Net.Sockets;
using System.Text.Encodings.Web;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Publish;

/// <summary>The manifest of Aspire 13.1 as azd reads it (shared facts, section 5). Key order is Aspire's.</summary>
internal sealed class ManifestWriter(IResourceCollection resources, DistributedApplicationExecutionContext context, string folder)
{
    private const string Schema = "https://json.schemastore.org/aspire-8.0.json";

    // Aspire counts up from here for the further http endpoints of a project.
    private const int FirstAllocatedPort = 8000;

    private readonly SortedDictionary<string, string> _uriEncoded = [];
    private int _nextPort = FirstAllocatedPort;

    public void Write(Stream stream)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("$schema", Schema);
        json.WriteStartObject("resources");
        foreach (var resource in resources.Where(r => !r.Annotations.OfType<ManifestPublishingExclusion>().Any()))
        {
            json.WriteStartObject(resource.Name);
            WriteResource(json, resource);
            json.WriteEndObject();
        }

        foreach (var (name, value) in _uriEncoded)
        {
            json.WriteStartObject(name);
            json.WriteString("type", "annotated.string");
            json.WriteString("value", value);
            json.WriteString("filter", "uri");
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteResource(Utf8JsonWriter json, IResource resource)
    {
        switch (resource)
        {
            case ProjectResource:
                json.WriteString("type", "project.v0");
                var project = resource.Annotations.OfType<ProjectMetadataAnnotation>().Single().Metadata.ProjectPath;
                json.WriteString("path", Path.GetRelativePath(folder, project).Replace('\\', '/'));
                WriteArgs(json, resource);
                WriteEnvironment(json, resource);
                WriteBindings(json, resource, isProject: true);
                break;
            case ContainerResource container:
                json.WriteString("type", "container.v0");
                if (container is IResourceWithConnectionString connection)
                {
                    json.WriteString("connectionString", Expression(connection.ConnectionStringExpression));
                }

                var image = resource.Annotations.OfType<ContainerImageAnnotation>().Last();
                json.WriteString("image", $"{(image.Registry is null ? "" : image.Registry + "/")}{image.Image}:{image.Tag}");
                if (container.Entrypoint is not null)
                {
                    json.WriteString("entrypoint", container.Entrypoint);
                }

                WriteArgs(json, resource);
                WriteEnvironment(json, resource);
                WriteBindings(json, resource, isProject: false);
                break;
            case ParameterResource parameter:
                WriteParameter(json, parameter);
                break;
            case IResourceWithConnectionString value:
                json.WriteString("type", "value.v0");
                json.WriteString("connectionString", Expression(value.ConnectionStringExpression));
                break;
            default:
                json.WriteString("error", "This resource does not support generation in the manifest.");
                break;
        }
    }

    private static void WriteArgs(Utf8JsonWriter json, IResource resource)
    {
        var args = resource.Annotations.OfType<CommandLineArgsAnnotation>().SelectMany(a => a.Args).ToList();
        if (args.Count == 0)
        {
            return;
        }

        json.WriteStartArray("args");
        foreach (var arg in args)
        {
            json.WriteStringValue(Escape(arg));
        }

        json.WriteEndArray();
    }

    private void WriteEnvironment(Utf8JsonWriter json, IResource resource)
    {
        var variables = new Dictionary<string, object>();
        foreach (var callback in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
        {
            callback.Callback(new EnvironmentCallbackContext(context, resource, variables));
        }

        if (variables.Count == 0)
        {
            return;
        }

        json.WriteStartObject("env");
        foreach (var (name, value) in variables)
        {
            json.WriteString(name, value switch
            {
                string text => Escape(text),
                IManifestExpressionProvider provider => Expression(provider),
                _ => throw new DistributedApplicationException($"Variable '{name}' of '{resource.Name}' has no form in the manifest."),
            });
        }

        json.WriteEndObject();
    }

    private void WriteBindings(Utf8JsonWriter json, IResource resource, bool isProject)
    {
        var endpoints = resource.Annotations.OfType<EndpointAnnotation>().ToList();
        if (endpoints.Count == 0)
        {
            return;
        }

        // The tool that deploys chooses the port of the first http and of the first https endpoint of a project.
        var chosenLater = isProject
            ? endpoints.Where(e => e.UriScheme is "http" or "https").DistinctBy(e => e.UriScheme).ToHashSet()
            : [];
        json.WriteStartObject("bindings");
        foreach (var endpoint in endpoints)
        {
            json.WriteStartObject(endpoint.Name);
            json.WriteString("scheme", endpoint.UriScheme);
            json.WriteString("protocol", endpoint.Protocol == ProtocolType.Udp ? "udp" : "tcp");
            json.WriteString("transport", endpoint.Transport);
            var target = endpoint.TargetPort ?? (chosenLater.Contains(endpoint) ? null : _nextPort++);
            if (endpoint.Port is { } port && port != target)
            {
                json.WriteNumber("port", port);
            }

            if (target is { } targetPort)
            {
                json.WriteNumber("targetPort", targetPort);
            }

            if (endpoint.IsExternal)
            {
                json.WriteBoolean("external", true);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteParameter(Utf8JsonWriter json, ParameterResource parameter)
    {
        json.WriteString("type", "parameter.v0");
        json.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
        json.WriteStartObject("inputs");
        json.WriteStartObject("value");
        json.WriteString("type", "string");
        if (parameter.Secret)
        {
            json.WriteBoolean("secret", true);
        }

        if (parameter.Default is GenerateParameterDefault generate)
        {
            json.WriteStartObject("default");
            json.WriteStartObject("generate");
            json.WriteNumber("minLength", generate.MinLength);
            if (!generate.Special)
            {
                json.WriteBoolean("special", false);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }
        else if (parameter is { Default: { } value, Secret: false })
        {
            json.WriteStartObject("default");
            json.WriteString("value", value.GetDefaultValue());
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private string Expression(IManifestExpressionProvider provider)
    {
        if (provider is ReferenceExpression expression)
        {
            foreach (var encoded in expression.UriEncodedParts)
            {
                _uriEncoded[encoded.Name] = encoded.Inner.ValueExpression;
            }
        }

        return provider.ValueExpression;
    }

    private static string Escape(string text) =>
        text.Replace("{", "{{", StringComparison.Ordinal).Replace("}", "}}", StringComparison.Ordinal);
}
