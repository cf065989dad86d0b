using RLSquared.Sharding;

namespace RLSquared.Algorithms;

/// <summary>
/// An algorithm whose iterations are cut into a fixed number of shards, in phases that other processes can take part
/// in. Each process makes the algorithm of the same options and seed; one of them iterates, and the others compute
/// shards for it.
/// </summary>
internal interface IShardedAlgorithm : IAlgorithm
{
    /// <summary>Its shards.</summary>
    ShardSet Shards { get; }
}
