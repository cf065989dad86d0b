using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>What RL² can be told.</summary>
public sealed record Rl2Options
{
    /// <summary>Units of each recurrent layer, H.</summary>
    public int Hidden { get; init; } = 64;

    /// <summary>Trials per iteration, N.</summary>
    public int Trials { get; init; } = 1024;
}

/// <summary>What one iteration did.</summary>
/// <param name="Iteration">How many iterations were done, this one included.</param>
/// <param name="Steps">How many environment steps were taken since training began.</param>
/// <param name="MeanReturn">The mean total reward of this iteration's trials.</param>
/// <param name="RolloutSeconds">Time spent playing.</param>
/// <param name="UpdateSeconds">Time spent learning.</param>
public readonly record struct Rl2Report(
    int Iteration, long Steps, double MeanReturn, double RolloutSeconds, double UpdateSeconds);

/// <summary>RL².</summary>
public sealed class Rl2 : IDisposable
{
    /// <summary>A network at its first weights.</summary>
    public Rl2(TaskDistribution task, Rl2Options options, ulong seed, int threads) => throw new NotImplementedException();

    /// <summary>The steps that one iteration takes.</summary>
    public long StepsPerIteration => throw new NotImplementedException();

    /// <summary>One iteration: plays, finds advantages, learns.</summary>
    /// <param name="progress">The share of the budget that is spent, 0 to 1: what schedules go by.</param>
    public Rl2Report Iterate(double progress) => throw new NotImplementedException();

    /// <summary>The network as an agent that can be evaluated or shipped; it shares the weights.</summary>
    public Agent Agent => throw new NotImplementedException();

    /// <summary>All of the state by name: weights, optimiser moments, running statistics. Writing the spans restores it.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> State => throw new NotImplementedException();

    /// <summary>The whole-number part of the state: iteration, steps, optimiser steps.</summary>
    public IReadOnlyDictionary<string, long> Counters { get => throw new NotImplementedException(); }

    /// <summary>Restores the counters.</summary>
    public void SetCounters(IReadOnlyDictionary<string, long> counters) => throw new NotImplementedException();

    /// <inheritdoc/>
    public void Dispose() => throw new NotImplementedException();
}
