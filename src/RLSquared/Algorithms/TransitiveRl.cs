using RLSquared.Datasets;
using RLSquared.Evaluation;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>
/// Transitive RL (Park, Oberai, Atreya and Levine 2025, 'Transitive RL: Value Learning via Divide and Conquer'): values
/// of goals without temporal differences, from trajectories that were recorded for no purpose.
/// <para>
/// With Q(s, a, g) = γᵈ, d being the steps that it takes to reach g from s after a, a way can be split at any place w
/// on it, and the values of both halves multiply to that of the whole:
/// </para>
/// <code>
///   Q(s, a, g)  ←  max over w of  Q(s, a, w) · Q(w, a_w, g)
/// </code>
/// A one-step backup carries values over T steps in T rounds, and its errors add up on the way; halves do it in
/// log₂ T rounds (<see cref="TransitiveBackup"/> is the operator on tables, where that is exact). With networks two
/// things replace the maximum. Only places between s and g on one recorded trajectory are tried, since any other may be
/// overrated; and an expectile of the loss draws the value towards the best of them. What is left is one cross entropy:
/// <code>
///   y = Q̄(s_i, a_i, s_k) · Q̄(s_k, a_k, s_j)         i ≤ k &lt; j, exact where a half is at most one step
///   L = E[ |κ − 1(y &lt; Q)| · (1 + log_γ y)^−λ · H(y, Q(s_i, a_i, s_j)) ]
/// </code>
/// Its limits: worlds without chance (see <see cref="TransitiveRlOptions.Stochastic"/>), goals within the reach of
/// single trajectories (see <see cref="TransitiveRlOptions.Linking"/>).
/// </summary>
/// <remarks>
/// The equations are those of the released code. It differs in three places: goals may be a trajectory's last row;
/// the mean |Q| that scales rpg is of a shard, not of the batch; and frs takes the mean of the critics before it picks
/// the best draw.
/// </remarks>
public sealed class TransitiveRl : IAlgorithm, IGoalPolicy
{
    readonly TransitiveRlOptions options;
    readonly GoalProblem problem;
    readonly GoalDataset data;
    readonly GoalSampler sampler;
    readonly GoalRule valueGoals, actorGoals;
    readonly ParameterSet parameters = new(), following = new();
    readonly GoalCritics critics, targets, actorCritics;        // the last see goals as the policy does
    readonly GoalActor? actor;
    readonly GoalChoices? choices;
    readonly FlowActor? flow;
    readonly GoalPlanner? planner;
    readonly Func<Tensor, Tensor> climbed;                      // by the policy: the least for numbers, as released
    readonly GoalUpdates updates;
    readonly GoalInput input;
    readonly float gamma, outOfReach;
    readonly ulong seed;
    GoalAct? acting;
    ulong acts;

