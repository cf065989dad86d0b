using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RLSquared.Algorithms;
using RLSquared.Cluster.Doors;
using RLSquared.Cluster.Registries;
using RLSquared.Cluster.Work;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cluster;

/// <summary>
/// A process that computes shards for a training elsewhere. It may join and leave at any moment, also by being killed.
/// It waits for a training, takes part until that ends, and waits for the next one.
/// <code>
/// new ClusterWorker(options, "b", threads: 4, (configuration, workers) =&gt; new Rl2(task, rl2Options, seed, workers))
///     .Run(cancellation);
/// </code>
/// </summary>
/// <param name="options">Where the training is, and what protects it.</param>
/// <param name="name">A name that no other worker has.</param>
/// <param name="threads">The threads with which it computes.</param>
/// <param name="create">Makes the algorithm that a training's configuration describes, on these threads.</param>
public sealed class ClusterWorker(
    ClusterOptions options, string name, int threads, Func<RunConfiguration, Workers, IAlgorithm> create)
{
    const int Tries = 3;                                    // of finding a free port

    static readonly TimeSpan pause = TimeSpan.FromSeconds(0.25);
    static readonly TimeSpan silence = TimeSpan.FromSeconds(2);     // after which it asks whether the training lives
    static readonly TimeSpan refusals = TimeSpan.FromSeconds(5);    // a name may still belong to one that was killed
    static readonly TimeSpan hangUps = TimeSpan.FromSeconds(10);    // a training that begins may be too busy to answer
    static readonly TimeSpan farewell = TimeSpan.FromSeconds(5);

    readonly string asker = Guid.NewGuid().ToString("N");
    ClusterOptions? found;                                  // with the address of the training, once it was looked up

    /// <summary>How long it waits for a training before it gives up.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Receives a sentence for each training that begins and ends.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Takes part until it is asked to leave, or no training is there for the time to wait.</summary>
    /// <param name="cancellation">Asks it to leave: what it computes is finished first.</param>
    /// <returns>Whether it was asked to leave; else no training was there for the time to wait.</returns>
    /// <exception cref="OptionException">Its address may not be opened without secret and certificate.</exception>
    /// <exception cref="ClusterException">It was refused; the message says why.</exception>
    public bool Run(CancellationToken cancellation) => RunAsync(cancellation).GetAwaiter().GetResult();

    async Task<bool> RunAsync(CancellationToken cancellation)
    {
        if (options.Registry is null)
            options.RequireProtected(options.Listen ?? LocalAddress.Towards(options.Address));
        while (await IsLetInAsync(cancellation))
        {
            IPAddress listen = Place.Listen ?? LocalAddress.Towards(Place.Address);
            Place.RequireProtected(listen);
            if (await TakePartAsync(listen, cancellation))
                return true;
        }
        return cancellation.IsCancellationRequested;
    }

    // ---- at the door ----

    async Task<bool> IsLetInAsync(CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        var refused = new Stopwatch();
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                found = await Registration.FindAsync(options);
                Answer answer = await DoorCaller.AskAsync(Place, Ask(Errand.Join), cancellation);
                if (answer.Refusal is not { } refusal)
                    return true;
                refused.Start();
                if (!answer.MayChange || refused.Elapsed > refusals)
                    throw new ClusterException(refusal);
            }
            catch (HungUpException failure)
            {
                refused.Start();
                if (refused.Elapsed > hangUps)
                    throw new ClusterException(failure.Message, failure);
            }
            catch (RegistryException failure)
            {
                if (!failure.MayCome || waited.Elapsed > Wait)
                    throw new ClusterException(failure.Message, failure);
            }
            catch (NotThereException)
            {
                if (waited.Elapsed > Wait)
                    return false;
            }
            catch (OperationCanceledException)
            {
                return false;
            }
            await Task.Delay(pause, CancellationToken.None);
        }
        return false;
    }

    ClusterOptions Place => found ?? options;

    Hello Ask(Errand errand) => new(errand, name, Build.Current) { Asker = asker };

    // ---- in a training ----

    async Task<bool> TakePartAsync(IPAddress listen, CancellationToken cancellation)
    {
        using var bench = new ShardBench(name, threads, create, listen, Place)
        {
            Greeted = card => Log?.Invoke($"takes part in a training of {card.Configuration.Algorithm} on " +
                $"{card.Configuration.Task}, seed {card.Configuration.Seed}"),
        };
        IHost? host = await StartAsync(listen, bench);
        if (host is null)
            return false;                                   // the training has ended meanwhile
        try
        {
            var unanswered = new Stopwatch();
            while (!bench.Ended.IsCompleted && !cancellation.IsCancellationRequested
                && await IsThereAsync(bench, unanswered))
            {
                await Task.WhenAny(bench.Ended, Task.Delay(pause, CancellationToken.None));
            }
            if (cancellation.IsCancellationRequested && !bench.Ended.IsCompleted)
                await SayFarewellAsync(bench);
        }
        finally
        {
            await SiloHost.StopAsync(host);
        }
        if (bench.Left.IsCompleted && bench.Left.Result is { } refusal)
            throw new ClusterException(refusal);
        if (!bench.Left.IsCompleted)
            Log?.Invoke("the training has ended");
        return bench.Left.IsCompleted || cancellation.IsCancellationRequested;
    }

    async Task<IHost?> StartAsync(IPAddress listen, ShardBench bench)
    {
        var door = new DoorMiddleware(Place.Secret, Ask(Errand.Silo), hello => Task.FromResult(
            hello.Errand == Errand.Silo ? new Answer(Build.Current.Complaint(hello.Name, hello.Build))
                : new Answer("this is a worker; ask the training")));
        for (int tried = 1; ; tried++)
        {
            try
            {
                var own = new IPEndPoint(listen, LocalAddress.FreePort(listen));
                return await SiloHost.StartAsync(Place, own, name, door, watches: false, _ => bench.Lose(), silo =>
                {
                    silo.Services.AddSingleton(bench);
                    silo.Services.AddSingleton<ShardServices>();
                    silo.AddGrainService<ShardService>();
                });
            }
            catch (Exception failure) when (failure is not OptionException)
            {
                if (!await AnswersAsync())
                    return null;
                if (tried == Tries)
                {
                    throw new ClusterException($"worker '{name}' cannot reach the cluster at {Place.Address} from " +
                        $"{listen}: {failure.GetBaseException().Message}", failure);
                }
            }
        }
    }

    // A training that has shards to give is heard of all the time; one that evaluates, has ended or has given this
    // worker up is not.
    async Task<bool> IsThereAsync(ShardBench bench, Stopwatch unanswered)
    {
        if (bench.Silence < silence)
            return true;
        try
        {
            Answer answer = await DoorCaller.AskAsync(Place, Ask(Errand.Knock), CancellationToken.None);
            unanswered.Reset();
            return answer.Refusal is null;
        }
        catch (IOException failure) when (failure.InnerException is not SocketException)
        {
            unanswered.Start();                             // it listens, and is busy
            return unanswered.Elapsed < hangUps;
        }
        catch (IOException)
        {
            return false;
        }
    }

    async Task<bool> AnswersAsync()
    {
        try
        {
            Answer answer = await DoorCaller.AskAsync(Place, Ask(Errand.Knock), CancellationToken.None);
            return answer.Refusal is null;
        }
        catch (IOException)
        {
            return false;
        }
    }

    // The training gives it no more shards and sends it away when it has answered for those that it has.
    async Task SayFarewellAsync(ShardBench bench)
    {
        try
        {
            await DoorCaller.AskAsync(Place, Ask(Errand.Drain), CancellationToken.None);
            await bench.Ended.WaitAsync(farewell);
        }
        catch (Exception failure) when (failure is IOException or TimeoutException)
        {
            // The training is not there any more, or cannot wait: what it lacks, it computes itself.
        }
    }
}
