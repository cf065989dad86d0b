using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Objectives;

namespace RLSquared.Language.Pipelines;

/// <summary>
/// How far generation may run ahead of training: what the rule allows, times what the throttle leaves of it. Groups
/// that were dropped are made up for.
/// </summary>
sealed class LagControl(PipelineRlOptions options)
{
    const double LeastShare = 1.0 / 64, Recovery = 1.0 / 16;

    readonly int groupSize = options.Learning.GroupSize, batch = options.Learning.Batch;
    readonly int groups = options.Learning.Batch / options.Learning.GroupSize;
    long dropped;
    double share = 1;

    /// <summary>The share of the allowed lag that the throttle leaves, 1/64 to 1.</summary>
    public double Share => share;

    /// <summary>Groups that were too old to be learnt from.</summary>
    public long Dropped => dropped;

    /// <summary>How far ahead of the trainer a group may ever be, in groups.</summary>
    public int Capacity => groups * (options.Mode == PipelineMode.Conventional ? options.UpdatesPerBatch
        : options.LagRule == LagRule.Capacity ? options.Staleness + 2
        : options.MaxLag / batch + 3);

    /// <summary>Groups with lower numbers may have begun.</summary>
    /// <param name="updates">Updates so far: the version.</param>
    /// <param name="begun">Groups that have begun.</param>
    public long Allowed(int updates, long begun) => options.Mode == PipelineMode.Conventional
        ? dropped + (updates / options.UpdatesPerBatch + 1L) * options.UpdatesPerBatch * groups
        : options.LagRule == LagRule.Samples
        ? dropped + LagRules.GroupsAllowed(
            Math.Max(groupSize, (int)(options.MaxLag * share)), groupSize, batch, updates)
        : begun + LagRules.Capacity((int)(options.Staleness * share), updates, batch,
            accepted: (begun - dropped) * groupSize, running: 0, mostRunning: int.MaxValue) / groupSize;

    /// <summary>Whether a group that began at a version is too old; then it counts as dropped.</summary>
    public bool Drops(int startVersion, int updates)
    {
        bool drops = options.Oldest > 0 && LagRules.IsTooOld(startVersion, updates, options.Oldest);
        dropped += drops ? 1 : 0;
        return drops;
    }

    /// <summary>
    /// After an update: a low sample size foretells collapse, so that the lag is halved at once and grows back slowly.
    /// </summary>
    public void Throttle(double effectiveSampleSize)
    {
        if (options.EssFloor > 0)
        {
            share = effectiveSampleSize < options.EssFloor ? Math.Max(LeastShare, share / 2)
                : Math.Min(1, share + Recovery);
        }
    }

    /// <summary>Shows its state.</summary>
    public void VisitState(StateVisitor visitor)
    {
        visitor.Integer("dropped", ref dropped);
        byte[] bytes = BitConverter.GetBytes(share);
        visitor.Bytes("lag_share", ref bytes);
        share = BitConverter.ToDouble(bytes);
    }
}
