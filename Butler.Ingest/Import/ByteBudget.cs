using Microsoft.Extensions.Options;

namespace Butler.Ingest.Import;

/// <summary>Bounds the raw bytes in flight in this process: taken before a call, so that many giant mailboxes do not meet in memory.</summary>
internal sealed class ByteBudget(IOptions<ImportOptions> options) : IDisposable
{
    private const int Grain = 64 * 1024;
    private readonly SemaphoreSlim _grains = new((int)(options.Value.BytesInFlight / Grain));
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Waits until <paramref name="bytes"/> are free.</summary>
    public async Task<IDisposable> TakeAsync(long bytes, CancellationToken cancellationToken)
    {
        var grains = (int)Math.Clamp(bytes / Grain, 1, options.Value.BytesInFlight / Grain);

        // One taker at a time: two that each hold half of what they need would wait for each other.
        await _one.WaitAsync(cancellationToken);
        var taken = 0;
        try
        {
            for (; taken < grains; taken++)
            {
                await _grains.WaitAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            Release(taken);
            throw;
        }
        finally
        {
            _one.Release();
        }

        return new Share(this, grains);
    }

    public void Dispose()
    {
        _grains.Dispose();
        _one.Dispose();
    }

    private void Release(int grains)
    {
        if (grains > 0)
        {
            _grains.Release(grains);
        }
    }

    private sealed class Share(ByteBudget budget, int grains) : IDisposable
    {
        private int _grains = grains;

        public void Dispose() => budget.Release(Interlocked.Exchange(ref _grains, 0));
    }
}
