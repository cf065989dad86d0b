using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>The losses of a minibatch, or of several on average.</summary>
readonly record struct MlshLosses(double Policy, double Value, double Entropy, double Kl, double Clipped, double Loss)
{
    public static MlshLosses operator +(MlshLosses a, MlshLosses b) => new(a.Policy + b.Policy, a.Value + b.Value,
        a.Entropy + b.Entropy, a.Kl + b.Kl, a.Clipped + b.Clipped, a.Loss + b.Loss);

    public static MlshLosses operator /(MlshLosses a, double by) =>
        new(a.Policy / by, a.Value / by, a.Entropy / by, a.Kl / by, a.Clipped / by, a.Loss / by);

    /// <summary>The loss of proximal policy optimisation on some rows of a view: of a master or of a skill.</summary>
    /// <param name="now">What the policy does there by now.</param>
    /// <param name="values">What it takes them to be worth, [M, 1].</param>
    /// <param name="batch">The rows.</param>
    /// <param name="view">Where they are from, with standardised advantages.</param>
    /// <param name="weight">Of each row; they add up to 1 over a minibatch.</param>
    /// <param name="options">Limits and weights.</param>
    /// <param name="entropyWeight">Weight of the entropy.</param>
    public static (Tensor Loss, MlshLosses Figures) Of(
        PolicyDistribution now, Tensor values, in TrialBatch batch, Rollout view, float weight, MlshOptions options,
        float entropyWeight)
    {
        Tensor weights = batch.Pick(view.Active) * weight;                                  // all [M, 1]
        Tensor logRatio = now.LogProbability(batch.Taken()) - batch.Pick(view.LogProbabilities);
        Tensor ratio = logRatio.Exp();                                                      // π(a) / π_old(a)
        Tensor policyLoss = ClippedSurrogate.Loss(ratio, batch.Pick(view.Advantages), weights, options.Clip);
        Tensor valueLoss = ClippedValue.Loss(
            values, batch.Pick(view.Values), batch.Pick(view.Returns), weights, options.ValueClip);
        Tensor entropy = (now.Entropy() * weights).Sum();
        Tensor loss = policyLoss + valueLoss * options.ValueWeight - entropy * entropyWeight;
        return (loss, new MlshLosses(policyLoss.Item, valueLoss.Item, entropy.Item,
            ClippedSurrogate.Kl(ratio.Span, logRatio.Span, weights.Span),
            ClippedSurrogate.ClippedShare(ratio.Span, weights.Span, options.Clip), loss.Item));
    }
}
