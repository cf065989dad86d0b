using RLSquared.Agents;
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

    /// <summary>Environment steps taken since training began.</summary>
    long Steps { get; }

    /// <summary>One iteration: plays, learns, and says what it did.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what schedules go by.</param>
    /// <exception cref="NonFiniteException">A number is not finite; the message says which, at what step and
    /// where.</exception>
    IterationReport Iterate(double progress);

    /// <summary>What was learned so far as an agent that can be evaluated; it shares the weights.</summary>
    Agent Agent { get; }

    /// <summary>
    /// What is learned, without what learning it needs besides: the part of <see cref="State"/>, under the same names,
    /// with which another run may begin (a warm start).
    /// </summary>
    ParameterSet Parameters { get; }

    /// <summary>What it learns to see and to decide: what a checkpoint tells of its task.</summary>
    TaskSpaces Spaces { get; }

    /// <summary>
    /// The floats of the state by name: weights, optimiser moments, statistics. Writing the spans restores
    /// it.
    /// </summary>
    IReadOnlyList<(string Name, Tensor Tensor)> State { get; }

    /// <summary>The whole numbers of the state by name: iteration, steps, optimiser steps.</summary>
    IReadOnlyDictionary<string, long> Counters { get; }

    /// <summary>Restores the whole numbers.</summary>
    void SetCounters(IReadOnlyDictionary<string, long> counters);
}

/// <summary>What one iteration of an algorithm did.</summary>
/// <param name="Iteration">How many iterations were done since training began, this one included.</param>
/// <param name="Steps">Environment steps taken since training began.</param>
/// <param name="MeanReturn">The mean total reward of this iteration's trials.</param>
/// <param name="RolloutSeconds">Time spent playing.</param>
/// <param name="UpdateSeconds">Time spent learning.</param>
/// <param name="Figures">
/// What else is worth a curve, such as <c>policy_loss</c>, <c>entropy</c>, <c>kl</c>; all finite. A figure that is not
/// defined in an iteration is left out of it.
/// </param>
public readonly record struct IterationReport(
    int Iteration, long Steps, double MeanReturn, double RolloutSeconds, double UpdateSeconds,
    IReadOnlyList<(string Name, double Value)> Figures);
