using System.Collections.Concurrent;

namespace Butler.Sandbox.Models;

/// <summary>What one endpoint did so far.</summary>
/// <param name="Calls">Finished calls.</param>
/// <param name="ByStatus">The same by HTTP status; 0: cut or left without an answer.</param>
/// <param name="Faults">Calls that met a fault, by its kind.</param>
/// <param name="InputTokens">Tokens of the requests that were answered with 200.</param>
/// <param name="OutputTokens">Tokens of their answers.</param>
/// <param name="EmbeddedInputs">Texts that were embedded.</param>
/// <param name="Open">Calls under way.</param>
/// <param name="Peak">Most calls under way at once.</param>
public sealed record EndpointFigures(
    long Calls, IReadOnlyDictionary<int, long> ByStatus, IReadOnlyDictionary<string, long> Faults, long InputTokens, long OutputTokens, long EmbeddedInputs, int Open, int Peak);

/// <summary>A call that was made, as tests look at it.</summary>
/// <param name="Endpoint">Which endpoint.</param>
/// <param name="Operation"><c>chat</c>, <c>messages</c>, <c>embeddings</c> or <c>models</c>.</param>
/// <param name="Status">The HTTP status; 0: cut.</param>
/// <param name="Body">The request's body.</param>
/// <param name="Headers">The request's headers; keys of the vendors are left out.</param>
public sealed record ModelCall(string Endpoint, string Operation, int Status, string Body, IReadOnlyDictionary<string, string> Headers);

/// <summary>Counters by endpoint: <c>openai</c>, <c>anthropic</c>, or the first part of an OpenAI-compatible base path.</summary>
public sealed class ModelStats(ModelsOptions options)
{
    private readonly ConcurrentDictionary<string, Counters> _endpoints = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<ModelCall> _calls = new();

    /// <summary>All endpoints that were called.</summary>
    public IReadOnlyDictionary<string, EndpointFigures> All => _endpoints.ToDictionary(e => e.Key, e => e.Value.Read());

    /// <summary>The newest calls, oldest first.</summary>
    public IReadOnlyList<ModelCall> Calls => [.. _calls];

    /// <summary>One endpoint's figures; zeros when it was never called.</summary>
    public EndpointFigures Of(string endpoint) => _endpoints.TryGetValue(endpoint, out var counters) ? counters.Read() : new Counters().Read();

    /// <summary>Forgets everything but the calls under way.</summary>
    public void Reset()
    {
        foreach (var counters in _endpoints.Values)
        {
            counters.Reset();
        }

        _calls.Clear();
    }

    internal void Enter(string endpoint) => Get(endpoint).Enter();

    internal void Fault(string endpoint, ModelFaultKind kind) => Get(endpoint).Fault(kind);

    internal void Answered(string endpoint, int input, int output, int embedded) => Get(endpoint).Answered(input, output, embedded);

    internal void Leave(ModelCall call)
    {
        Get(call.Endpoint).Leave(call.Status);
        if (options.KeepCalls > 0)
        {
            _calls.Enqueue(call);
            while (_calls.Count > options.KeepCalls && _calls.TryDequeue(out _))
            {
            }
        }
    }

    private Counters Get(string endpoint) => _endpoints.GetOrAdd(endpoint, static _ => new Counters());

    private sealed class Counters
    {
        private readonly Lock _gate = new();
        private readonly SortedDictionary<int, long> _byStatus = [];
        private readonly SortedDictionary<string, long> _faults = new(StringComparer.Ordinal);
        private long _calls;
        private long _input;
        private long _output;
        private long _embedded;
        private int _open;
        private int _peak;

        public void Enter()
        {
            lock (_gate)
            {
                _peak = Math.Max(_peak, ++_open);
            }
        }

        public void Leave(int status)
        {
            lock (_gate)
            {
                _open--;
                _calls++;
                _byStatus[status] = _byStatus.GetValueOrDefault(status) + 1;
            }
        }

        public void Fault(ModelFaultKind kind)
        {
            lock (_gate)
            {
                var name = kind.ToString();
                _faults[name] = _faults.GetValueOrDefault(name) + 1;
            }
        }

        public void Answered(int input, int output, int embedded)
        {
            lock (_gate)
            {
                _input += input;
                _output += output;
                _embedded += embedded;
            }
        }

        public void Reset()
        {
            lock (_gate)
            {
                _byStatus.Clear();
                _faults.Clear();
                (_calls, _input, _output, _embedded, _peak) = (0, 0, 0, 0, _open);
            }
        }

        public EndpointFigures Read()
        {
            lock (_gate)
            {
                return new(_calls, new Dictionary<int, long>(_byStatus), new Dictionary<string, long>(_faults), _input, _output, _embedded, _open, _peak);
            }
        }
    }
}
