using System.Runtime.InteropServices;

namespace Butler.Data.Search;

/// <summary>A mail found by meaning.</summary>
/// <param name="MailId">The mail.</param>
/// <param name="Score">The cosine of its best passage.</param>
/// <param name="Start">Where that passage begins in the mail's new text.</param>
/// <param name="Length">How long it is.</param>
public readonly record struct VectorHit(Guid MailId, float Score, int Start, int Length);

/// <summary>
/// The vectors of one account and model in memory, side by side, so that an exact search is one pass. Not safe for several threads: its
/// owner locks it.
/// </summary>
internal sealed class VectorIndex(int dimensions)
{
    private readonly Dictionary<Guid, int> _places = [];
    private Mail[] _mails = new Mail[64];
    private Passage[] _passages = new Passage[128];
    private sbyte[] _data = new sbyte[128 * dimensions];
    private int _mailCount;
    private int _passageCount;

    /// <summary>Mails that it finds.</summary>
    public int Count => _places.Count;

    /// <summary>Memory held.</summary>
    public long Bytes => _data.Length + (16L * _passages.Length) + (40L * _mails.Length) + (40L * _places.Count);

    /// <summary>Adds a mail, in place of what was there of it.</summary>
    public void Add(Guid mail, DateTime receivedAt, ReadOnlySpan<int> spans, ReadOnlySpan<sbyte> vectors)
    {
        var count = Math.Min(spans.Length / 2, vectors.Length / dimensions);
        if (_places.TryGetValue(mail, out var place))
        {
            ref var there = ref _mails[place];
            if (there.Count == count && _data.AsSpan(there.First * dimensions, count * dimensions).SequenceEqual(vectors[..(count * dimensions)]))
            {
                return; // Read once more, because readings overlap.
            }

            there.Count = 0;
        }

        Grow(count);
        for (var i = 0; i < count; i++)
        {
            var vector = vectors.Slice(i * dimensions, dimensions);
            vector.CopyTo(_data.AsSpan((_passageCount + i) * dimensions));
            var norm = ByteDot.Of(vector, vector);
            _passages[_passageCount + i] = new(norm == 0 ? 0 : 1 / MathF.Sqrt(norm), spans[2 * i], spans[(2 * i) + 1]);
        }

        _mails[_mailCount] = new() { Id = mail, ReceivedAt = receivedAt.Ticks, First = _passageCount, Count = count };
        _places[mail] = _mailCount++;
        _passageCount += count;
    }

    /// <summary>Takes a mail out, whose vectors are in another index now.</summary>
    public void Remove(Guid mail)
    {
        if (_places.Remove(mail, out var place))
        {
            _mails[place].Count = 0;
        }
    }

    /// <summary>Offers the nearest mails to <paramref name="best"/>, each with its nearest passage.</summary>
    public void Search(ReadOnlySpan<sbyte> query, long since, long until, HashSet<Guid>? allowed, NearestMails best)
    {
        var norm = ByteDot.Of(query, query);
        if (norm == 0)
        {
            return;
        }

        var scale = 1 / MathF.Sqrt(norm);
        foreach (ref readonly var mail in _mails.AsSpan(0, _mailCount))
        {
            if (mail.ReceivedAt < since || mail.ReceivedAt >= until || (allowed is not null && mail.Count > 0 && !allowed.Contains(mail.Id)))
            {
                continue;
            }

            var (top, passage) = (float.MinValue, -1);
            for (var i = mail.First; i < mail.First + mail.Count; i++)
            {
                var score = ByteDot.Of(query, _data.AsSpan(i * dimensions, dimensions)) * _passages[i].Scale;
                if (score > top)
                {
                    (top, passage) = (score, i);
                }
            }

            if (passage >= 0 && top * scale > best.Least)
            {
                best.Offer(new(mail.Id, top * scale, _passages[passage].Start, _passages[passage].Length));
            }
        }
    }

    private void Grow(int passages)
    {
        if (_mailCount == _mails.Length)
        {
            Array.Resize(ref _mails, _mails.Length * 2);
        }

        if (_passageCount + passages > _passages.Length)
        {
            var size = Math.Max(_passageCount + passages, _passages.Length + (_passages.Length / 2));
            Array.Resize(ref _passages, size);
            Array.Resize(ref _data, size * dimensions);
        }
    }

    [StructLayout(LayoutKind.Auto)]
    private struct Mail
    {
        public Guid Id;
        public long ReceivedAt;
        public int First;
        public int Count;
    }

    private readonly record struct Passage(float Scale, int Start, int Length);
}

/// <summary>Keeps the best of many.</summary>
internal sealed class NearestMails(int most)
{
    private readonly PriorityQueue<VectorHit, float> _queue = new();

    /// <summary>What a mail must exceed to be among them.</summary>
    public float Least { get; private set; } = float.MinValue;

    public void Offer(VectorHit hit)
    {
        if (_queue.Count < most)
        {
            _queue.Enqueue(hit, hit.Score);
        }
        else if (hit.Score > Least)
        {
            _queue.EnqueueDequeue(hit, hit.Score);
        }

        Least = _queue.Count < most ? float.MinValue : _queue.Peek().Score;
    }

    /// <summary>Best first.</summary>
    public List<VectorHit> Take() => [.. _queue.UnorderedItems.Select(i => i.Element).OrderByDescending(h => h.Score).ThenBy(h => h.MailId)];
}
