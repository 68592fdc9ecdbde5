using Butler.Intelligence.Chat;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Butler.Services.Tests.Hosting;

/// <summary>The time of day, moved on by a test; timers run as ever.</summary>
internal sealed class MovedClock : TimeProvider
{
    private long _ticks;

    public void Move(TimeSpan by) => Interlocked.Add(ref _ticks, by.Ticks);

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _ticks));

    /// <summary>Breakers, limits and blocks of a Classifier run by this clock, and nothing else does.</summary>
    public void UseForChat(WebApplicationBuilder builder) => builder.Services.AddSingleton(s => new ChatPipeline(
        s.GetRequiredService<IOptions<ChatSettings>>(), s.GetRequiredService<IHttpMessageHandlerFactory>(), s.GetRequiredService<ChatMetrics>(), this, s.GetRequiredService<ChatKeyReader>()));
}
