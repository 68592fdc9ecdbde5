using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Grpc.AspNetCore.Server.Internal;

/// <summary>What the calls of one service share: options (its own before the common ones), clock, log.</summary>
internal sealed record ServiceSettings(
    int? MaxReceiveMessageSize,
    int? MaxSendMessageSize,
    bool DetailedErrors,
    bool IgnoreUnknown,
    TimeProvider Clock,
    ILogger Log)
{
    public static ServiceSettings For<TService>(IServiceProvider services)
        where TService : class
    {
        var common = services.GetRequiredService<IOptions<GrpcServiceOptions>>().Value;
        var own = services.GetRequiredService<IOptions<GrpcServiceOptions<TService>>>().Value;
        return new(
            own.IsMaxReceiveMessageSizeSet ? own.MaxReceiveMessageSize
                : common.IsMaxReceiveMessageSizeSet ? common.MaxReceiveMessageSize
                : GrpcServiceOptions.DefaultReceiveMaxMessageSize,
            own.IsMaxSendMessageSizeSet ? own.MaxSendMessageSize : common.MaxSendMessageSize,
            own.EnableDetailedErrors ?? common.EnableDetailedErrors ?? false,
            own.IgnoreUnknownServices ?? common.IgnoreUnknownServices ?? false,
            services.GetService<TimeProvider>() ?? TimeProvider.System,
            services.GetRequiredService<ILoggerFactory>().CreateLogger("Grpc.AspNetCore.Server.ServerCallHandler"));
    }
}
