using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Sharding;
using RLSquared.Tensors;

namespace RLSquared.Objectives;

/// <summary>
/// What the policy that played said of each step, by shard, so that a policy that has moved since can be compared with
/// it.
/// </summary>
sealed class PlayedRows
{
    readonly Policy policy;
    readonly int stride;                                      // numbers of a trial
    readonly float[][] rows;                                  // by shard, chunk after chunk [T · B, A + C]
    readonly float[] logDeviations;                           // [C]

    /// <summary>Room for all steps of a rollout.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="shards">The shards of the rollout.</param>
    /// <param name="T">Steps of a trial.</param>
    public PlayedRows(Policy policy, IReadOnlyList<Shard> shards, int T)
    {
        this.policy = policy;
        stride = T * (policy.Action.Size + policy.Action.Numbers);
        rows = [.. shards.Select(shard => new float[checked(shard.Count * stride)])];
        logDeviations = new float[policy.Action.Numbers];
    }

    /// <summary>Begins anew, with the policy as it is: it has just played.</summary>
    public void Begin() => policy.CopyLogDeviations(logDeviations);

    /// <summary>Keeps what it says of a chunk of a shard's trials.</summary>
    /// <param name="played">Its rows, [T · B, A + C].</param>
    /// <param name="s">The shard.</param>
    /// <param name="from">The chunk's first trial.</param>
    public void Keep(Tensor played, int s, int from) => played.CopyTo(Chunk(s, from, played.Shape));

    /// <summary>KL(π_old ‖ π) of each step of a chunk, [T · B, 1].</summary>
    /// <param name="now">What the moved policy says of it.</param>
    /// <param name="tape">Where that was computed.</param>
    /// <param name="s">The shard.</param>
    /// <param name="from">The chunk's first trial.</param>
    public Tensor DivergenceOf(PolicyDistribution now, Tape tape, int s, int from)
    {
        Tensor old = tape.Constant(now.Rows.Shape, Chunk(s, from, now.Rows.Shape));
        Tensor deviations = logDeviations.Length == 0 ? default
            : tape.Constant(new Shape(logDeviations.Length), logDeviations);
        return now.DivergenceFrom(PolicyDistribution.FromRows(policy.Action, old, deviations));
    }

    /// <summary>Shows what is kept of all shards.</summary>
    public void Visit(ByteVisitor visitor)
    {
        visitor.Numbers(logDeviations.AsSpan());
        foreach (float[] one in rows)
            visitor.Numbers(one.AsSpan());
    }

    /// <summary>Shows what is kept of a shard.</summary>
    public void Visit(ByteVisitor visitor, int s) => visitor.Numbers(rows[s].AsSpan());

    Span<float> Chunk(int s, int from, Shape shape) => rows[s].AsSpan(from * stride, (int)shape.Count);
}
