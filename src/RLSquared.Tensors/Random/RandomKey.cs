namespace RLSquared.Tensors.Random;

/// <summary>
/// The place of a random draw: (seed, purpose, trial). Together with a step and an index it names every draw of a run,
/// so that no draw depends on the number of threads or on the order in which lanes are visited.
/// </summary>
/// <param name="Seed">The seed of the run or of the evaluation.</param>
/// <param name="Purpose">
/// What the draw is for, as a number below 256: draws of different purposes are independent. Initial weights have
/// <see cref="Weights"/>; who uses the library names the others.
/// </param>
/// <param name="Trial">
/// The number of the trial, unique within the run; below 2⁵², unless the trial is played more than once
/// (<see cref="Play"/>).
/// </param>
public readonly record struct RandomKey(ulong Seed, uint Purpose, ulong Trial)
{
    /// <summary>The purpose of initial weights.</summary>
    public const uint Weights = 1;

    /// <summary>The purpose of what is the same in every play of a trial: the task that it plays.</summary>
    public const uint SameInEveryPlay = 2;

    /// <summary>The most plays of a trial.</summary>
    public const int MostPlays = 1 << (64 - TrialBits);

    const int TrialBits = 52;

    /// <summary>
    /// The number of one play of a trial: its draws are independent of those of other plays, but for those of
    /// <see cref="SameInEveryPlay"/>. Play 0 has the number of the trial.
    /// </summary>
    /// <param name="trial">The number of the trial, below 2⁵².</param>
    /// <param name="play">The number of the play, from 0 to below <see cref="MostPlays"/>.</param>
    public static ulong Play(ulong trial, int play)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(play);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(play, MostPlays);
        return trial | ((ulong)play << TrialBits);
    }

    /// <summary>Four random words for one step; the index tells several draws of one step apart (below 2²⁴).</summary>
    public (uint X0, uint X1, uint X2, uint X3) Words(uint step, uint index = 0) =>
        Philox.Draw(Seed, step, (uint)Trial, (uint)(Stream >> 32), (Purpose << 24) | index);

    ulong Stream => Purpose == SameInEveryPlay ? Trial & ((1UL << TrialBits) - 1) : Trial;

    /// <summary>A number uniform on [0, 1), a multiple of 2⁻²⁴.</summary>
    public float Uniform(uint step, uint index = 0) => (Words(step, index).X0 >> 8) * (1f / (1 << 24));

    /// <summary>A stream of as many draws as one step needs, for samplers that reject (normal, gamma, beta).</summary>
    public RandomSequence Sequence(uint step) => new(this, step);

    /// <summary>The same trial and seed, for another purpose.</summary>
    public RandomKey For(uint purpose) => this with { Purpose = purpose };
}
