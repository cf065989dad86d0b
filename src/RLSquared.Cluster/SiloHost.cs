using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using RLSquared.Cluster.Doors;

namespace RLSquared.Cluster;

/// <summary>A silo of Orleans: membership, failure detection and messages between the processes of a cluster.</summary>
internal static class SiloHost
{
    /// <summary>What Orleans calls this kind of cluster.</summary>
    public const string Service = "rl2";

    const int MostWorkers = 4096;

    /// <summary>The time in which a silo has to start, and in which it has to stop.</summary>
    public static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(20), StopLimit = TimeSpan.FromSeconds(3);

    /// <summary>Starts a silo.</summary>
    /// <param name="options">The cluster.</param>
    /// <param name="own">Where this silo is reached.</param>
    /// <param name="name">Its name.</param>
    /// <param name="door">Stands before it.</param>
    /// <param name="watches">Whether it finds out which others have ended; the training alone does.</param>
    /// <param name="failed">Receives why the silo cannot go on.</param>
    /// <param name="configure">What else it has.</param>
    public static async Task<IHost> StartAsync(
        ClusterOptions options, IPEndPoint own, string name, DoorMiddleware door, bool watches, Action<string> failed,
        Action<ISiloBuilder> configure)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.SetMinimumLevel(LogLevel.None);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopLimit);
        builder.UseOrleans(silo =>
        {
            if (options.Registry is { } registry)
                silo.UseRedisClustering(redis => redis.ConfigurationOptions = registry.Options);
            else
                silo.UseDevelopmentClustering(options.Address);
            silo.ConfigureEndpoints(own.Address, own.Port, gatewayPort: 0);
            silo.Configure<Orleans.Configuration.ClusterOptions>(cluster =>
                (cluster.ClusterId, cluster.ServiceId) = (options.ClusterId, Service));
            silo.Configure<SiloOptions>(silo => silo.SiloName = name);
            silo.Configure<ClusterMembershipOptions>(membership => Detect(membership, watches));
            silo.Services.AddSingleton<IFatalErrorHandler>(new FatalErrors(failed));
            if (options.Certificate is { } certificate)
                silo.UseTls(tls => ClusterTls.Configure(tls, certificate));
            silo.Configure<SiloConnectionOptions>(door.Configure);        // within the encryption
            configure(silo);
        });
        IHost host = builder.Build();
        try
        {
            using var limit = new CancellationTokenSource(StartLimit);
            await host.StartAsync(limit.Token).WaitAsync(StartLimit);
            return host;
        }
        catch
        {
            await StopAsync(host);
            throw;
        }
    }

    /// <summary>Stops a silo; what does not end in time is left behind.</summary>
    public static async Task StopAsync(IHost host)
    {
        try
        {
            using var limit = new CancellationTokenSource(StopLimit);
            await host.StopAsync(limit.Token).WaitAsync(StopLimit);
        }
        catch (Exception)
        {
            // It was to go anyway, and the others notice by themselves.
        }
        try
        {
            await ((IAsyncDisposable)host).DisposeAsync().AsTask().WaitAsync(StopLimit);
        }
        catch (Exception)
        {
        }
    }

    // A process that ends is found out after two probes of half a second, or of one where answers come late.
    static void Detect(ClusterMembershipOptions membership, bool watches)
    {
        membership.LivenessEnabled = watches;
        membership.NumProbedSilos = MostWorkers;
        (membership.ProbeTimeout, membership.MinProbeTimeout) = (TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(0.5));
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(1);
        membership.NumMissedProbesLimit = 2;
        membership.NumVotesForDeathDeclaration = 1;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
        membership.MaxJoinAttemptTime = TimeSpan.FromSeconds(15);
    }
}
