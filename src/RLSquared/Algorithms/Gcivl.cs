using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="Gcivl"/> can be told.</summary>
public sealed record GcivlOptions
{
    /// <summary>Networks, minibatches and steps.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>κ: near 0.5 the mean over recorded ways, near 1 the best of them, luck included. 0.9 as published.
    /// </summary>
    public float Expectile { get; init => field = Require.Between("expectile", value, 0.5f, 1); } = 0.9f;

    /// <summary>
    /// α of the weight e^(α A). 0: all recorded actions are copied alike; high: only those that brought the goal
    /// nearer. 10 as published.
    /// </summary>
    public float Temperature { get; init => field = Require.AtLeast("temperature", value, 0); } = 10;

    /// <summary>
    /// The share of the policy's goals that are any row, 0 to 1. 0, as published: only goals that were reached; 0.5:
    /// for data to be stitched.
    /// </summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>The options by name.</summary>
    public static OptionTable<GcivlOptions> Table { get; } =
        new OptionTable<GcivlOptions>("the algorithm gcivl", new())
            .Number("expectile", "κ: how far a value is drawn towards the best of its targets",
                options => options.Expectile, (options, value) => options with { Expectile = value },
                low: "the mean of recorded ways", high: "the best, luck included")
            .Number("temperature", "α of the weight e^(α A) of a recorded action",
                options => options.Temperature, (options, value) => options with { Temperature = value },
                low: "0 copies all alike", high: "copies only what brought the goal nearer")
            .Number("actor-random", "share of the policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "0 as published", high: "0.5 for data to be stitched")
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// Goal-conditioned implicit value learning (Kostrikov et al. 2022, without Q, as in OGBench): one-step backups of V,
/// drawn towards the best by an expectile, and a policy that copies what brought the goal nearer.
/// <code>
///   q = r + γ V̄(s′, g)           r = −1 until the goal is reached
///   L = E[ |κ − 1(q &lt; V̄)| (q − V(s, g))² ]
///   policy: e^(α (V(s′, g) − V(s, g))) log π(a | s, g)
/// </code>
/// </summary>
static class Gcivl
{
    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    public static GoalAlgorithm Create(GoalProblem problem, GcivlOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        var input = new GoalInput(data, options.Learning.Normalise);
        float gamma = options.Learning.Discount;
        var sampler = new GoalSampler(data, gamma);
        var actorGoals = new GoalRule(0, options.ActorRandom, Geometric: false);
        ParameterSet parameters = new(), following = new();
        int question = input.StateWidth + input.GoalWidth;
        var values = new GoalCritics(parameters, "value", question, options.Learning.Network(), seed);
        var targets = new GoalCritics(following, "value", question, options.Learning.Network(), seed);
        var actor = new GoalActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        Following.Begin(following, values.Group);
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss,
            () => Following.Step(following, values.Group, options.Learning.Follow));
        return new GoalAlgorithm("gcivl", problem, updates, parameters, following, input, actor.Forward,
            (state, goal) => values.MeanLogits(Tensor.Concatenate(state, goal)));

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
            Tensor goal = batch.Representations(batch.Goals);
            Tensor now = Tensor.Concatenate(state, goal), next = Tensor.Concatenate(after, goal);
            // The sign of the error is judged by the lower target for all members; each has a target of its own.
            Tensor weight = GoalObjectives.ExpectileWeight(
                targets.MeanLogits(now), reward + discount * targets.LeastLogits(next), options.Expectile);
            Tensor loss = batch.Tape.Constant(batch.Tape.Arena.Zeros(new Shape(1)));
            for (int e = 0; e < values.Count; e++)
            {
                Tensor value = values.Logits(e, now), target = reward + discount * targets.Logits(e, next);
                loss += batch.Note("value_loss", batch.Mean(weight * (target - value).Square()));
                if (e == 0)
                    batch.Note("value", batch.Mean(value));
            }

            Tensor wanted = batch.Representations(batch.ActorGoals);
            values.Hold(batch.Tape);
            Tensor advantage = values.MeanLogits(Tensor.Concatenate(after, wanted))
                - values.MeanLogits(Tensor.Concatenate(state, wanted));
            return loss + batch.Note("actor_loss", GoalExtraction.Weigh(
                batch, actor, state, wanted, batch.Actions(batch.Anchors), advantage, options.Temperature));
        }
    }
}
