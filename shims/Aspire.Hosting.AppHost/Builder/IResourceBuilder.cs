using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>Configures one resource.</summary>
    public interface IResourceBuilder<out T>
        where T : IResource
    {
        /// <summary>The resource.</summary>
        T Resource { get; }

        /// <summary>The application's builder.</summary>
        IDistributedApplicationBuilder ApplicationBuilder { get; }

        /// <summary>Adds an annotation.</summary>
        IResourceBuilder<T> WithAnnotation(IResourceAnnotation annotation);
    }

    /// <summary>All resources.</summary>
    public interface IResourceCollection : IList<IResource>;
}

namespace Aspire.Hosting
{
    /// <summary>What the application was started for.</summary>
    public enum DistributedApplicationOperation
    {
        /// <summary>To run.</summary>
        Run,

        /// <summary>To write the manifest.</summary>
        Publish,
    }

    /// <summary>Running or publishing.</summary>
    public sealed class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
    {
        /// <summary>What the application was started for.</summary>
        public DistributedApplicationOperation Operation => operation;

        /// <summary>True when the manifest is written.</summary>
        public bool IsPublishMode => operation == DistributedApplicationOperation.Publish;

        /// <summary>True when the application runs.</summary>
        public bool IsRunMode => operation == DistributedApplicationOperation.Run;
    }

    /// <summary>A project of the solution; implemented by the generated <c>Projects.*</c> classes.</summary>
    public interface IProjectMetadata : IResourceAnnotation
    {
        /// <summary>Full path of the project file.</summary>
        string ProjectPath { get; }
    }

    /// <summary>Where the build put the program; the generated classes of this stand-in say so.</summary>
    public interface IProjectOutput
    {
        /// <summary>Full path of the program's assembly.</summary>
        string TargetPath { get; }
    }

    /// <summary>Collects resources and builds the application.</summary>
    public interface IDistributedApplicationBuilder
    {
        /// <summary>appsettings, environment and arguments.</summary>
        ConfigurationManager Configuration { get; }

        /// <summary>Folder of the AppHost project.</summary>
        string AppHostDirectory { get; }

        /// <summary>The host environment.</summary>
        IHostEnvironment Environment { get; }

        /// <summary>Services of the AppHost itself.</summary>
        IServiceCollection Services { get; }

        /// <summary>Running or publishing.</summary>
        DistributedApplicationExecutionContext ExecutionContext { get; }

        /// <summary>All resources so far.</summary>
        IResourceCollection Resources { get; }

        /// <summary>Adds a resource.</summary>
        IResourceBuilder<T> AddResource<T>(T resource)
            where T : IResource;

        /// <summary>A builder for a resource that is already there or stands apart.</summary>
        IResourceBuilder<T> CreateResourceBuilder<T>(T resource)
            where T : IResource;

        /// <summary>Builds the application.</summary>
        DistributedApplication Build();
    }

    /// <summary>How the builder is made.</summary>
    public sealed class DistributedApplicationOptions
    {
        /// <summary>Command line.</summary>
        public string[]? Args { get; set; }

        /// <summary>Assembly of the AppHost; the entry assembly by default.</summary>
        public string? AssemblyName { get; set; }

        /// <summary>Folder of the AppHost project; found from the assembly by default.</summary>
        public string? ProjectDirectory { get; set; }

        /// <summary>Read for source compatibility: there is no dashboard.</summary>
        public bool DisableDashboard { get; set; }
    }
}
