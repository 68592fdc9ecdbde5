namespace Microsoft.SemanticKernel;

/// <summary>Something that can be invoked; here always a prompt.</summary>
public abstract class KernelFunction
{
    private protected KernelFunction(string name, string? pluginName, string description, IReadOnlyDictionary<string, PromptExecutionSettings> executionSettings) =>
        (Name, PluginName, Description, ExecutionSettings) = (name, pluginName, description, executionSettings);

    /// <summary>The function's name: letters, digits and underscores.</summary>
    public string Name { get; }

    /// <summary>The plugin that it belongs to, if any.</summary>
    public string? PluginName { get; }

    /// <summary>What it does.</summary>
    public string Description { get; }

    /// <summary>Settings by service id.</summary>
    public IReadOnlyDictionary<string, PromptExecutionSettings>? ExecutionSettings { get; }

    /// <summary>Invokes it with a kernel's services.</summary>
    /// <exception cref="KernelException">The prompt or the kernel is not usable.</exception>
    /// <exception cref="KernelFunctionCanceledException">It was cancelled.</exception>
    public abstract Task<FunctionResult> InvokeAsync(Kernel kernel, KernelArguments? arguments = null, CancellationToken cancellationToken = default);

    /// <summary>Invokes it and takes its value.</summary>
    public async Task<TResult?> InvokeAsync<TResult>(Kernel kernel, KernelArguments? arguments = null, CancellationToken cancellationToken = default) =>
        (await InvokeAsync(kernel, arguments, cancellationToken).ConfigureAwait(false)).GetValue<TResult>();

    /// <summary>The same function as a member of a plugin.</summary>
    public abstract KernelFunction Clone(string? pluginName = null);

    /// <inheritdoc/>
    public override string ToString() => PluginName is null ? Name : $"{PluginName}.{Name}";
}
