using RLSquared.Datasets;
using RLSquared.Evaluation;
using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>
/// What the training loop sees of a rival of <see cref="TransitiveRl"/>: the same for all of them, so that each rival's
/// file holds its idea alone.
/// </summary>
/// <param name="name">The name on the command line.</param>
/// <param name="problem">What is learned.</param>
/// <param name="updates">The loop, which is owned.</param>
/// <param name="parameters">What is learned, owned.</param>
/// <param name="following">Weights of target networks, owned; null for none.</param>
/// <param name="input">What the policy sees and decides.</param>
/// <param name="forward">
/// The policy: from states [N, D] and goals [N, G] to means of numbers, or logits of a choice, [N, A + C].
/// </param>
/// <param name="nearness">See <see cref="IGoalPolicy.Nearness"/>.</param>
/// <param name="planner">What puts near goals together to far ones; null where the policy makes for any goal.</param>
sealed class GoalAlgorithm(
    string name, GoalProblem problem, GoalUpdates updates, ParameterSet parameters, ParameterSet? following,
    GoalInput input, Func<Tensor, Tensor, Tensor> forward, Func<Tensor, Tensor, Tensor>? nearness,
    GoalPlanner? planner = null) : IAlgorithm, IGoalPolicy
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Unit => "updates";

    /// <inheritdoc/>
    public string Score => "success";

    /// <inheritdoc/>
    public long Steps => updates.Updates;

    /// <inheritdoc/>
    public ParameterSet Parameters => parameters;

    /// <inheritdoc/>
    public GoalInput Input => input;

    /// <inheritdoc/>
    public Func<Tensor, Tensor, Tensor>? Nearness => nearness;

    /// <summary>What puts near goals together; null where the policy makes for any goal.</summary>
    internal GoalPlanner? Planner => planner;

    /// <summary>The loop.</summary>
    internal GoalUpdates Updates => updates;

    /// <inheritdoc/>
    public IterationReport Iterate(double progress) => updates.Iterate(problem.Task, Act);

    /// <inheritdoc/>
    public EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
        GoalJudgement.Run(this, problem, Act, options, cancellation);

    /// <inheritdoc/>
    public void VisitState(StateVisitor visitor)
    {
        updates.VisitState(visitor);
        if (following is not null)
            Following.VisitState(visitor, following);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        updates.Dispose();
        parameters.Dispose();
        following?.Dispose();
    }

    /// <inheritdoc/>
    public GoalAct Act(int lanes)
    {
        GoalRepresent? represent = problem.Data().HasGoals ? problem.Task.Represent : null;
        return planner is not null ? planner.Act(represent, lanes)
            : GoalActor.Act(input, forward, represent, lanes);
    }
}

/// <summary>What one-step backups learn from: rewards of −1 until the goal is reached.</summary>
static class GoalSteps
{
    /// <summary>The goals of the published recipes: 0.2 the anchor, 0.3 any row, else geometric futures.</summary>
    public static GoalRule Goals { get; } = new(0.2, 0.3, Geometric: true);

    /// <summary>
    /// Rewards r and discounts γ · (1 − reached) of the step after each anchor, [B, 1] each; at the goal r is 0 and the
    /// episode is over.
    /// </summary>
    /// <param name="batch">Its anchors and goals.</param>
    /// <param name="gamma">γ.</param>
    public static (Tensor Reward, Tensor Discount) Of(GoalBatch batch, float gamma)
    {
        for (int b = 0; b < batch.Count; b++)
        {
            bool reached = batch.Anchors[b] == batch.Goals[b];
            (batch.Known[b], batch.Guessed[b]) = (reached ? 0 : -1, reached ? 0 : gamma);
        }
        return (batch.Column(batch.Known), batch.Column(batch.Guessed));
    }

    /// <summary>The row after each anchor, [B]: every anchor has one.</summary>
    /// <param name="batch">Its anchors.</param>
    public static int[] After(GoalBatch batch)
    {
        int[] after = batch.Places;
        for (int b = 0; b < batch.Count; b++)
            after[b] = batch.Anchors[b] + 1;
        return after;
    }

    /// <summary>γ where the goal is the next row of the same trajectory, else what is guessed, [B, 1].</summary>
    /// <param name="batch">Its anchors and goals.</param>
    /// <param name="data">The set.</param>
    /// <param name="guess">[B, 1].</param>
    /// <param name="gamma">γ.</param>
    public static Tensor KnownOneAway(GoalBatch batch, GoalDataset data, Tensor guess, float gamma)
    {
        for (int b = 0; b < batch.Count; b++)
        {
            int i = batch.Anchors[b];
            bool isNext = batch.Goals[b] == i + 1 && i < data.LastOf(i);
            (batch.Known[b], batch.Guessed[b]) = (isNext ? gamma : 0, isNext ? 0 : 1);
        }
        return guess * batch.Column(batch.Guessed) + batch.Column(batch.Known);
    }
}
