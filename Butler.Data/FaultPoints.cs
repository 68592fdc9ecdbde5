namespace Butler.Data;

/// <summary>
/// Named points between two side effects, where a fault test cuts a service off (MECHANICS 16). Each is reached in every
/// fault run, which prints the ones that were not.
/// </summary>
public interface IFaultPoints
{
    /// <summary>Passes a point; a test may never return from it.</summary>
    Task ReachAsync(string name);
}

/// <summary>Production: points do nothing.</summary>
public sealed class NoFaultPoints : IFaultPoints
{
    /// <inheritdoc />
    public Task ReachAsync(string name) => Task.CompletedTask;
}
