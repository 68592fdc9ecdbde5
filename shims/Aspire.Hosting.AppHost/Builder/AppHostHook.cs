namespace Aspire.Hosting;

/// <summary>How Aspire.Hosting.Testing gets hold of the builder that an AppHost's entry point makes.</summary>
internal sealed class AppHostHook(
    string[] args,
    IReadOnlyDictionary<string, string?> settings,
    Action<IDistributedApplicationBuilder> beforeBuild,
    Action<DistributedApplication> afterBuild,
    string? projectDirectory)
{
    private static readonly AsyncLocal<AppHostHook?> Local = new();

    public static AppHostHook? Current
    {
        get => Local.Value;
        set => Local.Value = value;
    }

    public string[] Args => args;

    public IReadOnlyDictionary<string, string?> Settings => settings;

    public string? ProjectDirectory => projectDirectory;

    public void BeforeBuild(IDistributedApplicationBuilder builder) => beforeBuild(builder);

    public void AfterBuild(DistributedApplication application) => afterBuild(application);
}
