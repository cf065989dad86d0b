using System.Security.Cryptography;
using System.Text;
using RLSquared.Algorithms;
using RLSquared.Language;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Tests;

/// <summary>A training of few trials and a small network, as a library user or the command makes it.</summary>
internal sealed class SmallTraining : IDisposable
{
    static readonly string[] small =
    [
        "pulls=4", "horizon=5", "episodes=2", "arms=3", "states=3", "actions=2", "hidden=8", "features=6", "filters=2",
        "action-embedding=2", "trials=22", "shards=4", "minibatch=11", "epochs=2", "value-minibatch=11",
        "value-epochs=2", "cg-iterations=2", "corridor=4",
        // Language models: one iteration of warm start, and more pieces than shards.
        "layers=1", "heads=2", "batch=20", "group-size=2", "warm-start=25", "warm-start-batch=6", "tokens-at-once=30",
    ];

    static readonly Catalogues catalogues = new(LanguageCatalogue.Tasks, LanguageCatalogue.Algorithms);

    readonly Runs.Learner learner;

    public SmallTraining(string task, string algorithm, params string[] more)
    {
        Configuration = Configure(task, algorithm, more);
        learner = Runs.Learner.Create(catalogues, Configuration, threads: 1);
    }

    /// <summary>All options.</summary>
    public RunConfiguration Configuration { get; }

    /// <summary>The algorithm.</summary>
    public IAlgorithm Learner => learner.Algorithm;

    /// <summary>The algorithm, if it has shards.</summary>
    public IShardedAlgorithm Algorithm => (IShardedAlgorithm)learner.Algorithm;

    /// <summary>The configuration of such a training.</summary>
    public static RunConfiguration Configure(string task, string algorithm, params string[] more)
    {
        TaskEntry entry = catalogues.Tasks.Find(task);
        AlgorithmEntry learns = catalogues.Algorithm(algorithm, entry);
        string[] keys = [.. more.Select(one => one.Split('=')[0])];
        Assignment[] settings = [.. small
            .Where(one => !keys.Contains(one.Split('=')[0]))
            .Where(one => entry.Options.Contains(one.Split('=')[0]) || learns.Options.Contains(one.Split('=')[0]))
            .Concat(more).Select(Assignment.Parse)];
        (Problem problem, RunConfiguration configuration) =
            TrainedRun.Configure(entry, learns, "default", settings);
        (problem as IDisposable)?.Dispose();
        return configuration with { Seed = 7, Threads = 1 };
    }

    /// <summary>What a worker makes of a configuration.</summary>
    public static IAlgorithm Create(RunConfiguration configuration, Workers workers) =>
        Cli.Sessions.ClusterSession.Create(catalogues, configuration, workers);

    /// <summary>Trains for some iterations.</summary>
    /// <returns>A hash of all that the last one said and of the whole state after it.</returns>
    public string Train(int iterations, Action<int>? before = null)
    {
        IterationReport report = default;
        for (int i = 0; i < iterations; i++)
        {
            before?.Invoke(i);
            report = Algorithm.Iterate((double)i / iterations);
        }
        return Bits(report);
    }

    /// <summary>The bits of such a training in one process.</summary>
    public static string Alone(int iterations, string task, string algorithm, params string[] more)
    {
        using var training = new SmallTraining(task, algorithm, more);
        return training.Train(iterations);
    }

    public void Dispose() => learner.Dispose();

    string Bits(IterationReport report)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, double value) in report.Figures)
            Add($"{name} {BitConverter.DoubleToInt64Bits(value)}");
        Add($"{BitConverter.DoubleToInt64Bits(report.MeanReturn)} {report.Steps}");
        var state = StateList.Of(Algorithm);
        foreach ((string name, Tensor tensor) in state.Tensors)
        {
            Add(name);
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tensor.ToArray().AsSpan()));
        }
        foreach ((string name, long value) in state.Integers.OrderBy(one => one.Key, StringComparer.Ordinal))
            Add($"{name} {value}");
        return Convert.ToHexString(hash.GetHashAndReset());

        void Add(string text) => hash.AppendData(Encoding.UTF8.GetBytes(text));
    }
}
