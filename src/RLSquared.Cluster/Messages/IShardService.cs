using Orleans.Concurrency;
using Orleans.Services;

namespace RLSquared.Cluster.Messages;

/// <summary>
/// The grain of each worker's silo: it makes the algorithm of a training, whose shards then come on a lane of their own
/// (<see cref="Lanes.Lane"/>).
/// </summary>
internal interface IShardService : IGrainService
{
    /// <summary>Makes the algorithm of a training.</summary>
    /// <param name="training">A <see cref="TrainingCard"/>.</param>
    /// <returns>A <see cref="WorkerCard"/>.</returns>
    [ResponseTimeout("00:02:00")]
    Task<byte[]> Greet(byte[] training);

    /// <summary>Ends the worker.</summary>
    /// <param name="reason">Why; null where it was asked to leave.</param>
    [OneWay]
    Task Leave(string? reason);
}
