using RLSquared.Tensors;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Objectives;

/// <summary>
/// How a value is fitted to returns: by squared error, in units of the returns' running deviation, so that one step
/// size does for rewards of every size.
/// </summary>
static class ValueFit
{
    /// <summary>(R − mean) / deviation: what the network's output should be.</summary>
    /// <param name="returns">R, [M, 1].</param>
    /// <param name="moments">The running moments of the returns.</param>
    public static Tensor Target(Tensor returns, ExponentialMoments moments) =>
        (returns - moments.Mean) * (1 / moments.StandardDeviation);

    /// <summary>Σ w · (v − target)².</summary>
    /// <param name="values">v, the network's output, of as many elements as the target.</param>
    /// <param name="target">[M, 1].</param>
    /// <param name="weight">w, [M, 1]: 0 for padding, and Σ w = 1 over a minibatch.</param>
    public static Tensor Loss(Tensor values, Tensor target, Tensor weight) =>
        ((values - target).Square() * weight).Sum();
}
