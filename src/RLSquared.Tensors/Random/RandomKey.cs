namespace RLSquared.Tensors.Random;

/// <summary>What a random draw is for. Draws of different purposes are independent.</summary>
public enum RandomPurpose : uint
{
    /// <summary>Initial weights.</summary>
    Weights = 1,
    /// <summary>Which task a trial plays.</summary>
    Task = 2,
    /// <summary>What the environment draws while it is played: rewards, transitions.</summary>
    Environment = 3,
    /// <summary>What an agent draws: actions, posterior samples.</summary>
    Agent = 4,
    /// <summary>The order of trials in minibatches.</summary>
    Minibatch = 5,
    /// <summary>Whatever a test or a sample needs.</summary>
    Other = 6,
    /// <summary>The numbers of an agent's actions, which take several draws each.</summary>
    AgentNumbers = 7,
}

/// <summary>
/// The place of a random draw: (seed, purpose, trial). Together with a step and an index it names every draw of a run,
/// so that no draw depends on the number of threads or on the order in which lanes are visited.
/// </summary>
/// <param name="Seed">The seed of the run or of the evaluation.</param>
/// <param name="Purpose">What the draw is for.</param>
/// <param name="Trial">The number of the trial, unique within the run.</param>
public readonly record struct RandomKey(ulong Seed, RandomPurpose Purpose, ulong Trial)
{
    /// <summary>Four random words for one step; the index tells several draws of one step apart (below 2²⁴).</summary>
    public (uint X0, uint X1, uint X2, uint X3) Words(uint step, uint index = 0) =>
        Philox.Draw(Seed, step, (uint)Trial, (uint)(Trial >> 32), ((uint)Purpose << 24) | index);

    /// <summary>A number uniform on [0, 1), a multiple of 2⁻²⁴.</summary>
    public float Uniform(uint step, uint index = 0) => (Words(step, index).X0 >> 8) * (1f / (1 << 24));

    /// <summary>A stream of as many draws as one step needs, for samplers that reject (normal, gamma, beta).</summary>
    public RandomSequence Sequence(uint step) => new(this, step);

    /// <summary>The same trial and seed, for another purpose.</summary>
    public RandomKey For(RandomPurpose purpose) => this with { Purpose = purpose };
}
