namespace RLSquared.Sharding;

/// <summary>
/// Something that the work of all shards of a phase goes by: the weights, what was played. It is sent to another
/// process once for each version.
/// </summary>
/// <param name="name">Its name, the same in each process.</param>
/// <param name="version">Changes whenever the content does.</param>
/// <param name="visit">Shows the content.</param>
internal sealed class ShardPart(string name, Func<long> version, Action<ByteVisitor> visit)
{
    /// <summary>The name, such as <c>weights</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The version of the content.</summary>
    public long Version => version();

    /// <summary>Shows the content, which the visitor reads or writes over.</summary>
    public void Visit(ByteVisitor visitor) => visit(visitor);
}

/// <summary>
/// One kind of work that an iteration cuts into shards: playing, learning from a minibatch. What a shard computes
/// depends on its number and on the parts alone, so that any process that has these finds the same bits.
/// </summary>
/// <param name="name">Its name, such as <c>learn</c>.</param>
/// <param name="parts">All that it goes by, besides the options and the seed.</param>
/// <param name="compute">Does the work of a shard.</param>
/// <param name="visitResult">Shows what that work has left, of a shard.</param>
internal sealed class ShardPhase(
    string name, IReadOnlyList<ShardPart> parts, Action<int> compute, Action<ByteVisitor, int> visitResult)
{
    /// <summary>The name.</summary>
    public string Name { get; } = name;

    /// <summary>What it goes by.</summary>
    public IReadOnlyList<ShardPart> Parts { get; } = parts;

    /// <summary>Does the work of a shard.</summary>
    public Action<int> Compute { get; } = compute;

    /// <summary>
    /// Whether shards wait for each other: the task has few lanes, in another process as a rule.
    /// </summary>
    public bool OneAtATime { get; init; }

    /// <summary>
    /// Does the work of several shards at once, on all threads of the process; null where each thread takes a shard.
    /// </summary>
    public Action<int[]>? Together { get; init; }

    /// <summary>
    /// Shows the result of a shard: numbers that are copied where it was computed, and written over elsewhere, so that
    /// they are there as if they had been computed there.
    /// </summary>
    public void VisitResult(ByteVisitor visitor, int shard) => visitResult(visitor, shard);
}
