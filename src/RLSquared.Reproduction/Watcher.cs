using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Tasks;

namespace RLSquared.Reproduction;

/// <summary>Who watches a reproduction: the project knows of no console.</summary>
/// <param name="Messages">Where it says what it does.</param>
/// <param name="Train">Trains to the end of a run's budget, from a checkpoint or from the start, and shows it.</param>
/// <param name="Interrupted">Asks for the end.</param>
internal sealed record Watcher(
    TextWriter Messages, Func<Problem, IAlgorithm, RunFolder, Checkpoint?, TrainingOutcome> Train,
    CancellationToken Interrupted);
