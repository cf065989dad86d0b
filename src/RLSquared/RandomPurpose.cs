using RLSquared.Tensors.Random;

namespace RLSquared;

/// <summary>What a random draw is for (<see cref="RandomKey.Purpose"/>). Draws of different purposes are
/// independent.</summary>
public static class RandomPurpose
{
    /// <summary>Initial weights.</summary>
    public const uint Weights = RandomKey.Weights;

    /// <summary>Which task a trial plays; the same in every play of it (<see cref="RandomKey.Play"/>).</summary>
    public const uint Task = RandomKey.SameInEveryPlay;

    /// <summary>What the environment draws while it is played: rewards, transitions.</summary>
    public const uint Environment = 3;

    /// <summary>What an agent draws: actions, posterior samples.</summary>
    public const uint Agent = 4;

    /// <summary>The order of trials in minibatches.</summary>
    public const uint Minibatch = 5;

    /// <summary>Whatever a test or a sample needs.</summary>
    public const uint Other = 6;

    /// <summary>The numbers of an agent's actions, which take several draws each.</summary>
    public const uint AgentNumbers = 7;

    /// <summary>The trajectories of a dataset that a task makes itself.</summary>
    public const uint Data = 8;
}
