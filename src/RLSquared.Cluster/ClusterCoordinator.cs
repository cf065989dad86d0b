using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RLSquared.Algorithms;
using RLSquared.Cluster.Coordination;
using RLSquared.Cluster.Doors;
using RLSquared.Cluster.Messages;
using RLSquared.Cluster.Registries;
using RLSquared.Cluster.Snapshots;
using RLSquared.Cluster.Work;
using RLSquared.Runs;
using RLSquared.Sharding;
using RLSquared.Tensors.Devices;

namespace RLSquared.Cluster;

/// <summary>
/// Lets other processes take part in a training. As long as it is there, the algorithm's shards are computed by this
/// process and by all workers that have joined; the bits are those of this process alone. An algorithm that learns
/// while its experience is made gets it from all of them in place of this.
/// <code>
/// using var cluster = ClusterCoordinator.Start(options, rl2, configuration);
/// new Training(rl2, budget).Run();
/// </code>
/// </summary>
public sealed class ClusterCoordinator : IDisposable
{
    const string Name = "training";

    readonly IAlgorithm algorithm;
    readonly RunConfiguration configuration;
    readonly ClusterOptions options;
    readonly Action<string> log;
    readonly ThreadRunner? before;                          // of shards
    readonly CancellationTokenSource ending = new();
    IHost? host;
    Roster? roster;
    ClusterRunner? runner;                                  // of an algorithm with shards
    BlockExchange? exchange;                                // or of one that learns from blocks
    WeightStore? store;
    WeightServer? weights;
    StatusFile? file;
    bool isEntered;

    ClusterCoordinator(
        IAlgorithm algorithm, RunConfiguration configuration, ClusterOptions options, Action<string> log) =>
        (this.algorithm, this.configuration, this.options, this.log, before) =
            (algorithm, configuration, options, log, (algorithm as IShardedAlgorithm)?.Shards.Runner as ThreadRunner);

    /// <summary>Opens the address and begins to share shards with the workers that join.</summary>
    /// <param name="options">Where, and what protects it.</param>
    /// <param name="algorithm">What is trained; not owned.</param>
    /// <param name="configuration">From what workers make the same algorithm.</param>
    /// <param name="log">Receives a sentence for each worker that comes, goes or is lost; null for none.</param>
    /// <exception cref="OptionException">
    /// The algorithm has no shards, or the address may not be opened without secret and certificate.
    /// </exception>
    /// <exception cref="ClusterException">The port is in use or not allowed.</exception>
    public static ClusterCoordinator Start(
        ClusterOptions options, IAlgorithm algorithm, RunConfiguration configuration, Action<string>? log = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(algorithm);
        ArgumentNullException.ThrowIfNull(configuration);
        if (algorithm is IPipelinedAlgorithm { Alone: { } why })
            throw new OptionException("--cluster", $"{algorithm.Name} with {why}; or train it without --cluster");
        if (algorithm is not (IShardedAlgorithm { Shards.Runner: ThreadRunner } or IPipelinedAlgorithm))
        {
            throw new OptionException("--cluster", $"{algorithm.Name} has no shards for other processes; train " +
                "it without --cluster, or another algorithm: see docs/cluster.md");
        }
        if (algorithm.Parameters.Device != Device.Cpu)
        {
            throw new OptionException("--cluster", $"workers compute on processors, and this training on " +
                $"{algorithm.Parameters.Device}, whose bits differ; train on --device cpu, or without --cluster");
        }
        options.RequireProtected(options.Address.Address);
        if (options.Registry is not null)
        {
            int port = options.Address.Port > 0 ? options.Address.Port
                : LocalAddress.FreePort(options.Address.Address);
            options = options with
            {
                Address = new IPEndPoint(options.Address.Address, port),
                ClusterId = Guid.NewGuid().ToString("N"),
            };
        }
        RequireFree(options.Address);
        var coordinator = new ClusterCoordinator(algorithm, configuration, options, log ?? (_ => { }));
        try
        {
            coordinator.Open();
            return coordinator;
        }
        catch (Exception failure) when (failure is OptionException or ClusterException or RegistryException)
        {
            coordinator.Dispose();
            throw;
        }
        catch (Exception failure)
        {
            coordinator.Dispose();
            throw new ClusterException(
                $"no cluster can be formed at {options.Address}: {failure.GetBaseException().Message}", failure);
        }
    }

    /// <summary>How many workers can be given shards at present.</summary>
    public int Workers => roster!.Available().Length;

    /// <summary>Closes the address. The algorithm goes on with its own threads, and workers wait.</summary>
    public void Dispose()
    {
        if (algorithm is IShardedAlgorithm sharded)
            sharded.Shards.Runner = before!;
        file?.Dispose();
        ending.Cancel();
        exchange?.Dispose();
        roster?.Close();
        if (host is not null)
            SiloHost.StopAsync(host).GetAwaiter().GetResult();
        host = null;
        weights?.Dispose();
        store?.Dispose();
        (file, exchange, weights, store) = (null, null, null, null);
        if (isEntered)
            Registration.LeaveAsync(options).GetAwaiter().GetResult();
        isEntered = false;
    }

