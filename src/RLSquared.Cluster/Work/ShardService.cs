using Microsoft.Extensions.Logging;
using Orleans.Runtime.Services;
using RLSquared.Cluster.Messages;

namespace RLSquared.Cluster.Work;

/// <summary>Hands what a worker's silo is told to its bench.</summary>
internal sealed class ShardService(GrainId id, Silo silo, ILoggerFactory loggers, ShardBench bench)
    : GrainService(id, silo, loggers), IShardService
{
    public Task<byte[]> Greet(byte[] training) => bench.Greet(training);

    public Task Leave(string? reason)
    {
        bench.Leave(reason);
        return Task.CompletedTask;
    }
}

/// <summary>Finds the service of a silo.</summary>
internal sealed class ShardServices(IServiceProvider services) : GrainServiceClient<IShardService>(services)
{
    /// <summary>The service of this silo.</summary>
    public IShardService Of(SiloAddress silo) => GetGrainService(silo);
}
