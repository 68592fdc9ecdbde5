namespace Microsoft.SemanticKernel.Internal;

/// <summary>A prompt that the kernel's chat client answers.</summary>
internal sealed class PromptFunction(IPromptTemplate template, string name, string? pluginName, string description, IReadOnlyDictionary<string, PromptExecutionSettings> settings)
    : KernelFunction(name, pluginName, description, settings)
{
    public override async Task<FunctionResult> InvokeAsync(Kernel kernel, KernelArguments? arguments = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        arguments ??= [];
        try
        {
            var prompt = await template.RenderAsync(kernel, arguments, cancellationToken).ConfigureAwait(false);
            var (client, chosen) = ServiceChoice.Choose(kernel, arguments.ExecutionSettings ?? ExecutionSettings!);
            var response = await client.GetResponseAsync(ChatPrompt.Parse(prompt), Options.Of(chosen), cancellationToken).ConfigureAwait(false);
            return new(this, response, kernel.Culture, response.AdditionalProperties) { RenderedPrompt = prompt };
        }
        catch (OperationCanceledException e) when (e is not KernelFunctionCanceledException)
        {
            throw new KernelFunctionCanceledException(kernel, this, arguments, null, e);
        }
    }

    public override KernelFunction Clone(string? pluginName = null) => new PromptFunction(template, Name, pluginName, Description, ExecutionSettings!);
}
