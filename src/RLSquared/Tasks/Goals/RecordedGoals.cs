using RLSquared.Datasets;

namespace RLSquared.Tasks.Goals;

/// <summary>A world of which there are recorded trajectories and nothing else: it cannot be played, so no agent can be
/// judged in it.</summary>
/// <param name="data">The trajectories.</param>
sealed class RecordedGoals(GoalDataset data) : GoalTask
{
    /// <inheritdoc/>
    public override string Name => data.Name;

    /// <inheritdoc/>
    public override ObservationSpace Observation => data.Observation;

    /// <inheritdoc/>
    public override ActionSpace Action => data.Action;

    /// <inheritdoc/>
    public override int GoalWidth => data.GoalWidth;

    /// <inheritdoc/>
    public override int EpisodeLength => data.Longest;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Evaluations => [];

    /// <inheritdoc/>
    public override IReadOnlyList<GoalDataKind> Data => [];

    /// <inheritdoc/>
    protected override bool HasGoals => data.HasGoals;

    /// <inheritdoc/>
    public override GoalLanes CreateLanes(int count) =>
        throw new NotSupportedException($"{Name} holds recorded trajectories, in which nothing can be tried");

    private protected override void Record(string kind, ulong seed, ulong trajectory, TrajectorySpan target) =>
        throw new NotSupportedException($"{Name} holds recorded trajectories, and no more can be made");
}
