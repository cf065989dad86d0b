using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="Gcbc"/> can be told.</summary>
public sealed record GcbcOptions
{
    /// <summary>Networks, minibatches and steps.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>The options by name.</summary>
    public static OptionTable<GcbcOptions> Table { get; } =
        new OptionTable<GcbcOptions>("the algorithm gcbc", new())
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// Goal-conditioned behavioural cloning (Lynch et al. 2019, Ghosh et al. 2021): whatever was done before a state was
/// reached is taken for a way to reach it. No values: the least that can be learned from recorded trajectories.
/// <code>
///   L = −E[ log π(a_i | s_i, s_j) ]         j uniform after i on one trajectory
/// </code>
/// </summary>
static class Gcbc
{
    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    public static GoalAlgorithm Create(GoalProblem problem, GcbcOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        var sampler = new GoalSampler(data, options.Learning.Discount);
        var parameters = new ParameterSet();
        var input = new GoalInput(data, options.Learning.Normalise);
        var actor = new GoalActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss);
        return new GoalAlgorithm("gcbc", problem, updates, parameters, null, input, actor.Forward, null);

        void Draw(GoalBatch batch, int b, ref RandomSequence random)
        {
            int i = batch.Anchors[b] = sampler.Anchor(ref random);
            batch.ActorGoals[b] = sampler.Future(i, geometric: false, ref random);
        }

        Tensor Loss(GoalBatch batch)
        {
            Tensor output = actor.Forward(
                batch.Observations(batch.Anchors), batch.Representations(batch.ActorGoals));
            Tensor logProbability = actor.LogProbability(output, batch.Actions(batch.Anchors));
            return -batch.Note("log_probability", batch.Mean(logProbability));
        }
    }
}
