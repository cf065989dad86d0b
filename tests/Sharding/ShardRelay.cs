using RLSquared.Algorithms;

namespace RLSquared.Sharding;

/// <summary>
/// Has each shard computed by another algorithm of the same options, in another order; now and then one is computed
/// here, as when a process was lost.
/// </summary>
sealed class ShardRelay(IShardedAlgorithm here, IShardedAlgorithm there) : ShardRunner
{
    int runs;

    public HashSet<string> Phases { get; } = [];

    public override void Run(ShardPhase phase, int shards)
    {
        Phases.Add(phase.Name);
        ShardPhase twin = there.Shards.Phases[here.Shards.Phases.ToList().IndexOf(phase)];
        for (int i = 0; i < phase.Parts.Count; i++)
            Copy(phase.Parts[i].Visit, twin.Parts[i].Visit);
        runs++;
        for (int s = shards - 1; s >= 0; s--)
        {
            if ((runs + s) % 5 == 0)
            {
                phase.Compute(s);
                continue;
            }
            twin.Compute(s);
            Copy(visitor => twin.VisitResult(visitor, s), visitor => phase.VisitResult(visitor, s));
        }
    }

    static void Copy(Action<ByteVisitor> from, Action<ByteVisitor> to)
    {
        var writer = new ByteWriter();
        from(writer);
        var reader = new ByteReader(writer.Written);
        to(reader);
        reader.RequireEnd();
    }
}
