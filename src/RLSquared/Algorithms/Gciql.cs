using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="Gciql"/> can be told.</summary>
public sealed record GciqlOptions
{
    /// <summary>Networks, minibatches and steps.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>κ: near 0.5 the mean over recorded actions, near 1 the best of them. 0.9 as published.</summary>
    public float Expectile { get; init => field = Require.Between("expectile", value, 0.5f, 1); } = 0.9f;

    /// <summary>
    /// α, the weight of staying near the recorded actions. Low: trusts the value, also where no data are; high: does
    /// what was recorded. 0.003 as published.
    /// </summary>
    public float Behaviour { get; init => field = Require.AtLeast("behaviour", value, 0); } = 0.003f;

    /// <summary>
    /// The share of the policy's goals that are any row, 0 to 1. 0, as published: only goals that were reached; 0.5:
    /// for data to be stitched.
    /// </summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>The options by name.</summary>
    public static OptionTable<GciqlOptions> Table { get; } =
        new OptionTable<GciqlOptions>("the algorithm gciql", new())
            .Number("expectile", "κ: how far a value is drawn towards the best recorded action",
                options => options.Expectile, (options, value) => options with { Expectile = value },
                low: "the mean of recorded actions", high: "the best of them")
            .Number("behaviour", "α: weight of staying near the recorded actions",
                options => options.Behaviour, (options, value) => options with { Behaviour = value },
                low: "trusts the value", high: "does what was recorded")
            .Number("actor-random", "share of the policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "0 as published", high: "0.5 for data to be stitched")
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// Goal-conditioned implicit Q-learning (Kostrikov et al. 2022): V is the upper expectile of Q over recorded actions, Q
/// the one-step backup of V, so that no action is asked about that was not recorded.
/// <code>
///   L_V = E[ |κ − 1(Q̄ &lt; V)| (Q̄(s, a, g) − V(s, g))² ]
///   L_Q = E[ (r + γ V(s′, g) − Q(s, a, g))² ]         r = −1 until the goal is reached
/// </code>
/// </summary>
static class Gciql
{
    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    public static GoalAlgorithm Create(GoalProblem problem, GciqlOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        var input = new GoalInput(data, options.Learning.Normalise);
        float gamma = options.Learning.Discount;
        var sampler = new GoalSampler(data, gamma);
        var actorGoals = new GoalRule(0, options.ActorRandom, Geometric: false);
        ParameterSet parameters = new(), following = new();
        int question = input.StateWidth + input.GoalWidth;
        var value = new GoalCritics(parameters, "value", question, options.Learning.Network(), seed, members: 1);
        var critics = new GoalCritics(
            parameters, "critic", question + input.ActionWidth, options.Learning.Network(), seed);
        var targets = new GoalCritics(
            following, "critic", question + input.ActionWidth, options.Learning.Network(), seed);
        var actor = new GoalActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        Func<Tensor, Tensor> climbed = critics.LeastLogits;
        Following.Begin(following, critics.Group);
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss,
            () => Following.Step(following, critics.Group, options.Learning.Follow));
        return new GoalAlgorithm("gciql", problem, updates, parameters, following, input, actor.Forward,
            (state, goal) => value.Logits(0, Tensor.Concatenate(state, goal)));

        void Draw(GoalBatch batch, int b, ref RandomSequence random)
        {
            int i = batch.Anchors[b] = sampler.Anchor(ref random);
            batch.Goals[b] = sampler.Goal(GoalSteps.Goals, i, ref random);
            batch.ActorGoals[b] = sampler.Goal(actorGoals, i, ref random);
        }

        Tensor Loss(GoalBatch batch)
        {
            (Tensor reward, Tensor discount) = GoalSteps.Of(batch, gamma);                                // [B, 1]
            Tensor state = batch.Observations(batch.Anchors), after = batch.Observations(GoalSteps.After(batch));
            Tensor goal = batch.Representations(batch.Goals), action = batch.Actions(batch.Anchors);
            Tensor question = Tensor.Concatenate(state, goal, action);

            Tensor values = value.Logits(0, Tensor.Concatenate(state, goal));
            Tensor loss = batch.Note("value_loss", batch.Mean(
                GoalObjectives.ExpectileLoss(values, targets.LeastLogits(question), options.Expectile)));
            Tensor next = reward + discount * value.Logits(0, Tensor.Concatenate(after, goal)).Detach();
            for (int e = 0; e < critics.Count; e++)
            {
                loss += batch.Note("critic_loss", batch.Mean((next - critics.Logits(e, question)).Square()));
                if (e == 0)
                    batch.Note("value", batch.Mean(values));
            }

            critics.Hold(batch.Tape);
            return loss + batch.Note("actor_loss", GoalExtraction.Climb(batch, actor, state,
                batch.Representations(batch.ActorGoals), action, options.Behaviour, climbed));
        }
    }
}
