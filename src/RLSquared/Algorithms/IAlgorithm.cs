using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>
/// What the training loop (<see cref="Runs.Training"/>) needs to know of an algorithm, and no more: that it learns in
/// iterations, and what its state is. A checkpoint is that state and nothing else.
/// </summary>
public interface IAlgorithm : IDisposable
{
    /// <summary>The name on the command line, such as <c>rl2</c>.</summary>
    string Name { get; }

    /// <summary>How far training has come, in its <see cref="Unit"/>: environment steps, as a rule.</summary>
    long Steps { get; }

    /// <summary>What progress and budgets are counted in, in the plural: 'steps', or 'updates', or 'tokens'.</summary>
    string Unit => "steps";

    /// <summary>What <see cref="IterationReport.MeanReturn"/> is, where it is not a return: 'success', say.</summary>
    string Score => "return";

    /// <summary>One iteration: plays, learns, and says what it did.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what schedules go by.</param>
    /// <exception cref="NonFiniteException">A number is not finite; the message says which, at what step and
    /// where.</exception>
    IterationReport Iterate(double progress);

    /// <summary>
    /// Tries what was learned so far on fresh trials, prompts or episodes of its problem; opponents, if any, are judged
    /// on the same ones. The first of the result's agents is what was learned, and has the algorithm's name.
    /// </summary>
    /// <param name="options">How many, of which seed, on how many threads.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    EvaluationResult Evaluate(EvaluationOptions options, CancellationToken cancellation);

    /// <summary>
    /// What is learned, without what learning it needs besides: the part of the state, under the same names,
    /// with which another run may begin (a warm start).
    /// </summary>
    ParameterSet Parameters { get; }

    /// <summary>
    /// Shows its whole state to a visitor, part by part: weights, the optimiser's moments, statistics, counts. A
    /// visitor that restores a checkpoint writes the parts.
    /// </summary>
    void VisitState(StateVisitor visitor);
}

/// <summary>
/// An algorithm that learns an agent which plays tasks step by step. The agent can be evaluated beside others, watched,
/// replayed and shipped.
/// </summary>
public interface IAgentAlgorithm : IAlgorithm
{
    /// <summary>What is learned.</summary>
    TaskDistribution Task { get; }

    /// <summary>What was learned so far as an agent; it shares the weights.</summary>
    Agent Agent { get; }

    /// <summary>
    /// Agents that show parts of what was learned, such as each of several skills alone: an evaluation plays them too.
    /// </summary>
    IReadOnlyList<Agent> Parts => [];

    /// <summary>What it learns to see and to decide: what a checkpoint tells of its task.</summary>
    TaskSpaces Spaces { get; }

    /// <summary>Plays the agent, its parts and the task's opponents, tuned, on the same fresh trials.</summary>
    /// <inheritdoc/>
    EvaluationResult IAlgorithm.Evaluate(EvaluationOptions options, CancellationToken cancellation) =>
        Evaluator.Run(Task, [Agent, .. Parts, .. Tuning.Opponents(Task, options, cancellation)], options,
            cancellation: cancellation);
}

/// <summary>What one iteration of an algorithm did.</summary>
/// <param name="Iteration">How many iterations were done since training began, this one included.</param>
/// <param name="Steps">How far training has come, in the algorithm's <see cref="IAlgorithm.Unit"/>.</param>
/// <param name="MeanReturn">
/// The mean total reward of this iteration's trials, or what else the algorithm goes by
/// (<see cref="IAlgorithm.Score"/>); the checkpoint with the highest is the best.
/// </param>
/// <param name="RolloutSeconds">Time spent playing.</param>
/// <param name="UpdateSeconds">Time spent learning.</param>
/// <param name="Figures">
/// What else is worth a curve, such as <c>policy_loss</c>, <c>entropy</c>, <c>kl</c>; all finite. A figure that is not
/// defined in an iteration is left out of it.
/// </param>
public readonly record struct IterationReport(
    int Iteration, long Steps, double MeanReturn, double RolloutSeconds, double UpdateSeconds,
    IReadOnlyList<(string Name, double Value)> Figures);
