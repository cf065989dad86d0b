using RLSquared.Datasets;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="Sgt"/> can be told.</summary>
public sealed record SgtOptions
{
    /// <summary>Networks, minibatches and steps.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>
    /// M, the states of the set that are tried as a middle of each way. Few: a good middle is rarely among them; many:
    /// nearer to the maximum over all, also in errors, and slow.
    /// </summary>
    public int Subgoals { get; init => field = Require.Within("subgoals", value, 1, 256); } = 8;

    /// <summary>α, the weight of staying near the recorded actions. Low trusts the value, high copies.</summary>
    public float Behaviour { get; init => field = Require.AtLeast("behaviour", value, 0); } = 0.1f;

    /// <summary>The share of the policy's goals that are any row, 0 to 1; the rest lie ahead of the anchor.</summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>The options by name.</summary>
    public static OptionTable<SgtOptions> Table { get; } =
        new OptionTable<SgtOptions>("the algorithm sgt", new())
            .Integer("subgoals", "states that are tried as a middle of each way",
                options => options.Subgoals, (options, value) => options with { Subgoals = value },
                low: "a good one is rarely among them", high: "slow, and errors are taken for good")
            .Number("behaviour", "α: weight of staying near the recorded actions",
                options => options.Behaviour, (options, value) => options with { Behaviour = value },
                low: "trusts the value", high: "does what was recorded")
            .Number("actor-random", "share of the policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "only goals that were reached", high: "acts by the value alone")
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// Sub-goal trees (Jurgenson et al. 2020), the dynamic programming form: single steps are known, and every longer way
/// is the best of two ways over a middle, which may be any state of the set. <see cref="TransitiveRl"/> without its two
/// restraints: middles from the same trajectory, and an expectile instead of the maximum.
/// <code>
///   y = γ                                              where g is the next row
///   y = max over M rows m of  Q̄(s, a, s_m) · Q̄(s_m, a_m, g)         else; g any row, Q̄ the least of the members
/// </code>
/// The original has values of states and plans over them; here it is Q with the recorded actions, and the policy of the
/// other rivals. Half of the goals are next rows.
/// </summary>
static class Sgt
{
    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    public static GoalAlgorithm Create(GoalProblem problem, SgtOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        var input = new GoalInput(data, options.Learning.Normalise);
        float gamma = options.Learning.Discount;
        var sampler = new GoalSampler(data, gamma);
        var actorGoals = new GoalRule(0, options.ActorRandom, Geometric: false);
        ParameterSet parameters = new(), following = new();
        int question = 2 * input.StateWidth + input.ActionWidth;
        var critics = new GoalCritics(parameters, "critic", question, options.Learning.Network(), seed);
        var targets = new GoalCritics(following, "critic", question, options.Learning.Network(), seed);
        var actor = new GoalActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        Func<Tensor, Tensor> climbed = input.Action.IsDiscrete ? critics.Mean : critics.Least;
        Following.Begin(following, critics.Group);
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss,
            () => Following.Step(following, critics.Group, options.Learning.Follow), options.Subgoals);
        return new GoalAlgorithm("sgt", problem, updates, parameters, following, input, actor.Forward,
            (state, goal) => critics.Mean(Tensor.Concatenate(state, goal, actor.Best(state, goal))));

        void Draw(GoalBatch batch, int b, ref RandomSequence random)
        {
            int i = batch.Anchors[b] = sampler.Anchor(ref random);
            batch.Goals[b] = random.NextUniform() < 0.5 ? i + 1 : random.NextInt(data.Rows);
            foreach (int[] subgoals in batch.Subgoals)
                subgoals[b] = sampler.Anchor(ref random);
            batch.ActorGoals[b] = sampler.Goal(actorGoals, i, ref random);
        }

        Tensor Loss(GoalBatch batch)
        {
            Tensor state = batch.Observations(batch.Anchors), action = batch.Actions(batch.Anchors);
            Tensor goal = batch.Observations(batch.Goals), target = Target(batch, data, targets, gamma);
            Tensor loss = GoalObjectives.Fit(batch, critics, Tensor.Concatenate(state, goal, action), target);
            critics.Hold(batch.Tape);
            Tensor wanted = batch.Observations(batch.ActorGoals);
            return loss + batch.Note("actor_loss", GoalExtraction.Climb(batch, actor, state,
                batch.Representations(batch.ActorGoals), action, options.Behaviour,
                question => climbed(GoalExtraction.AskOf(question, state, wanted, input.ActionWidth))));
        }
    }

    /// <summary>y: γ for the next row, else the best product over the middles, [B, 1].</summary>
    /// <param name="batch">Its anchors, goals and middles.</param>
    /// <param name="data">The set.</param>
    /// <param name="targets">The networks that follow.</param>
    /// <param name="gamma">γ.</param>
    internal static Tensor Target(GoalBatch batch, GoalDataset data, GoalCritics targets, float gamma)
    {
        Tensor state = batch.Observations(batch.Anchors), action = batch.Actions(batch.Anchors);
        Tensor goal = batch.Observations(batch.Goals), best = default;
        foreach (int[] subgoals in batch.Subgoals)
        {
            Tensor middle = batch.Observations(subgoals);
            Tensor product = targets.Least(Tensor.Concatenate(state, middle, action))
                * targets.Least(Tensor.Concatenate(middle, goal, batch.Actions(subgoals)));
            best = ReferenceEquals(subgoals, batch.Subgoals[0]) ? product : Tensor.Max(best, product);
        }
        return GoalSteps.KnownOneAway(batch, data, best, gamma);
    }
}
