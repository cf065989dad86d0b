using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="Hiql"/> can be told.</summary>
public sealed record HiqlOptions
{
    /// <summary>Networks, minibatches and steps.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>κ: near 0.5 the mean over recorded ways, near 1 the best of them, luck included. 0.7 as published.
    /// </summary>
    public float Expectile { get; init => field = Require.Between("expectile", value, 0.5f, 1); } = 0.7f;

    /// <summary>
    /// k, the steps from a state to its subgoal. Few: the high policy decides often and its values differ little; many:
    /// the low policy must go far by itself. 25 as published.
    /// </summary>
    public int SubgoalSteps { get; init => field = Require.Within("subgoal-steps", value, 1, 10_000); } = 25;

    /// <summary>Numbers in which a subgoal is named. Few: coarse names; many: hard to guess. 10 as published.</summary>
    public int Latent { get; init => field = Require.Within("latent", value, 1, 1 << 14); } = 10;

    /// <summary>α of the low policy's weight e^(α A). 0 copies all alike; high only the best. 3 as published.</summary>
    public float Temperature { get; init => field = Require.AtLeast("temperature", value, 0); } = 3;

    /// <summary>The same for the high policy, which names subgoals. 3 as published.</summary>
    public float HighTemperature { get; init => field = Require.AtLeast("high-temperature", value, 0); } = 3;