    /// <summary>Ends the lane to a worker, as a network may at any moment.</summary>
    internal void BreakLane(string worker) => roster!.BreakLane(worker);

    /// <summary>How the cluster does.</summary>
    internal ClusterStatus Status
    {
        get
        {
            IReadOnlyList<WorkerStatus> workers = roster!.Statuses();
            PipelineStatus? pipeline = exchange?.Status;
            (long sent, long received) = exchange?.Bytes ?? (runner!.BytesSent, runner.BytesReceived);
            long here = runner?.ShardsHere ?? Math.Max(0, pipeline!.Delivered - exchange!.Blocks);
            return new ClusterStatus(configuration.Task, configuration.Algorithm, algorithm.Steps, algorithm.Unit, here,
                pipeline?.Restarted ?? runner!.Replayed, roster.Lost, sent, received,
                exchange is null ? workers : [.. workers.Select(exchange.Describe)])
            {
                Pipeline = pipeline,
                Time = DateTime.UtcNow,
            };
        }
    }

    /// <summary>Writes how the cluster does to a file, again and again, for the dashboard.</summary>
    /// <param name="path">The file; another one takes its place in one piece.</param>
    internal void WriteStatus(string path) => file = new StatusFile(path, () => Status);

    void Open()
    {
        if (options.Registry is not null)
        {
            Registration.EnterAsync(options).GetAwaiter().GetResult();
            isEntered = true;
        }
        var door = new DoorMiddleware(options.Secret, new Hello(Errand.Silo, Name, Build.Current), AnswerAsync);
        host = SiloHost.StartAsync(options, options.Address, Name, door, watches: true, Failed, silo =>
            silo.Services.AddSingleton<ShardServices>()).GetAwaiter().GetResult();
        string training = Guid.NewGuid().ToString("N");
        if (algorithm is IPipelinedAlgorithm)
        {
            store = new WeightStore();
            weights = WeightServer.Start(options.Address.Address, options, store, training);
        }
        var sharded = algorithm as IShardedAlgorithm;
        var card = new TrainingCard(
            training, configuration, algorithm.GetType().Module.ModuleVersionId, sharded?.Shards.Count ?? 0)
        {
            WeightPort = weights?.Port ?? 0,
        };
        var members = new Roster(card, host.Services.GetRequiredService<ShardServices>(), options, log);
        if (sharded is not null)
            sharded.Shards.Runner = runner = new ClusterRunner(sharded, before!, members, options.Patience, log);
        else
            exchange = new BlockExchange((IPipelinedAlgorithm)algorithm, members, store!, options.Patience, log);
        roster = members;
        _ = Task.Run(() => FollowAsync(members, ending.Token));
    }

    void Failed(string why)
    {
        if (ending.IsCancellationRequested)
            return;
        log($"the cluster has failed ({why}); the training goes on alone");
        roster?.Follow([]);
        ending.Cancel();
    }

    async Task FollowAsync(Roster roster, CancellationToken cancellation)
    {
        IServiceProvider services = host!.Services;
        SiloAddress own = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
        var membership = services.GetRequiredService<IClusterMembershipService>();
        try
        {
            await foreach (ClusterMembershipSnapshot snapshot in membership.MembershipUpdates
                .WithCancellation(cancellation))
            {
                roster.Follow(snapshot.Members.Values
                    .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(own))
                    .Select(member => member.SiloAddress));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    Task<Answer> AnswerAsync(Hello hello)
    {
        if (hello.Errand is Errand.Silo or Errand.Join && Build.Current.Complaint(hello.Name, hello.Build) is { } other)
            return Task.FromResult(new Answer(other));
        if (roster is null)
            return Task.FromResult(new Answer(hello.Errand == Errand.Silo ? null : "the training is just beginning")
            {
                MayChange = true,
            });
        return Task.FromResult(hello.Errand switch
        {
            Errand.Knock => new Answer(roster.Knows(hello.Name) ? null
                : $"worker '{hello.Name}' takes part no more: it did not answer for too long"),
            Errand.Join => new Answer(roster.Expect(hello.Name, hello.Asker)) { MayChange = true },
            Errand.Drain => new Answer(roster.Drain(hello.Name)),
            Errand.Status => new Answer(
                Content: JsonSerializer.Serialize(Status, CardJson.Default.ClusterStatus)),
            _ => new Answer(),
        });
    }

    static void RequireFree(IPEndPoint address)
    {
        try
        {
            using var probe = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            probe.Bind(address);
        }
        catch (SocketException failure)
        {
            throw new ClusterException(failure.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => $"port {address.Port} of {address.Address} is in use; name " +
                    $"another one: --cluster {new IPEndPoint(address.Address, address.Port == 65535 ? 11111
                        : address.Port + 1)}",
                SocketError.AccessDenied => $"this user may not open port {address.Port}; name one above 1023",
                SocketError.AddressNotAvailable => $"{address.Address} is no address of this machine; --cluster " +
                    "names the machine that trains",
                _ => $"{address} cannot be opened: {failure.Message}",
            }, failure);
        }
    }
}
