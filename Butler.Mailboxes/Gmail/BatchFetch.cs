using System.Net.Http.Headers;
using System.Text;
using Butler.Mailboxes.Quota;

namespace Butler.Mailboxes.Gmail;

/// <summary>
/// Bulk reading: batches of at most 10 raw reads, one at a time, written and read by hand (MECHANICS 9: BatchRequest
/// costs 0.5 ms and 1 MB per mail). One instance serves one FetchAsync.
/// </summary>
internal sealed class BatchFetch(GmailClient client, MailboxAccount account, IReadOnlyList<string> ids, FetchOptions options)
{
    /// <summary>The largest mail that is read; Gmail itself takes 50 MiB at most (messages.import).</summary>
    public const int MaxMailBytes = 50 * 1024 * 1024;

    // Base64 of the largest mail, and room for headers and labels.
    private const int MaxPartBytes = (MaxMailBytes / 3 * 4) + (64 * 1024);

    // Below this many calls a bulk batch is not worth a request.
    private const int MinBulkCalls = 5;

    // Every so many bytes the time limit starts anew: a giant mail may take longer than a call, a stalled one may not.
    private const long BytesPerTimeout = 1024 * 1024;

    private static readonly GmailCall Call = new(GmailEndpoint.MessagesGet);

    private readonly FetchedMail?[] _mails = new FetchedMail?[ids.Count];
    private long _bytes;
    private DateTimeOffset? _notBefore;
    private MailboxException? _fault;
    private bool _stop;

    public async Task<FetchBatch> RunAsync(CancellationToken cancellationToken)
    {
        var began = client.Time.GetTimestamp();
        List<int> open = new(ids.Count);
        for (var i = 0; i < ids.Count; i++)
        {
            if (BatchBody.IsId(ids[i]))
            {
                open.Add(i);
            }
            else
            {
                _mails[i] = new(ids[i], FetchStatus.Failed) { Error = "not a Gmail message id" };
            }
        }

        for (var next = 0; next < open.Count && !_stop;)
        {
            if (_bytes >= options.MaxBytes || client.Time.GetElapsedTime(began) >= options.MaxTime)
            {
                break;
            }

            next += await BatchAsync(open, next, cancellationToken);
        }

        return new(Answered(), _notBefore, _fault);
    }

    private List<FetchedMail> Answered()
    {
        List<FetchedMail> mails = new(_mails.Length);
        foreach (var mail in _mails)
        {
            if (mail is not null)
            {
                mails.Add(mail);
            }
        }

        return mails;
    }

