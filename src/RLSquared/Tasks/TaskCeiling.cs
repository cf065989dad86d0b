using RLSquared.Agents;

namespace RLSquared.Tasks;

/// <summary>
/// What no agent, or nearly none, can exceed on a task. A task says how it is found
/// (<see cref="TaskDistribution.Ceiling"/>), and an evaluation finds it on the trials that the agents play.
/// </summary>
public sealed class TaskCeiling
{
    TaskCeiling(string name, bool isBound) => (Name, IsBound) = (name, isBound);

    /// <summary>What it is, as it reads in a table: 'best arm known, out of reach'.</summary>
    public string Name { get; }

    /// <summary>Whether no agent can exceed it in expectation.</summary>
    public bool IsBound { get; }

    internal Func<double>? Value { get; private init; }

    internal Agent? Reference { get; private init; }

    internal Func<Lanes, int, double>? Best { get; private init; }

    /// <summary>A mean return that can be computed, such as that of an exact solution.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="value">Computes it; may take a second or two.</param>
    public static TaskCeiling Computed(string name, Func<double> value) => new(name, true) { Value = value };

    /// <summary>What a reference agent earns on the same trials.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="reference">Who plays.</param>
    /// <param name="isBound">Whether no agent can exceed it in expectation.</param>
    public static TaskCeiling Played(string name, Agent reference, bool isBound = false) =>
        new(name, isBound) { Reference = reference };

    /// <summary>The mean over trials of what each brings at best to someone who knows its task.</summary>
    /// <param name="name">What it is.</param>
    /// <param name="best">
    /// What the trial of a lane brings at best on average, asked when the trial has just begun.
    /// </param>
    public static TaskCeiling OfEachTrial(string name, Func<Lanes, int, double> best) =>
        new(name, true) { Best = best };
}
