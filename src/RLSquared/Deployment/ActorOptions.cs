using RLSquared.Settings;

namespace RLSquared.Deployment;

/// <summary>How a trained policy acts in your own program.</summary>
public sealed record ActorOptions
{
    /// <summary>
    /// Trials that are played side by side, N, such as the characters of a game; at least 1. They share the weights and
    /// act together, which costs far less than one after the other.
    /// </summary>
    public int Lanes { get; init => field = Require.AtLeast("lanes", value, 1); } = 1;

    /// <summary>
    /// Whether the likeliest option and the mean of each number are taken. Off: what is done is drawn from the policy,
    /// as in training and in every reported figure; such an agent explores as it has learned to.
    /// </summary>
    public bool Greedy { get; init; }

    /// <summary>The seed of what is drawn: the same seed, trials and percepts give the same actions.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// The number of lane 0's first trial; lane i begins with trial <see cref="FirstTrial"/> + i. What is drawn depends
    /// on the seed, the number of the trial and that of the step alone.
    /// </summary>
    public ulong FirstTrial { get; init; }

    /// <summary>
    /// The most steps of a trial, at least 1; null for as many as in training. Only a network that sees the time to go
    /// looks at it: of a trial that goes on for longer, it believes at each further step that it is the last one. Name
    /// a length if your trials are longer.
    /// </summary>
    public int? TrialLength
    {
        get;
        init => field = value is { } length ? Require.AtLeast("trial-length", length, 1) : null;
    }
}