    /// <summary>
    /// The share of the high policy's goals that are any row, 0 to 1. 0, as published: only goals that were reached;
    /// 0.5: for data to be stitched.
    /// </summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>The options by name.</summary>
    public static OptionTable<HiqlOptions> Table { get; } =
        new OptionTable<HiqlOptions>("the algorithm hiql", new())
            .Number("expectile", "κ: how far a value is drawn towards the best of its targets",
                options => options.Expectile, (options, value) => options with { Expectile = value },
                low: "the mean of recorded ways", high: "the best, luck included")
            .Integer("subgoal-steps", "k: steps from a state to its subgoal",
                options => options.SubgoalSteps, (options, value) => options with { SubgoalSteps = value },
                low: "values of subgoals differ little", high: "the low policy must go far")
            .Integer("latent", "numbers in which a subgoal is named",
                options => options.Latent, (options, value) => options with { Latent = value },
                low: "coarse names", high: "hard to guess; 10 as published")
            .Number("temperature", "α of the weight e^(α A) of a recorded action",
                options => options.Temperature, (options, value) => options with { Temperature = value },
                low: "0 copies all alike", high: "copies only what brought the subgoal nearer")
            .Number("high-temperature", "the same for recorded subgoals",
                options => options.HighTemperature, (options, value) => options with { HighTemperature = value },
                low: "0 copies all alike", high: "copies only what brought the goal nearer")
            .Number("actor-random", "share of the high policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "0 as published", high: "0.5 for data to be stitched")
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// Hierarchical implicit Q-learning (Park et al. 2023): the value of <see cref="Gcivl"/>, and two policies that copy
/// what brought them nearer. A high one names a subgoal some steps ahead, a low one acts towards it: near a far goal
/// all actions have almost the same value, but places 25 steps away do not.
/// <code>
///   z(s, g) = φ([s, g]) · √d / ‖φ‖            names of goals, learned by the value V(s, z(s, g)) alone
///   low:   e^(α (V(s′, w) − V(s, w))) log π(a | s, z(s, w))          w = s_{i+k}
///   high:  e^(α (V(w, g) − V(s, g))) log N(z(s, w); μ(s, g), 1)      w = s_{i+k}, or g where that is nearer
/// </code>
/// </summary>
static class Hiql
{
    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    public static GoalAlgorithm Create(GoalProblem problem, HiqlOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        var input = new GoalInput(data, options.Learning.Normalise);
        float gamma = options.Learning.Discount;
        var sampler = new GoalSampler(data, gamma);
        var highGoals = new GoalRule(0, options.ActorRandom, Geometric: false);
        ParameterSet parameters = new(), following = new();
        int D = input.StateWidth, G = input.GoalWidth, z = options.Latent;
        HiqlValue value = new(parameters, D, G, z, options.Learning, seed);
        HiqlValue target = new(following, D, G, z, options.Learning, seed);
        MlpOptions small = options.Learning.Network(outputGain: 0.01f);
        var low = new GoalActor(parameters, input, small, seed, goalWidth: z);
        var high = new Mlp(parameters, "high", D + G, z, new RandomKey(seed, RandomPurpose.Weights, 0), small);
        Following.Begin(following, value.Group);
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss,
            () => Following.Step(following, value.Group, options.Learning.Follow), subgoals: 2);
        return new GoalAlgorithm("hiql", problem, updates, parameters, following, input, (state, goal) =>
            low.Forward(state, HiqlValue.Name(high.Forward(Tensor.Concatenate(state, goal)))), value.Mean);

        void Draw(GoalBatch batch, int b, ref RandomSequence random)
        {
            int i = batch.Anchors[b] = sampler.Anchor(ref random);
            batch.Goals[b] = sampler.Goal(GoalSteps.Goals, i, ref random);
            int j = batch.ActorGoals[b] = sampler.Goal(highGoals, i, ref random), last = data.LastOf(i);
            int ahead = Math.Min(i + options.SubgoalSteps, last);
            batch.Subgoals[0][b] = ahead;
            batch.Subgoals[1][b] = j > i && j <= last ? Math.Min(ahead, j) : ahead;
        }

        Tensor Loss(GoalBatch batch)
        {
            (Tensor reward, Tensor discount) = GoalSteps.Of(batch, gamma);                                // [B, 1]
            Tensor state = batch.Observations(batch.Anchors), after = batch.Observations(GoalSteps.After(batch));
            Tensor goal = batch.Representations(batch.Goals);
            Tensor weight = GoalObjectives.ExpectileWeight(
                target.Mean(state, goal), reward + discount * target.Least(after, goal), options.Expectile);
            Tensor loss = batch.Tape.Constant(batch.Tape.Arena.Zeros(new Shape(1)));
            for (int e = 0; e < value.Count; e++)
            {
                Tensor now = value.Of(e, state, goal), best = reward + discount * target.Of(e, after, goal);
                loss += batch.Note("value_loss", batch.Mean(weight * (best - now).Square()));
                if (e == 0)
                    batch.Note("value", batch.Mean(now));
            }

            value.Hold(batch.Tape);
            Tensor near = batch.Representations(batch.Subgoals[0]);
            loss += batch.Note("actor_loss", GoalExtraction.Weigh(batch, low, state, value.NameOf(state, near),
                batch.Actions(batch.Anchors), value.Mean(after, near) - value.Mean(state, near),
                options.Temperature));

            Tensor wanted = batch.Representations(batch.ActorGoals), way = batch.Representations(batch.Subgoals[1]);
            Tensor error = high.Forward(Tensor.Concatenate(state, wanted)) - value.NameOf(state, way);
            Tensor gain = value.Mean(batch.Observations(batch.Subgoals[1]), wanted) - value.Mean(state, wanted);
            return loss + batch.Note("high_loss", batch.Mean(
                GoalExtraction.Weight(gain, options.HighTemperature) * error.Square().SumOfColumns()) * 0.5f);
        }
    }
}

/// <summary>V(s, z(s, g)) of <see cref="Hiql"/>: names of goals, and two members that value them.</summary>
/// <param name="parameters">Where the weights go, as <c>value.…</c>.</param>
/// <param name="states">D.</param>
/// <param name="goals">G.</param>
/// <param name="latent">Numbers of a name.</param>
/// <param name="options">The shape.</param>
/// <param name="seed">Of the first weights.</param>
sealed class HiqlValue(
    ParameterSet parameters, int states, int goals, int latent, GoalLearningOptions options, ulong seed)
{
    readonly GoalCritics names = new(
        parameters, "value.name", states + goals, options.Network(), seed, members: 1, outputs: latent);
    readonly GoalCritics members = new(parameters, "value.member", states + latent, options.Network(), seed);

    /// <summary>How many members there are.</summary>
    public int Count => members.Count;

    /// <summary>All weights.</summary>
    public ParameterGroup Group => members.Group;

    /// <summary>From now on, until the tape's next step, no gradient flows to these weights.</summary>
    public void Hold(Tape tape) => members.Hold(tape);

    /// <summary>The name of a goal from a state, of length √d, [B, d].</summary>
    public Tensor NameOf(Tensor state, Tensor goal) => Name(names.Logits(0, Tensor.Concatenate(state, goal)));

    /// <summary>x · √d / ‖x‖, [B, d].</summary>
    public static Tensor Name(Tensor x) =>
        x * (x.Square().SumOfColumns() * (1f / x.Shape.Columns) + 1e-12f).Sqrt().Reciprocal();

    /// <summary>The value in the eyes of member e, [B, 1].</summary>
    public Tensor Of(int e, Tensor state, Tensor goal) =>
        members.Logits(e, Tensor.Concatenate(state, NameOf(state, goal)));

    /// <summary>The mean of all members, [B, 1].</summary>
    public Tensor Mean(Tensor state, Tensor goal) =>
        members.MeanLogits(Tensor.Concatenate(state, NameOf(state, goal)));

    /// <summary>The least of all members, [B, 1].</summary>
    public Tensor Least(Tensor state, Tensor goal) =>
        members.LeastLogits(Tensor.Concatenate(state, NameOf(state, goal)));
}
