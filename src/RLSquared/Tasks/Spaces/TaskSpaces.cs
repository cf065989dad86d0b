namespace RLSquared.Tasks;

/// <summary>
/// All that a network must know of a task to be built for it: what it sees, what it decides, and for how long. A
/// checkpoint carries it, so that a trained policy can be used where the task's own class is not.
/// </summary>
public sealed record TaskSpaces
{
    /// <summary>The task's name, for messages.</summary>
    public required string Task { get; init; }

    /// <summary>What an agent sees at each step.</summary>
    public required ObservationSpace Observation { get; init; }

    /// <summary>What an agent decides at each step.</summary>
    public required ActionSpace Action { get; init; }

    /// <summary>Whether some options are at times not allowed.</summary>
    public bool Masks { get; init; }

    /// <summary>The most steps of one trial, T.</summary>
    public required int TrialLength { get; init; }

    /// <summary>Numbers in which the simulator can tell a value what no agent sees, P; a policy needs none.</summary>
    public int PrivilegedWidth { get; init; }
}
