namespace Butler.ServiceDefaults;

/// <summary>Tells whether the current flow of control holds a database transaction; services register one.</summary>
/// <returns>True while one is open.</returns>
public delegate bool TransactionProbe();

/// <summary>No HTTP or model call happens inside a database transaction (MECHANICS 2); a caller that tries is a bug.</summary>
internal sealed class NoOpenTransactionHandler(TransactionProbe? probe) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (probe?.Invoke() == true)
        {
            throw new InvalidOperationException("An HTTP call was made inside a database transaction.");
        }

        return base.SendAsync(request, cancellationToken);
    }
}
