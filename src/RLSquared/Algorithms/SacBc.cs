using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="SacBc"/> can be told.</summary>
public sealed record SacBcOptions
{
    /// <summary>Networks, minibatches and steps.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>
    /// α, the weight of staying near the recorded actions. Low: trusts the value, also where no data are; high: does
    /// what was recorded. 0.1 as published.
    /// </summary>
    public float Behaviour { get; init => field = Require.AtLeast("behaviour", value, 0); } = 0.1f;

    /// <summary>
    /// The entropy that the policy is held to, for each number of an action, or as a share of the largest for a choice.
    /// Low: nearly fixed actions; high: nearly random ones. −0.5 as published for numbers.
    /// </summary>
    public float Entropy { get; init => field = Require.Within("entropy", value, -10, 1); } = -0.5f;

    /// <summary>The share of the policy's goals that are any row, 0 to 1; the rest lie ahead of the anchor.</summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>The published weights, at the given sizes; a choice is held to a tenth of all entropy.</summary>
    internal static SacBcOptions For(GoalProblem problem, GoalLearningOptions learning) => new()
    {
        Learning = learning,
        Entropy = problem.Task.Action.IsDiscrete ? 0.1f : -0.5f,
    };

    /// <summary>The options by name.</summary>
    public static OptionTable<SacBcOptions> Table { get; } =
        new OptionTable<SacBcOptions>("the algorithm sac-bc", new())
            .Number("behaviour", "α: weight of staying near the recorded actions",
                options => options.Behaviour, (options, value) => options with { Behaviour = value },
                low: "trusts the value", high: "does what was recorded")
            .Number("entropy", "entropy of each number of an action, or share of the largest for a choice",
                options => options.Entropy, (options, value) => options with { Entropy = value },
                low: "nearly fixed actions", high: "nearly random ones")
            .Number("actor-random", "share of the policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "0 as published", high: "0.5 for data to be stitched")
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// Soft actor-critic with behavioural cloning (Haarnoja et al. 2018; with goals as in Park et al. 2025, 'Horizon
/// reduction makes RL scalable'): one-step backups through the action that the policy would take, and a policy that
/// climbs the value, keeps some entropy and stays near the recorded actions.
/// <code>
///   y = 1 at the goal, else γ min over e of Q̄_e(s′, a′, g)         a′ from π(· | s′, g)
///   policy: −min Q(s, a, g) + τ log π(a | s, g) + α ‖a* − a_data‖²         τ holds the entropy
/// </code>
/// For a choice both expectations over π are exact, and α weighs −log π(a_data | s, g).
/// </summary>
static class SacBc
{
    // 0.2 the anchor, 0.3 any row, else a uniform future, as published.
    static readonly GoalRule valueGoals = new(0.2, 0.3, Geometric: false);

    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    public static GoalAlgorithm Create(GoalProblem problem, SacBcOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        var input = new GoalInput(data, options.Learning.Normalise);
        float gamma = options.Learning.Discount;
        var sampler = new GoalSampler(data, gamma);
        var actorGoals = new GoalRule(0, options.ActorRandom, Geometric: false);
        ParameterSet parameters = new(), following = new();
        int question = input.StateWidth + input.GoalWidth + input.ActionWidth, C = data.Action.Numbers;
        var critics = new GoalCritics(parameters, "critic", question, options.Learning.Network(), seed);
        var targets = new GoalCritics(following, "critic", question, options.Learning.Network(), seed);
        var actor = new SquashedActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        Parameter logTemperature = parameters.Add("temperature.log", new Shape(1));           // τ begins at 1
        float entropy = options.Entropy * (data.Action.IsDiscrete ? MathF.Log(input.ActionWidth) : C);
        Func<Tensor, Tensor> least = critics.Least, leastTarget = targets.Least;
        Following.Begin(following, critics.Group);
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss,
            () => Following.Step(following, critics.Group, options.Learning.Follow));
        return new GoalAlgorithm("sac-bc", problem, updates, parameters, following, input,
            Best, (state, goal) => critics.Least(Tensor.Concatenate(state, goal, Best(state, goal))));

        Tensor Best(Tensor state, Tensor goal) => actor.Best(actor.Forward(state, goal));

        void Draw(GoalBatch batch, int b, ref RandomSequence random)
        {
            int i = batch.Anchors[b] = sampler.Anchor(ref random);
            batch.Goals[b] = sampler.Goal(valueGoals, i, ref random);
            batch.ActorGoals[b] = sampler.Goal(actorGoals, i, ref random);
            for (int c = 0; c < C; c++)
                batch.Noise[b * C + c] = (float)random.NextNormal();
        }

        Tensor Loss(GoalBatch batch)
        {
            Tensor state = batch.Observations(batch.Anchors), after = batch.Observations(GoalSteps.After(batch));
            Tensor action = batch.Actions(batch.Anchors), goal = batch.Representations(batch.Goals);
            Tensor target = Target(batch, Value(batch, after, goal, leastTarget).Value.Detach(), gamma);
            Tensor loss = GoalObjectives.Fit(batch, critics, Tensor.Concatenate(state, goal, action), target);

            critics.Hold(batch.Tape);
            Tensor wanted = batch.Representations(batch.ActorGoals);
            (Tensor climbed, Tensor log, Tensor output) = Value(batch, state, wanted, least);
            Tensor temperature = batch.Tape.Watch(logTemperature).Exp();                       // τ, [1]
            Tensor far = data.Action.IsDiscrete
                ? -(output.LogSoftmax() * action).SumOfColumns()
                : (actor.Best(output) - action).Square().SumOfColumns();
            loss += batch.Note("actor_loss",
                batch.Mean(log * temperature.Detach() - climbed + far * options.Behaviour));
            // τ grows where the entropy −log π is below what is asked for.
            return loss - batch.Mean(log.Detach() + entropy) * temperature;
        }

        // The value of what the policy does, the mean log π of it, [B, 1] each, and the policy's output. The noise of a
        // row is the same for both of its states: each expectation is over one of them.
        (Tensor Value, Tensor LogProbability, Tensor Output) Value(
            GoalBatch batch, Tensor state, Tensor goal, Func<Tensor, Tensor> value)
        {
            Tensor output = actor.Forward(state, goal);
            if (data.Action.IsDiscrete)
            {
                return (GoalExtraction.Expected(batch, output, state, goal, value),
                    (output.Softmax() * output.LogSoftmax()).SumOfColumns(), output);
            }
            Tensor noise = batch.Tape.Constant(new Shape(batch.Count, C), batch.Noise);
            (Tensor drawn, Tensor log) = actor.Draw(output, noise);
            return (value(Tensor.Concatenate(state, goal, drawn)), log, output);
        }
    }

    /// <summary>y: 1 where the anchor is the goal, else γ times the value of the next state, [B, 1].</summary>
    /// <param name="batch">Its anchors and goals.</param>
    /// <param name="next">The value of the next state, [B, 1].</param>
    /// <param name="gamma">γ.</param>
    internal static Tensor Target(GoalBatch batch, Tensor next, float gamma)
    {
        for (int b = 0; b < batch.Count; b++)
        {
            bool reached = batch.Anchors[b] == batch.Goals[b];
            (batch.Known[b], batch.Guessed[b]) = (reached ? 1 : 0, reached ? 0 : gamma);
        }
        return next * batch.Column(batch.Guessed) + batch.Column(batch.Known);
    }
}
