using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Tests;

/// <summary>A training and its workers, each with a silo of its own, in this process.</summary>
internal sealed class InProcessCluster : IDisposable
{
    readonly CancellationTokenSource ending = new();
    readonly List<Task<bool>> workers = [];
    readonly List<string> log = [];

    public InProcessCluster(SmallTraining training, Func<ClusterOptions, ClusterOptions>? change = null)
        : this(training.Learner, training.Configuration, change) { }

    public InProcessCluster(
        IAlgorithm algorithm, RunConfiguration configuration,
        Func<ClusterOptions, ClusterOptions>? change = null)
    {
        var options = new ClusterOptions { Address = new IPEndPoint(IPAddress.Loopback, FreePort()) };
        Options = change?.Invoke(options) ?? options;
        Coordinator = ClusterCoordinator.Start(Options, algorithm, configuration, Note);
    }

    public ClusterOptions Options { get; }

    public ClusterCoordinator Coordinator { get; }

    /// <summary>What the training has said.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return string.Join('\n', log);
        }
    }

    /// <summary>Begins a worker, and waits until it can be given shards.</summary>
    public Task<bool> Join(string name, Func<RunConfiguration, Workers, IAlgorithm>? create = null)
    {
        int before = Coordinator.Workers;
        Task<bool> worker = Begin(name, create);
        WaitFor(() => Coordinator.Workers > before || worker.IsCompleted);
        if (create is null && worker.IsCompleted)
            Assert.Fail($"worker '{name}' has ended: {worker.Exception}\n{Log}");
        return worker;
    }

    /// <summary>Begins a worker.</summary>
    public Task<bool> Begin(
        string name, Func<RunConfiguration, Workers, IAlgorithm>? create = null, ClusterOptions? options = null)
    {
        var made = new ClusterWorker(options ?? Options, name, 1, create ?? SmallTraining.Create)
        {
            Wait = TimeSpan.FromSeconds(1),
        };
        var worker = Task.Factory.StartNew(() => made.Run(ending.Token), TaskCreationOptions.LongRunning);
        workers.Add(worker);
        return worker;
    }

    public static void WaitFor(Func<bool> holds)
    {
        var waited = Stopwatch.StartNew();
        while (!holds())
        {
            Assert.True(waited.Elapsed < Deadline.Far, "what was waited for has not come");
            Thread.Sleep(5);
        }
    }

    public static int FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }

    public void Dispose()
    {
        ending.Cancel();
        Task.WhenAll(workers).ContinueWith(_ => { }, TaskScheduler.Default).Wait(Deadline.Far);
        Coordinator.Dispose();
        ending.Dispose();
    }

    void Note(string sentence)
    {
        lock (log)
            log.Add(sentence);
    }
}
