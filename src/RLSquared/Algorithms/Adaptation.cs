using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>
/// One gradient step of a policy towards a task, θ′ = θ − α ∇L(θ), where L is an <see cref="InnerLoss"/> of what was
/// played there. Training goes through it, evaluation and programs of your own do it.
/// </summary>
/// <param name="policy">The policy.</param>
/// <param name="kind">The loss.</param>
/// <param name="stepSize">α, where it is not learned.</param>
/// <param name="logStepSizes">log α of each tensor of weights, [1] each; empty where it is not learned.</param>
sealed class Adaptation(
    AdaptivePolicy policy, InnerLossKind kind, float stepSize, IReadOnlyList<Parameter> logStepSizes)
{
    /// <summary>The policy.</summary>
    public AdaptivePolicy Policy => policy;

    /// <summary>The adaptation that the options ask for; learned step sizes join the policy's parameters.</summary>
    public static Adaptation Of(AdaptivePolicy policy, MamlOptions options) => new(
        policy, options.InnerLoss, options.StepSize,
        options.LearnStepSize ? AddStepSizes(policy, options.StepSize) : []);

    static List<Parameter> AddStepSizes(AdaptivePolicy policy, float stepSize)
    {
        List<Parameter> added = [];
        foreach (Parameter weights in policy.Adapted)
        {
            Parameter own = policy.Parameters.Add($"step.{weights.Name}", new Shape(1));
            own.SetAll(MathF.Log(stepSize));
            added.Add(own);
        }
        return added;
    }

    /// <summary>
    /// Binds the policy's parameters on a tape to the weights after a step. Gradients of what comes later go through
    /// the step if it is differentiable.
    /// </summary>
    /// <param name="tape">Records; its bound weights are those that played.</param>
    /// <param name="plays">What was played, with advantages.</param>
    /// <param name="logProbability">log π of what was done, under the weights as they are, [T · K, 1].</param>
    /// <param name="differentiable">Whether gradients shall go through it.</param>
    public void Step(Tape tape, Plays plays, Tensor logProbability, bool differentiable)
    {
        Tensor weight = plays.Column(tape, plays.Active) * (1f / Math.Max(1, plays.Steps));
        Tensor loss = InnerLoss.Of(kind, logProbability, plays.Column(tape, plays.LogProbabilities),
            plays.Column(tape, plays.Advantages), weight, InnerLoss.Continues(plays, tape));
        Tensor[] weights = [.. policy.Adapted.Select(tape.Watch)], gradients = new Tensor[weights.Length];
        tape.Gradients(loss, weights, gradients, differentiable);
        for (int p = 0; p < weights.Length; p++)
        {
            Tensor step = logStepSizes.Count == 0 ? gradients[p] * stepSize
                : gradients[p] * tape.Watch(logStepSizes[p]).Exp();
            tape.Bind(policy.Adapted[p], weights[p] - step);
        }
    }

    /// <summary>The weights after a step as numbers, in the order of <see cref="AdaptivePolicy.Adapted"/>.</summary>
    /// <param name="tape">Is used and reset.</param>
    /// <param name="plays">What was played, with advantages.</param>
    /// <param name="weights">The weights that played; null for the policy's.</param>
    /// <param name="memory">Where the new weights are put.</param>
    public Tensor[] Move(Tape tape, Plays plays, Tensor[]? weights, Arena memory)
    {
        tape.Reset();
        tape.Recording = true;
        for (int p = 0; weights is not null && p < weights.Length; p++)
            tape.Bind(policy.Adapted[p], tape.Variable(weights[p]));
        Step(tape, plays, LogProbability(tape, plays), differentiable: false);
        var moved = new Tensor[policy.Adapted.Count];
        for (int p = 0; p < moved.Length; p++)
        {
            Tensor after = tape.Watch(policy.Adapted[p]);
            moved[p] = memory.Allocate(after.Shape);
            memory.Device.Copy(after, moved[p]);
        }
        tape.Reset();
        return moved;
    }

    /// <summary>log π of what was done, under the weights that the tape shows, [T · K, 1].</summary>
    public Tensor LogProbability(Tape tape, Plays plays) =>
        policy.Forward(tape, plays.Seen(tape), plays.Forbidden(tape)).LogProbability(plays.Taken(tape));

    /// <summary>
    /// Finds the advantages that an adaptation goes by: beyond a baseline, of mean 0 and deviation 1.
    /// </summary>
    /// <param name="plays">What was played on one task.</param>
    /// <param name="baseline">Is fitted to it.</param>
    /// <param name="discount">γ.</param>
    /// <param name="lambda">λ.</param>
    public static void Judge(Plays plays, LinearBaseline baseline, float discount, float lambda)
    {
        double least = baseline.Judge(plays, discount, lambda);
        int count = plays.T * plays.K;
        Advantages.Standardise(plays.Advantages.AsSpan(0, count), plays.Active.AsSpan(0, count), least);
    }
}
