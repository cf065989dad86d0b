using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="Qrl"/> can be told.</summary>
public sealed record QrlOptions
{
    /// <summary>Networks, minibatches and steps. There are no target networks, and γ only spreads the policy's goals.
    /// </summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>Numbers of a place, a multiple of 8. Few: coarse distances; many: slow. 512 as published.</summary>
    public int Latent { get; init => field = Require.Within("latent", value, 8, 1 << 14); } = 512;

    /// <summary>
    /// ε: by how much the squared excess of a step over 1 may exceed 0 on average. Low: steps are held to 1 firmly and
    /// far places are pushed apart slowly; high: distances are too long. 0.05 as published.
    /// </summary>
    public float Margin { get; init => field = Require.Above("margin", value, 0); } = 0.05f;

    /// <summary>
    /// α, the weight of staying near the recorded actions. Low: trusts the distance, also where no data are; high: does
    /// what was recorded. 0.0003 to 0.003 as published.
    /// </summary>
    public float Behaviour { get; init => field = Require.AtLeast("behaviour", value, 0); } = 0.003f;

    /// <summary>
    /// The share of the policy's goals that are any row, 0 to 1. 0, as published: only goals that were reached; 0.5:
    /// for data to be stitched.
    /// </summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>Whether far goals are reached over recorded places, with γ^distance as the value of a hop.</summary>
    public GoalPlanOptions Planning { get; init; } = new();

    /// <summary>The options by name.</summary>
    public static OptionTable<QrlOptions> Table { get; } =
        new OptionTable<QrlOptions>("the algorithm qrl", new())
            .Integer("latent", "numbers of a place, a multiple of 8",
                options => options.Latent, (options, value) => options with { Latent = value },
                low: "coarse distances", high: "slow; 512 as published")
            .Number("margin", "ε: squared excess of a step over 1 that is allowed on average",
                options => options.Margin, (options, value) => options with { Margin = value },
                low: "steps are held to 1 firmly", high: "distances are too long")
            .Number("behaviour", "α: weight of staying near the recorded actions",
                options => options.Behaviour, (options, value) => options with { Behaviour = value },
                low: "trusts the distance", high: "does what was recorded")
            .Number("actor-random", "share of the policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "0 as published", high: "0.5 for data to be stitched")
            .Planning(options => options.Planning, (options, value) => options with { Planning = value })
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// Quasimetric RL (Wang et al. 2023): the triangle inequality is built into the network
/// (<see cref="IntervalQuasimetric"/>) instead of into the target. Places are pushed apart as far as steps of length 1
/// allow, and the longest such distance is the fewest steps.
/// <code>
///   min over φ, max over λ of   E[ ψ(d(φ(s), φ(g))) ] + λ (E[ max(d(φ(s), φ(s′)) − 1, 0)² ] − ε)
///   ψ(d) = 100 softplus(5 − d / 100)                   g any row; falls ever more slowly beyond 500 steps
///   model:  φ(s) + T(φ(s), a) ≈ φ(s′), by d both ways; the policy climbs −d(φ(s) + T(φ(s), a), φ(g))
/// </code>
/// Goals are whole observations for the distance, since a goal is a place, too.
/// </summary>
static class Qrl
{
    const int Group = 8;
    const float Far = 500, Slope = 0.01f;

    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    /// <exception cref="OptionException">Places cannot be cut into groups of 8.</exception>
    public static GoalAlgorithm Create(GoalProblem problem, QrlOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        var input = new GoalInput(data, options.Learning.Normalise);
        var sampler = new GoalSampler(data, options.Learning.Discount);
        GoalRule anywhere = new(0, 1, Geometric: false), actorGoals = options.Planning.Goals(options.ActorRandom);
        var parameters = new ParameterSet();
        int D = input.StateWidth, A = input.ActionWidth, d = options.Latent;
        var metric = new IntervalQuasimetric(parameters, "metric", d, Group);
        var places = new GoalCritics(
            parameters, "places", D, options.Learning.Network(), seed, members: 1, outputs: d);
        var model = new GoalCritics(
            parameters, "model", d + A, options.Learning.Network(), seed, members: 1, outputs: d);
        Parameter logLambda = parameters.Add("multiplier.log", new Shape(1));                 // λ begins at 1
        var actor = new GoalActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss);
        if (options.Planning.Plan && data.HasGoals)
            throw new OptionException("plan", $"goals of {data.Name} are no whole observations, which qrl plans over");
        Tensor Distance(Tensor state, Tensor goal) =>
            metric.Distance(places.Logits(0, state), places.Logits(0, goal));
        GoalPlanner? planner = options.Planning.Plan ? new GoalPlanner(data, input, actor.Forward,
            (state, goal) => (Distance(state, goal) * MathF.Log(options.Learning.Discount)).Exp(),
            options.Learning.Discount, options.Planning.Landmarks, options.Planning.Reach, () => updates.Updates, seed)
            : null;
        return new GoalAlgorithm("qrl", problem, updates, parameters, null, input, actor.Forward,
            (state, goal) => -Distance(state, goal), planner);

        void Draw(GoalBatch batch, int b, ref RandomSequence random)
        {
            int i = batch.Anchors[b] = sampler.Anchor(ref random);
            batch.Goals[b] = sampler.Goal(anywhere, i, ref random);
            batch.ActorGoals[b] = sampler.Goal(actorGoals, i, ref random);
        }

        Tensor Loss(GoalBatch batch)
        {
            Tensor state = batch.Observations(batch.Anchors), action = batch.Actions(batch.Anchors);
            Tensor here = places.Logits(0, state), next = places.Logits(0, batch.Observations(GoalSteps.After(batch)));
            Tensor far = metric.Distance(here, places.Logits(0, batch.Observations(batch.Goals)));       // [B, 1]
            Tensor push = batch.Mean(Push(far));
            Tensor excess = batch.Mean((metric.Distance(here, next) - 1).Relu().Square());
            Tensor lambda = batch.Tape.Watch(logLambda).Exp();
            float share = (float)batch.Count / batch.Total;
            Tensor loss = batch.Note("push_loss", push) + batch.Note("step_excess", excess) * lambda.Detach()
                - (excess.Detach() - share * options.Margin) * lambda;
            batch.Note("distance", batch.Mean(far));
            batch.Note("multiplier", lambda * share);

            Tensor guess = here + model.Logits(0, Tensor.Concatenate(here, action));
            loss += batch.Note("model_loss",
                batch.Mean(metric.Distance(next, guess) + metric.Distance(guess, next)) * 0.5f);

            metric.Hold(batch.Tape);
            places.Hold(batch.Tape);
            model.Hold(batch.Tape);
            Tensor from = here.Detach(), goal = places.Logits(0, batch.Observations(batch.ActorGoals));
            return loss + batch.Note("actor_loss", GoalExtraction.Climb(batch, actor, state,
                batch.Representations(batch.ActorGoals), action, options.Behaviour, question =>
                {
                    Tensor step = question.SliceColumns(question.Shape.Columns - A, A);
                    return -metric.Distance(from + model.Logits(0, Tensor.Concatenate(from, step)), goal);
                }));
        }
    }

    /// <summary>ψ: large for near places, smaller the farther they are, flat far beyond 500 steps, [B, 1].</summary>
    /// <param name="distance">[B, 1].</param>
    internal static Tensor Push(Tensor distance) => ((Far - distance) * Slope).Softplus() * (1 / Slope);
}
