using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="TdN"/> can be told.</summary>
public sealed record TdNOptions
{
    /// <summary>Networks, minibatches and steps.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>
    /// n, the steps after which the value's own estimate takes over; 0 for never, which is Monte Carlo. Low: errors add
    /// up over many backups; high: the value is that of the recorded behaviour, however slow it was.
    /// </summary>
    public int Steps { get; init => field = Require.AtLeast("steps", value, 0); } = 25;

    /// <summary>α, the weight of staying near the recorded actions. Low trusts the value, high copies.</summary>
    public float Behaviour { get; init => field = Require.AtLeast("behaviour", value, 0); } = 10;

    /// <summary>The share of the policy's goals that are any row.</summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>
    /// Whether the choice of the largest value is taken, without a network of its own; for one choice. Off: a policy
    /// that climbs the value and stays near the recorded actions.
    /// </summary>
    public bool Greedy { get; init; }

    /// <summary>Whether far goals are reached over recorded places.</summary>
    public GoalPlanOptions Planning { get; init; } = new();

    /// <summary>The weights that <see cref="TransitiveRl"/> has, at the given sizes.</summary>
    internal static TdNOptions For(GoalProblem problem, GoalLearningOptions learning) => new()
    {
        Learning = learning,
        Steps = Math.Min(25, problem.Data().Longest - 1),
        Behaviour = problem.Task.Action.IsDiscrete ? 0.1f : 10,
    };

    /// <summary>The options by name.</summary>
    public static OptionTable<TdNOptions> Table { get; } =
        new OptionTable<TdNOptions>("the algorithm td-n", new())
            .Integer("steps", "n: steps before the value's own estimate takes over; 0 for Monte Carlo",
                options => options.Steps, (options, value) => options with { Steps = value },
                low: "errors add up over many backups", high: "the value of the recorded behaviour")
            .Number("behaviour", "α: weight of staying near the recorded actions",
                options => options.Behaviour, (options, value) => options with { Behaviour = value },
                low: "trusts the value", high: "does what was recorded")
            .Number("actor-random", "share of the policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "only goals that were reached", high: "acts by the value alone")
            .Switch("greedy", "whether the choice of the largest value is taken, for one choice",
                options => options.Greedy, (options, value) => options with { Greedy = value },
                low: "a policy of its own", high: "errors of the value are acted on")
            .Planning(options => options.Planning, (options, value) => options with { Planning = value })
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// n-step temporal differences and, with n = ∞, Monte Carlo: the two ends between which <see cref="TransitiveRl"/> need
/// not choose. The same goals, networks, cross entropy and policy; only the target differs.
/// <code>
///   y = γ^(j − i)                          where j − i ≤ n
///   y = γⁿ Q̄(s_{i+n}, a_{i+n}, s_j)        else, Q̄ the least of the target networks
/// </code>
/// </summary>
static class TdN
{
    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    /// <exception cref="OptionException">n is longer than any trajectory, or actions are no choice where greedy is
    /// on.</exception>
    public static GoalAlgorithm Create(GoalProblem problem, TdNOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        if (options.Steps >= data.Longest)
        {
            throw new OptionException("steps", $"steps {options.Steps} is longer than any trajectory of {data.Name}, " +
                $"which have {data.Longest - 1} steps at most; 0 is Monte Carlo");
        }
        if (options.Greedy && options.Planning.Plan)
            throw new OptionException("plan", "a plan needs a policy of near goals: set greedy or plan, not both");
        if (options.Greedy && !data.Action.IsDiscrete)
            throw new OptionException("greedy", $"an action of {problem.Name} is numbers: greedy needs a choice");
        var input = new GoalInput(data, options.Learning.Normalise);
        float gamma = options.Learning.Discount;
        int n = options.Steps == 0 ? int.MaxValue : options.Steps;
        var sampler = new GoalSampler(data, gamma);
        var actorGoals = options.Planning.Goals(options.ActorRandom);
        ParameterSet parameters = new(), following = new();
        int question = input.StateWidth + input.GoalWidth + input.ActionWidth;
        var critics = new GoalCritics(parameters, "critic", question, options.Learning.Network(), seed);
        var targets = new GoalCritics(following, "critic", question, options.Learning.Network(), seed);
        GoalChoices? choices = options.Greedy ? new GoalChoices(input, critics.Mean) : null;
        var actor = options.Greedy ? null
            : new GoalActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        Func<Tensor, Tensor> climbed = input.Action.IsDiscrete ? critics.Mean : critics.Least;
        Following.Begin(following, critics.Group);
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss,
            () => Following.Step(following, critics.Group, options.Learning.Follow));
        if (choices is not null)
        {
            return new GoalAlgorithm(
                "td-n", problem, updates, parameters, following, input, choices.Forward, choices.Best);
        }
        Tensor Acted(Tensor state, Tensor goal) => Tensor.Concatenate(state, goal, actor!.Best(state, goal));
        GoalPlanner? planner = options.Planning.Plan ? new GoalPlanner(data, input, actor!.Forward,
            (state, goal) => climbed(Acted(state, goal)), gamma, options.Planning.Landmarks, options.Planning.Reach,
            () => updates.Updates, seed) : null;
        return new GoalAlgorithm("td-n", problem, updates, parameters, following, input, actor!.Forward,
            (state, goal) => critics.Mean(Acted(state, goal)), planner);

        void Draw(GoalBatch batch, int b, ref RandomSequence random)
        {
            int i = batch.Anchors[b] = sampler.Anchor(ref random);
            int j = batch.Goals[b] = sampler.Future(i, geometric: true, ref random);
            batch.Subgoals[0][b] = j - i <= n ? j : i + n;
            batch.ActorGoals[b] = sampler.Goal(actorGoals, i, ref random);
        }

        Tensor Loss(GoalBatch batch)
        {
            Tensor state = batch.Observations(batch.Anchors), action = batch.Actions(batch.Anchors);
            Tensor goal = batch.Representations(batch.Goals);
            Tensor target = Target(batch, goal, targets, gamma);
            Tensor loss = GoalObjectives.Fit(batch, critics, Tensor.Concatenate(state, goal, action), target);
            if (actor is null)
                return loss;
            critics.Hold(batch.Tape);
            return loss + batch.Note("actor_loss", GoalExtraction.Climb(batch, actor, state,
                batch.Representations(batch.ActorGoals), action, options.Behaviour, climbed));
        }
    }

    /// <summary>y, [B, 1]: the discount to the steps, times the value of what is left where the goal is farther.
    /// </summary>
    /// <param name="batch">Its anchors, goals, and the rows at which the value takes over, or the goals.</param>
    /// <param name="goal">What the critics see of the goals, [B, G].</param>
    /// <param name="targets">The networks that follow.</param>
    /// <param name="gamma">γ.</param>
    internal static Tensor Target(GoalBatch batch, Tensor goal, GoalCritics targets, float gamma)
    {
        int[] there = batch.Subgoals[0];
        for (int b = 0; b < batch.Count; b++)
        {
            float steps = MathF.Pow(gamma, there[b] - batch.Anchors[b]);
            bool isGoal = there[b] == batch.Goals[b];
            (batch.Known[b], batch.Guessed[b]) = (isGoal ? steps : 0, isGoal ? 0 : steps);
        }
        Tensor rest = targets.Least(Tensor.Concatenate(batch.Observations(there), goal, batch.Actions(there)));
        return rest * batch.Column(batch.Guessed) + batch.Column(batch.Known);
    }
}
