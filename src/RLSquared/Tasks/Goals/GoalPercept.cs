using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Goals;

/// <summary>Decides in N lanes where to go.</summary>
/// <param name="percept">The observations and the goals.</param>
/// <param name="actions">Receives the actions of all lanes; those of lanes that are over are ignored.</param>
public delegate void GoalAct(in GoalPercept percept, ActionSpan actions);

/// <summary>What an agent receives before each step on the way to a goal.</summary>
public readonly ref struct GoalPercept
{
    /// <summary>The lanes, N.</summary>
    public required int Lanes { get; init; }

    /// <summary>The observations, [N, D].</summary>
    public required ReadOnlySpan<float> Observations { get; init; }

    /// <summary>The goals as observations, [N, D]; <see cref="GoalTask.Represent"/> says what matters of one.</summary>
    public required ReadOnlySpan<float> Goals { get; init; }

    /// <summary>The step of the episode, 0, 1, ….</summary>
    public required int Step { get; init; }

    /// <summary>The seed of the evaluation.</summary>
    public required ulong Seed { get; init; }

    /// <summary>The number of lane 0's episode.</summary>
    public required ulong FirstEpisode { get; init; }

    /// <summary>What a lane's agent may draw from at this step: the same on any number of threads.</summary>
    /// <param name="lane">Which.</param>
    public RandomSequence Random(int lane) =>
        new RandomKey(Seed, RandomPurpose.Agent, FirstEpisode + (ulong)lane).Sequence((uint)Step);
}
