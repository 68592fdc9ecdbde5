using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.SemanticKernel.Internal;

/// <summary>Which client answers, with which settings: the first service that settings name and that is registered, else the default.</summary>
internal static class ServiceChoice
{
    public static (IChatClient Client, PromptExecutionSettings? Settings) Choose(Kernel kernel, IReadOnlyDictionary<string, PromptExecutionSettings> settings)
    {
        PromptExecutionSettings? any = null;
        foreach (var (key, one) in settings)
        {
            var service = one.ServiceId ?? key;
            if (service.Length == 0 || service == PromptExecutionSettings.DefaultServiceId)
            {
                any = one;
            }
            else if ((kernel.Services as IKeyedServiceProvider)?.GetKeyedService(typeof(IChatClient), service) is IChatClient named)
            {
                return (named, one);
            }
            else if (one.ModelId is { Length: > 0 } model
                && kernel.GetAllServices<IChatClient>().FirstOrDefault(c => (c.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata)?.DefaultModelId == model) is { } ofModel)
            {
                return (ofModel, one);
            }
        }

        if (settings.Count > 0 && any is null)
        {
            throw new KernelException($"Required service of type {typeof(IChatClient)} not registered. Expected serviceIds: {string.Join(", ", settings.Keys)}.");
        }

        return (kernel.GetRequiredService<IChatClient>(), any);
    }
}
