using RLSquared.Tasks;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Objectives;

/// <summary>
/// Brings rewards to scale, so that one value loss and one learning rate suit rewards of every size:
/// <code>
///   G_t = γ·G_{t−1} + r_t, 0 at the beginning of an episode;   r ← clamp(r / σ, ±10)
/// </code>
/// with σ the deviation of all G so far.
/// </summary>
sealed class ReturnScale : IDisposable
{
    const float MostReward = 10;                            // of a scaled reward, on either side

    readonly float discount;
    readonly float[] noted;                                 // the G of the steps of one call

    /// <summary>A scale that knows no returns yet.</summary>
    /// <param name="discount">γ.</param>
    /// <param name="most">The most steps that are added at once.</param>
    public ReturnScale(float discount, int most) => (this.discount, noted) = (discount, new float[most]);

    /// <summary>The moments of G, for checkpoints.</summary>
    public RunningMoments Moments { get; } = new();

    /// <summary>Below which deviation advantages of rewards that were not scaled are noise.</summary>
    public double LeastDeviation =>
        Advantages.LeastDeviation(Moments.Mean[0], Math.Sqrt(Moments.Variance[0]));

    /// <summary>Adds the returns of steps.</summary>
    /// <param name="rewards">r, [T, N].</param>
    /// <param name="endings">What ended with each step, [T, N].</param>
    /// <param name="active">1 for what counts, 0 for padding, [T, N].</param>
    /// <param name="sums">G of each lane before these steps and after them, [N].</param>
    public void Add(
        ReadOnlySpan<float> rewards, ReadOnlySpan<Endings> endings, ReadOnlySpan<float> active, Span<float> sums)
    {
        int count = 0;
        for (int i = 0; i < rewards.Length; i++)
        {
            ref float sum = ref sums[i % sums.Length];
            sum = discount * sum + rewards[i];
            if (active[i] != 0)
                noted[count++] = sum;
            if ((endings[i] & (Endings.EpisodeEnded | Endings.TrialEnded)) != 0)
                sum = 0;
        }
        Moments.Add(noted.AsSpan(0, count));
    }

    /// <summary>Brings rewards to scale.</summary>
    /// <param name="rewards">Is changed in place.</param>
    public void Apply(Span<float> rewards)
    {
        double deviation = Spread.AtLeastRounding(Math.Sqrt(Moments.Variance[0]), Moments.Mean[0]);
        float scale = (float)(1 / deviation);
        foreach (ref float reward in rewards)
            reward = Math.Clamp(reward * scale, -MostReward, MostReward);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => Moments.Dispose();
}
