using RLSquared.Experience;
using RLSquared.Tensors;

namespace RLSquared.Objectives;

/// <summary>
/// What an adaptation descends: a loss whose gradient at the weights that played is the policy gradient
/// −E[ Σ ∇ log π(a) A ]. The kinds have the same gradient there, and differ in the derivative of that gradient, which
/// the outer loss goes through.
/// </summary>
public enum InnerLossKind
{
    /// <summary>
    /// L = −Σ w A log π, differentiated as it stands, as the program of MAML does (Finn et al. 2017). Its second
    /// derivative leaves out that other weights would have played other actions. Where the samples are kept as they
    /// are, as in E-MAML, that is right; as a derivative of the expected gradient it is biased.
    /// </summary>
    Published,

    /// <summary>
    /// L = −Σ w A π/π_old: the likelihood ratio of each action (Rothfuss et al. 2019, 'low variance curvature'). The
    /// derivative of the expected gradient without bias where an episode is a single step; in longer ones the terms
    /// between different steps are left out, and with them most of the variance.
    /// </summary>
    LikelihoodRatio,

    /// <summary>
    /// The likelihood ratio of an action and of all before it in its episode, DiCE (Foerster et al. 2018; with
    /// advantages, Farquhar et al. 2019): no bias in any derivative, and the most variance.
    /// </summary>
    Dice,
}

/// <summary>The inner losses; see <see cref="InnerLossKind"/>.</summary>
static class InnerLoss
{
    /// <summary>The loss, one number.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="logProbability">log π of what was done, [T · K, 1].</param>
    /// <param name="oldLogProbability">The same under the weights that played, a constant.</param>
    /// <param name="advantage">A, [T · K, 1].</param>
    /// <param name="weight">w, [T · K, 1]: 0 for padding.</param>
    /// <param name="continues">1 where a step goes on with the episode of the step before it, [T, K]; for DiCE.</param>
    public static Tensor Of(
        InnerLossKind kind, Tensor logProbability, Tensor oldLogProbability, Tensor advantage, Tensor weight,
        Tensor continues)
    {
        Tensor weighted = advantage * weight;
        if (kind == InnerLossKind.Published)
            return -(logProbability * weighted).Sum();
        Tensor logRatio = logProbability - oldLogProbability;
        if (kind == InnerLossKind.LikelihoodRatio)
            return -(logRatio.Exp() * weighted).Sum();

        // Σ_t (ρ_0 ⋯ ρ_t − ρ_0 ⋯ ρ_{t−1}) A_t: all ratios are 1 where nothing has moved, and their derivatives are not.
        Tensor untilNow = logRatio.Reshape(continues.Shape).Accumulate(continues).Reshape(logRatio.Shape);
        Tensor before = untilNow - logRatio;
        return -((untilNow.Exp() - before.Exp()) * weighted).Sum();
    }

    /// <summary>1 where a step goes on with the episode of the step before it, [T, K].</summary>
    /// <param name="plays">What was played.</param>
    /// <param name="tape">Whose constant it becomes.</param>
    public static Tensor Continues(Plays plays, Tape tape)
    {
        int K = plays.K, count = plays.T * K;
        Tensor continues = tape.Arena.Zeros(new Shape(plays.T, K));
        Span<float> numbers = continues.Span;
        for (int i = K; i < count; i++)
            numbers[i] = 1 - plays.Ends[i - K];
        return tape.Constant(continues);
    }
}