    /// <summary>Networks at their first weights.</summary>
    /// <param name="problem">What is learned, and the trajectories that it is learned from.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random. The same seed gives the same bits with any number of threads.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">An option makes no sense for these data; the message says what would.
    /// </exception>
    public TransitiveRl(GoalProblem problem, TransitiveRlOptions options, ulong seed, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(problem);
        options.Validate(problem.Task);
        (this.problem, this.options, gamma, this.seed) = (problem, options, options.Learning.Discount, seed);
        data = problem.Data(workers);
        sampler = new GoalSampler(data, gamma);
        valueGoals = new GoalRule(0, options.Linking, options.Geometric);
        actorGoals = options.Extraction == Extraction.Plan ? GoalRule.Near(options.Reach)
            : new GoalRule(0, options.ActorRandom, options.ActorGeometric);

        input = new GoalInput(data, options.Learning.Normalise);
        int question = 2 * input.StateWidth + input.ActionWidth;
        critics = new GoalCritics(parameters, "critic", question, options.Learning.Network(), seed);
        targets = new GoalCritics(following, "critic", question, options.Learning.Network(), seed);
        actorCritics = !data.HasGoals ? critics : new GoalCritics(parameters, "oracle",
            input.StateWidth + input.GoalWidth + input.ActionWidth, options.Learning.Network(), seed);
        if (options.Extraction == Extraction.Frs)
            flow = new FlowActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        else if (options.Extraction == Extraction.Greedy)
            choices = new GoalChoices(input, actorCritics.Mean);
        else
            actor = new GoalActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        climbed = data.Action.IsDiscrete ? actorCritics.Mean : actorCritics.Least;
        if (options.Extraction == Extraction.Plan)
        {
            GoalActor near = actor!;
            // A hop that only one member takes for short may lead through a wall.
            planner = new GoalPlanner(data, input, near.Forward,
                (state, goal) => climbed(Tensor.Concatenate(state, goal, near.Best(state, goal))),
                gamma, options.Landmarks, options.Reach, () => Steps, seed);
        }
        outOfReach = MathF.Pow(gamma, options.InitialSteps);
        if (options.InitialSteps > 0)
        {
            float log = options.InitialSteps * MathF.Log(gamma), logit = log - MathF.Log(1 - MathF.Exp(log));
            critics.Begin(logit);
            if (data.HasGoals)
                actorCritics.Begin(logit);
        }
        Following.Begin(following, critics.Group);
        updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss, Follow,
            options.Subgoals);
    }

    // ---- sample: an anchor i, a goal j of its future, places k between them ----

    internal void Draw(GoalBatch batch, int b, ref RandomSequence random)
    {
        int i = batch.Anchors[b] = sampler.Anchor(ref random);
        bool isApart = options.Apart > 0 && random.NextUniform() < options.Apart;
        int j = batch.Goals[b] = isApart ? random.NextInt(data.Rows) : sampler.Goal(valueGoals, i, ref random);
        foreach (int[] subgoals in batch.Subgoals)
            subgoals[b] = isApart ? j : Subgoal(i, j, ref random);     // no place is on the way
        batch.ActorGoals[b] = sampler.Goal(actorGoals, i, ref random);
        if (flow is null)
            return;
        for (int c = 0; c < data.Action.Numbers; c++)
            batch.Noise[b * data.Action.Numbers + c] = (float)random.NextNormal();
        batch.Times[b] = (float)random.NextUniform();
    }

    int Subgoal(int i, int j, ref RandomSequence random)
    {
        if (options.RandomSubgoals)
            return sampler.Anchor(ref random);
        // A goal of another trajectory is linked at any place of the own one that has a successor.
        bool isLinked = j <= i || data.TrajectoryOf(j) != data.TrajectoryOf(i);
        int end = isLinked ? Math.Min(sampler.Future(i, geometric: true, ref random) + 1, data.LastOf(i)) : j;
        // With chance in the world, the place must not be the anchor itself: its value would be that of every action.
        int first = options.Stochastic && end - i > 1 ? i + 1 : i;
        return GoalSampler.Between(first, end, ref random);
    }

    // ---- loss ----

    internal Tensor Loss(GoalBatch batch)
    {
        Tensor state = batch.Observations(batch.Anchors), action = batch.Actions(batch.Anchors);       // [B, D], [B, A]
        Tensor goal = batch.Observations(batch.Goals);                                                 // [B, D]
        Tensor question = Tensor.Concatenate(state, goal, action);
        Tensor loss = batch.Tape.Constant(batch.Tape.Arena.Zeros(new Shape(1)));
        Tensor oracle = data.HasGoals
            ? Tensor.Concatenate(state, batch.Representations(batch.Goals), action) : default;
        for (int e = 0; e < critics.Count; e++)
        {
            Tensor logits = critics.Logits(e, question);
            Tensor values = logits.Detach().Sigmoid();                                                 // Q, [B, 1]
            Tensor target = Target(batch, e, question);                                                // y, [B, 1]
            if (options.Apart > 0)
                target = OutOfReach(batch, values, target);
            Tensor weight = Weight(batch, values, target);
            loss += batch.Note("critic_loss", batch.Mean(weight * GoalObjectives.CrossEntropy(logits, target)));
            if (e == 0)
                batch.Note("value", batch.Mean(values));
            if (data.HasGoals)
            {
                loss += batch.Note("oracle_loss", batch.Mean(
                    GoalObjectives.CrossEntropy(actorCritics.Logits(e, oracle), values)));
            }
        }
        return loss + batch.Note("actor_loss", ActorLoss(batch, state, action));
    }

    /// <summary>y: the best of the splits, in the eyes of target member e, [B, 1].</summary>
    internal Tensor Target(GoalBatch batch, int e, Tensor question)
    {
        int D = batch.Input.StateWidth, A = batch.Input.ActionWidth;
        Tensor state = question.SliceColumns(0, D), goal = question.SliceColumns(D, D);
        Tensor action = question.SliceColumns(2 * D, A), best = default;
        foreach (int[] subgoals in batch.Subgoals)
        {
            Tensor place = batch.Observations(subgoals), actionThere = batch.Actions(subgoals);
            Tensor left = Half(batch, batch.Anchors, subgoals, e, Tensor.Concatenate(state, place, action));
            Tensor right = Half(batch, subgoals, batch.Goals, e, Tensor.Concatenate(place, goal, actionThere));
            Tensor product = left * right;
            best = ReferenceEquals(subgoals, batch.Subgoals[0]) ? product : Tensor.Max(best, product);
        }
        return best;
    }

    /// <summary>
    /// y, and γ^initial-steps for goals that count as out of reach, or what the value says if that is less, [B, 1].
    /// </summary>
    internal Tensor OutOfReach(GoalBatch batch, Tensor values, Tensor target)
    {
        for (int b = 0; b < batch.Count; b++)
            batch.Known[b] = batch.Subgoals[0][b] == batch.Goals[b] ? 1 : 0;
        Tensor isApart = batch.Column(batch.Known);
        return target * (1 - isApart) + values.Clamp(0, outOfReach) * isApart;
    }

    /// <summary>
    /// The value of one half: γ^(to − from) where that is at most one step, else the target's, [B, 1]; with
    /// <see cref="TransitiveRlOptions.Recorded"/> never less than γ^(to − from).
    /// </summary>
    Tensor Half(GoalBatch batch, int[] from, int[] to, int e, Tensor question)
    {
        for (int b = 0; b < from.Length; b++)
        {
            int steps = to[b] - from[b];
            bool isRecorded = steps >= 0 && data.TrajectoryOf(from[b]) == data.TrajectoryOf(to[b]);
            bool isExact = isRecorded && steps <= 1;
            batch.Known[b] = isExact || (isRecorded && options.Recorded) ? MathF.Pow(gamma, steps) : 0;
            batch.Guessed[b] = isExact ? 0 : 1;
        }
        Tensor guess = targets.Logits(e, question).Sigmoid() * batch.Column(batch.Guessed);
        return Tensor.Max(guess, batch.Column(batch.Known));
    }

    /// <summary>The weight of a row's loss: that of the expectile times (1 + D)^−λ, D = ln y / ln γ, [B, 1].</summary>
    internal Tensor Weight(GoalBatch batch, Tensor values, Tensor target)
    {
        Tensor weight = GoalObjectives.ExpectileWeight(values, target, options.Expectile);
        if (options.Stochastic)
        {
            for (int b = 0; b < batch.Count; b++)
                batch.Known[b] = batch.Subgoals[0][b] - batch.Anchors[b] <= 1 ? 1 : 0;
            Tensor isOneStep = batch.Column(batch.Known);
            weight = weight * (1 - isOneStep) + isOneStep * 0.5f;
        }
        if (options.DistanceWeight == 0)
            return weight;
        Tensor distance = target.Log() * (1 / MathF.Log(gamma));                       // ∞ for a target of 0: weight 0
        return weight * ((distance + 1).Log() * -options.DistanceWeight).Exp();
    }

    /// <summary>The target networks follow by their share.</summary>
    internal void Follow() => Following.Step(following, critics.Group, options.Learning.Follow);

    // ---- policy: climb the value, stay near what was recorded; the critics are held still ----

    Tensor ActorLoss(GoalBatch batch, Tensor state, Tensor action)
    {
        if (choices is not null)
            return batch.Tape.Constant(batch.Tape.Arena.Zeros(new Shape(1)));
        Tensor goal = batch.Representations(batch.ActorGoals);
        if (flow is not null)
        {
            return batch.Mean(flow.Loss(state, goal, action,
                batch.Tape.Constant(action.Shape, batch.Noise), batch.Column(batch.Times)));
        }
        actorCritics.Hold(batch.Tape);
        if (options.Extraction == Extraction.Awr)
        {
            // In deviations of the shard: how long the values make a step is theirs, and coarse at first.
            Tensor gain = Gain(batch, state, goal, action);
            gain -= gain.Mean().Read();
            float deviation = MathF.Sqrt(gain.Square().Mean().Read()) + 1e-6f;
            return GoalExtraction.Weigh(batch, actor!, state, goal, action, gain * (1 / deviation),
                1 / MathF.Max(options.Behaviour, 1e-3f));
        }
        return GoalExtraction.Climb(batch, actor!, state, goal, action, options.Behaviour, climbed);
    }

    /// <summary>
    /// By how many steps each recorded step brought the policy's goal nearer, over the next n steps, [B, 1]: 1 where
    /// the way was the shortest, −1 where it led straight away.
    /// <code>
    ///   (D(s_i, a_i, g) − D(s_{i+n}, a_{i+n}, g)) / n        D = log_γ Q
    /// </code>
    /// </summary>
    internal Tensor Gain(GoalBatch batch, Tensor state, Tensor goal, Tensor action)
    {
        for (int b = 0; b < batch.Count; b++)
        {
            int i = batch.Anchors[b], j = batch.ActorGoals[b];
            int there = Math.Min(i + options.Lookahead, data.LastOf(i) - 1);       // the last row's action is unknown
            bool isReached = j > i && j <= i + options.Lookahead && j <= data.LastOf(i);
            batch.Places[b] = isReached ? j : there;
            batch.Known[b] = batch.Places[b] > i ? 1f / (batch.Places[b] - i) : 0;
            batch.Guessed[b] = isReached ? 0 : 1;
        }
        Tensor near = StepsTo(batch.Observations(batch.Places), goal, batch.Actions(batch.Places));
        return (StepsTo(state, goal, action) - near * batch.Column(batch.Guessed)) * batch.Column(batch.Known);
    }

    /// <summary>D = log_γ σ(logit), the steps to the goal in the eyes of the policy's critics, [B, 1].</summary>
    Tensor StepsTo(Tensor state, Tensor goal, Tensor action) =>
        (-actorCritics.MeanLogits(Tensor.Concatenate(state, goal, action))).Softplus() * (-1 / MathF.Log(gamma));

    // ---- use ----

    /// <summary>The values of some goals, [n, 1], as the policy's critics see them: the mean of all members.</summary>
    /// <param name="state">[n, D].</param>
    /// <param name="goal">[n, G].</param>
    /// <param name="action">[n, A].</param>
    internal Tensor Values(Tensor state, Tensor goal, Tensor action) =>
        actorCritics.Mean(Tensor.Concatenate(state, goal, action));

    /// <summary>The networks that are learned.</summary>
    internal GoalCritics Critics => critics;

    /// <summary>Those that follow, with which targets are computed.</summary>
    internal GoalCritics Targets => targets;

    /// <summary>The loop.</summary>
    internal GoalUpdates Updates => updates;

    /// <summary>Decides what to do in a state on the way to a goal, by what was learned so far.</summary>
    /// <param name="observation">The state, [D], as the data show it.</param>
    /// <param name="goal">The goal, [G]: an observation, or its representation where the data have some.</param>
    /// <param name="action">Receives the action.</param>
    /// <exception cref="ArgumentException">There are more or fewer numbers than the data have.</exception>
    public void Act(ReadOnlySpan<float> observation, ReadOnlySpan<float> goal, ActionSpan action)
    {
        if (observation.Length != data.Observation.Width || goal.Length != data.GoalWidth)
        {
            throw new ArgumentException($"{data.Name} has observations of {data.Observation.Width} numbers and goals " +
                $"of {data.GoalWidth}, but {observation.Length} and {goal.Length} were given");
        }
        acting ??= Act(data.HasGoals ? (from, to) => from.CopyTo(to) : null, lanes: 1);
        acting(new GoalPercept
        {
            Lanes = 1,
            Observations = observation,
            Goals = goal,
            Step = 0,
            Seed = seed,
            FirstEpisode = acts++,
        }, action);
    }

    GoalAct Act(int lanes) => Act(data.HasGoals ? problem.Task.Represent : null, lanes);

    GoalAct Act(GoalRepresent? represent, int lanes) => planner is not null
        ? planner.Act(represent, lanes)
        : choices is not null ? GoalActor.Act(input, choices.Forward, represent, lanes)
        : actor is not null ? actor.Act(represent, lanes)
        : flow!.Act(represent, lanes, options.Draws, options.FlowSteps, Values);

    GoalAct IGoalPolicy.Act(int lanes) => Act(lanes);

    GoalInput IGoalPolicy.Input => input;

    Func<Tensor, Tensor, Tensor>? IGoalPolicy.Nearness => choices is not null ? choices.Best
        : actor is null ? null : (state, goal) => Values(state, goal, actor.Best(state, goal));

    /// <inheritdoc/>
    public string Name => "transitive-rl";

    /// <inheritdoc/>
    public string Unit => "updates";

    /// <inheritdoc/>
    public string Score => "success";

    /// <inheritdoc/>
    public long Steps => updates.Updates;

    /// <inheritdoc/>
    public ParameterSet Parameters => parameters;

    /// <summary>One iteration: updates, then a few episodes. In the steady state only its report is allocated.
    /// </summary>
    /// <inheritdoc/>
    public IterationReport Iterate(double progress) => updates.Iterate(problem.Task, Act);

    /// <inheritdoc/>
    public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
        GoalJudgement.Run(this, problem, Act, options, cancellation);

    /// <inheritdoc/>
    public void VisitState(StateVisitor visitor)
    {
        updates.VisitState(visitor);
        Following.VisitState(visitor, following);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        updates.Dispose();
        parameters.Dispose();
        following.Dispose();
    }
}