    // One batch; answers how many ids it asked for.
    private async Task<int> BatchAsync(List<int> open, int next, CancellationToken cancellationToken)
    {
        var left = open.Count - next;
        var most = Math.Min(BatchBody.MaxCalls, options.Lane == MailLane.Bulk ? Math.Max(1, client.MaxConcurrent - 2) : client.MaxConcurrent);
        var calls = Math.Min(left, most);
        var least = options.Lane == MailLane.Bulk ? Math.Min(calls, MinBulkCalls) : 1;
        string token;
        QuotaAnswer answer;
        try
        {
            token = await client.Tokens.GetAsync(account, cancellationToken);
            answer = await client.Quota.TryAcquireAsync(
                GmailClient.UserKey(account), new(client.Units(Call.Endpoint), calls, least, left, options.Lane), cancellationToken);
        }
        catch (MailboxException e)
        {
            Stop(e);
            return 0;
        }

        if (answer.Lease is not { } granted)
        {
            Stop(GmailClient.Refused(answer, Call.Endpoint));
            return 0;
        }

        await using var lease = granted;
        var asked = open.GetRange(next, granted.Calls);
        using var request = new HttpRequestMessage(HttpMethod.Post, client.BatchAddress)
        {
            Content = BatchBody.Create(asked.ConvertAll(i => ids[i]).ToArray()),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var limit = new CancellationTokenSource(client.Timeout, client.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var response = await client.Service.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (!response.IsSuccessStatusCode)
            {
                client.Metrics.Called(Call.Endpoint.Name, (int)response.StatusCode);
                Stop(await client.FaultAsync(account, token, response, Call, either.Token));
                return asked.Count;
            }

            await ReadAsync(response, asked, token, limit, either.Token);
        }
        catch (Exception e) when (e is InvalidDataException)
        {
            Stop(new MailboxException(MailboxFault.Unavailable, "Gmail's batch answer is not multipart/mixed"));
        }
        catch (Exception e) when (client.Link(e, Call.Endpoint, write: false, cancellationToken) is { } fault)
        {
            Stop(fault);
        }

        return asked.Count;
    }

    private async Task ReadAsync(HttpResponseMessage response, List<int> asked, string token, CancellationTokenSource limit, CancellationToken cancellationToken)
    {
        var boundary = Boundary(response.Content.Headers.ContentType);
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var parts = new MultipartReader(body, boundary, MaxPartBytes);
        long sinceTimeout = 0, lastSize = 0;
        bool TooMuch(int size)
        {
            sinceTimeout += Math.Max(0, size - lastSize);
            lastSize = size;
            if (sinceTimeout >= BytesPerTimeout)
            {
                sinceTimeout = 0;
                limit.CancelAfter(client.Timeout);
            }

            // The first mail of a fetch is always read, however large, or nobody would ever get past it.
            return _bytes > 0 && size / 4L * 3 > options.MaxBytes - _bytes && size > 64 * 1024;
        }

        while (await parts.NextAsync(TooMuch, cancellationToken))
        {
            lastSize = 0;
            var fault = Read(parts, asked, token);
            if (fault is not null)
            {
                Stop(await client.NotedAsync(account, fault, cancellationToken));
            }

            if (_bytes >= options.MaxBytes)
            {
                _stop = true;
                return; // what is left of the answer is dropped with its connection
            }
        }

        if (parts.Stopped)
        {
            _stop = true;
            return;
        }

        // All parts are read: an id without one would otherwise be asked for again and again.
        if (!_stop)
        {
            foreach (var i in asked)
            {
                _mails[i] ??= new(ids[i], FetchStatus.Retry) { Error = "the batch answer has no part for it" };
            }
        }
    }

    // One part; a fault of the account or the link comes back.
    private MailboxException? Read(MultipartReader parts, List<int> asked, string token)
    {
        var part = BatchPart.Parse(parts.Part.Span);
        if (part.Index < 0 || part.Index >= asked.Count)
        {
            return new(MailboxFault.Unavailable, "Gmail's batch answer names a call that was not made");
        }

        var at = asked[part.Index];
        var id = ids[at];
        client.Metrics.Called(Call.Endpoint.Name, part.Status);
        if (parts.TooLarge)
        {
            _mails[at] = new(id, FetchStatus.Failed) { Error = $"the mail is larger than {MaxMailBytes / (1024 * 1024)} MiB" };
            return null;
        }

        if (part.Status == 200)
        {
            client.Tokens.Accepted(account);
            var mail = RawMessage.Read(id, part.Body);
            _bytes += mail.Raw.Length;
            _mails[at] = mail.Raw.Length > MaxMailBytes
                ? new(id, FetchStatus.Failed) { Error = $"the mail is larger than {MaxMailBytes / (1024 * 1024)} MiB" }
                : mail;
            return null;
        }

        if (part.Status == 401)
        {
            return client.Tokens.Rejected(account, token, Call.Endpoint.Name);
        }

        var body = GmailErrors.Read(parts.Part[part.BodyAt..].ToArray());
        var now = client.Time.GetUtcNow();
        var fault = GmailErrors.Map(part.Status, body, GmailErrors.RetryAt(part.RetryAfter, body.RetryAfter, now), now, Call);
        switch (fault.Fault)
        {
            case MailboxFault.NotFound:
                _mails[at] = new(id, FetchStatus.Gone);
                return null;
            case MailboxFault.Unavailable:
                _mails[at] = new(id, FetchStatus.Retry) { Error = fault.Message };
                return null;
            case MailboxFault.BadRequest:
                _mails[at] = new(id, FetchStatus.Failed) { Error = fault.Message };
                return null;
            default:
                return fault;
        }
    }

    // The first reason counts, except that a fault weighs more than a wait.
    private void Stop(MailboxException fault)
    {
        _stop = true;
        if (fault.Fault == MailboxFault.Throttled)
        {
            _notBefore = fault.RetryAt > _notBefore || _notBefore is null ? fault.RetryAt : _notBefore;
        }
        else
        {
            _fault ??= fault;
        }
    }

    private static byte[] Boundary(MediaTypeHeaderValue? type)
    {
        if (type?.MediaType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true)
        {
            foreach (var parameter in type.Parameters)
            {
                if (string.Equals(parameter.Name, "boundary", StringComparison.OrdinalIgnoreCase) && parameter.Value?.Trim('"') is { Length: > 0 and <= 200 } boundary)
                {
                    return Encoding.ASCII.GetBytes(boundary);
                }
            }
        }

        throw new InvalidDataException();
    }
}
