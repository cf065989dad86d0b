using Orleans.Concurrency;
using Orleans.Services;

namespace RLSquared.Cluster.Messages;

/// <summary>The grain of each worker's silo: it computes shards for the training.</summary>
internal interface IShardService : IGrainService
{
    /// <summary>Makes the algorithm of a training.</summary>
    /// <param name="training">A <see cref="TrainingCard"/>.</param>
    /// <returns>A <see cref="WorkerCard"/>.</returns>
    [ResponseTimeout("00:02:00")]
    Task<byte[]> Greet(byte[] training);

    /// <summary>Takes a piece of a part that is too large for one message.</summary>
    [ResponseTimeout("00:02:00")]
    Task Offer(PartPiece piece);

    /// <summary>Computes shards of a phase.</summary>
    [ResponseTimeout("01:00:00")]
    Task<ShardReply> Compute(ShardRequest request);

    /// <summary>Ends the worker.</summary>
    /// <param name="reason">Why; null where it was asked to leave.</param>
    [OneWay]
    Task Leave(string? reason);
}

/// <summary>Which shards of which phase to compute, and by what. All numbers are bytes.</summary>
/// <param name="Training">Of which training.</param>
/// <param name="Phase">The place of the phase among the algorithm's.</param>
/// <param name="Shards">The numbers of the shards.</param>
/// <param name="Parts">The identity of each of the phase's parts, in order.</param>
/// <param name="Contents">Their contents; null for those that the worker should have already.</param>
[GenerateSerializer, Immutable, Alias("rl2.request")]
internal sealed record ShardRequest(
    [property: Id(0)] string Training, [property: Id(1)] int Phase, [property: Id(2)] int[] Shards,
    [property: Id(3)] string[] Parts, [property: Id(4)] byte[]?[] Contents);

/// <summary>What became of a request.</summary>
/// <param name="Results">The result of each shard, in order; fewer where all do not fit into one message.</param>
/// <param name="Lacking">The places of parts that the worker does not have; nothing was computed then.</param>
/// <param name="Failure">Why nothing was computed; null if something was.</param>
[GenerateSerializer, Immutable, Alias("rl2.reply")]
internal sealed record ShardReply(
    [property: Id(0)] byte[][] Results, [property: Id(1)] int[] Lacking, [property: Id(2)] string? Failure)
{
    /// <summary>Seconds that the worker computed.</summary>
    [Id(3)]
    public double Seconds { get; init; }
}

/// <summary>A piece of a large part.</summary>
/// <param name="Training">Of which training.</param>
/// <param name="Part">The part's identity.</param>
/// <param name="Offset">Where the piece belongs.</param>
/// <param name="Total">Bytes of the whole part.</param>
/// <param name="Bytes">The piece.</param>
[GenerateSerializer, Immutable, Alias("rl2.piece")]
internal sealed record PartPiece(
    [property: Id(0)] string Training, [property: Id(1)] string Part, [property: Id(2)] int Offset,
    [property: Id(3)] int Total, [property: Id(4)] byte[] Bytes);
