using System.Numerics.Tensors;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// What an agent believes about one Markov decision process. Each row of transition probabilities is Dirichlet, from
/// the flat prior on: after n seen transitions, m of them to s', the parameter of s' is 1 + m and its posterior mean
/// (1 + m) / (S + n). Each mean reward is normal, from a prior with variance 1 on; rewards have noise of variance 1, so
/// after n rewards it has the variance 1 / (1 + n). All tables lie as <see cref="MdpLayout"/> says.
/// </summary>
internal sealed class MdpBelief
{
    readonly MdpLayout layout;
    readonly float priorMean;
    readonly float[] counts;            // [S', A, W]: the Dirichlet parameters
    readonly float[] totals;            // [A, W]: their sums over next states
    readonly float[] transitions;       // [S', A, W]: the posterior mean of the probabilities
    readonly float[] means;             // [A, W]: the posterior mean of the rewards' means
    readonly float[] weights;           // [A, W]: 1 + rewards seen

    public MdpBelief(MdpLayout layout, double priorMean)
    {
        (this.layout, this.priorMean) = (layout, (float)priorMean);
        counts = new float[layout.Cells];
        totals = new float[layout.Pairs];
        transitions = new float[layout.Cells];
        means = new float[layout.Pairs];
        weights = new float[layout.Pairs];
    }

    /// <summary>The posterior mean of the transition probabilities, [S', A, W].</summary>
    public ReadOnlySpan<float> Transitions => transitions;

    /// <summary>The posterior mean of the mean rewards, [A, W].</summary>
    public ReadOnlySpan<float> Means => means;

    /// <summary>One more than the visits of each pair, [A, W]: the precision of its mean reward.</summary>
    public ReadOnlySpan<float> Weights => weights;

    /// <summary>S more than the seen transitions of each pair, [A, W].</summary>
    public ReadOnlySpan<float> Totals => totals;

    /// <summary>Forgets everything.</summary>
    public void Begin()
    {
        Array.Fill(counts, 1);
        Array.Fill(totals, layout.States);
        Array.Fill(transitions, 1f / layout.States);
        Array.Fill(means, priorMean);
        Array.Fill(weights, 1);
    }

    /// <summary>Learns from a reward.</summary>
    public void SeeReward(int state, int action, float reward)
    {
        int pair = layout.Pair(state, action);
        means[pair] += (reward - means[pair]) / ++weights[pair];
    }

    /// <summary>Learns from a transition.</summary>
    public void SeeTransition(int state, int action, int next)
    {
        int pair = layout.Pair(state, action);
        counts[next * layout.Pairs + pair]++;
        float scale = 1 / ++totals[pair];
        for (int place = pair; place < counts.Length; place += layout.Pairs)
            transitions[place] = counts[place] * scale;
    }

    /// <summary>Draws mean rewards from the posterior.</summary>
    /// <param name="random">Where the draws come from.</param>
    /// <param name="rewards">Receives them, [A, W].</param>
    public void SampleRewards(ref RandomSequence random, Span<float> rewards)
    {
        const double word = 1.0 / (1UL << 32);
        double spare = 0;
        bool hasSpare = false;
        for (int first = 0; first < layout.Pairs; first += layout.Width)
        {
            for (int pair = first; pair < first + layout.States; pair++)
            {
                double normal = spare;
                if (hasSpare = !hasSpare)           // Box and Muller; both numbers of a pair are used
                {
                    double radius = Math.Sqrt(-2 * Math.Log((random.NextWord() + 0.5) * word));
                    (double sine, double cosine) = Math.SinCos(2 * Math.PI * word * random.NextWord());
                    (normal, spare) = (radius * cosine, radius * sine);
                }
                rewards[pair] = means[pair] + (float)normal / MathF.Sqrt(weights[pair]);
            }
        }
    }

    /// <summary>Draws transition probabilities from the posterior: gamma variables over their sums.</summary>
    /// <param name="random">Where the draws come from.</param>
    /// <param name="probabilities">Receives them, [S', A, W]; its padding must be between 0 and 1 at first.</param>
    /// <param name="large">Scratch, [S'·A·W].</param>
    /// <param name="scales">Scratch, [A, W].</param>
    public void SampleTransitions(
        ref RandomSequence random, Span<float> probabilities, Span<int> large, Span<float> scales)
    {
        // A gamma variable with a small whole parameter is −ln of a product of so many uniforms, and the logarithms of
        // all entries are taken at once. The few with a larger parameter are drawn one by one.
        const float mostFactors = 8, unit = 1f / (1 << 24);
        int found = 0;
        for (int first = 0; first < probabilities.Length; first += layout.Width)
        {
            for (int place = first; place < first + layout.States; place++)
            {
                float count = counts[place], product = ((random.NextWord() >> 8) + 0.5f) * unit;
                if (count > mostFactors)
                    large[found++] = place;
                else
                {
                    for (; count > 1; count--)
                        product *= ((random.NextWord() >> 8) + 0.5f) * unit;
                }
                probabilities[place] = product;
            }
        }
        TensorPrimitives.Log<float>(probabilities, probabilities);
        foreach (int place in large[..found])
            probabilities[place] = -(float)random.NextGamma(counts[place]);

        int pairs = layout.Pairs;
        probabilities[..pairs].CopyTo(scales);
        for (int first = pairs; first < probabilities.Length; first += pairs)
            TensorPrimitives.Add<float>(scales, probabilities.Slice(first, pairs), scales);
        TensorPrimitives.Divide(1, scales, scales);
        for (int first = 0; first < probabilities.Length; first += pairs)
        {
            Span<float> row = probabilities.Slice(first, pairs);
            TensorPrimitives.Multiply<float>(row, scales, row);
        }
    }
}
