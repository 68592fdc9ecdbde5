using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Publish;

/// <summary>Writes the manifest when the application starts in publish mode, then stops it.</summary>
internal sealed class ManifestPublisher(
    IResourceCollection resources,
    DistributedApplicationExecutionContext context,
    IConfiguration configuration,
    IHostApplicationLifetime lifetime) : IHostedService
{
    private const string FileName = "aspire-manifest.json";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var output = configuration["Pipeline:OutputPath"] ?? configuration["Publishing:OutputPath"];
        if (string.IsNullOrEmpty(output))
        {
            throw new DistributedApplicationException("The '--output-path [path]' option was not specified even though '--publisher manifest' argument was used.");
        }

        var path = Path.GetFullPath(output);
        if (!path.EndsWith(".json", StringComparison.OrdinalIgnoreCase))
        {
            path = Path.Combine(path, FileName);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var buffer = new MemoryStream();
        new ManifestWriter(resources, context, Path.GetDirectoryName(path)!).Write(buffer);
        await File.WriteAllBytesAsync(path, buffer.ToArray(), cancellationToken);
        await Console.Out.WriteLineAsync($"Published manifest to: {path}");
        lifetime.StopApplication();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
