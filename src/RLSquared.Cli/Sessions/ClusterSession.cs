using System.CommandLine;
using RLSquared.Algorithms;
using RLSquared.Cli.Output;
using RLSquared.Cluster;
using RLSquared.Cluster.Registries;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Cli.Sessions;

/// <summary>
/// What <c>--cluster</c> adds to a training, and what a worker makes of it. Nothing of Orleans is loaded before the
/// option is given.
/// </summary>
internal static class ClusterSession
{
    /// <summary>Returns if a training can be shared, or shall not be.</summary>
    /// <exception cref="OptionException">It cannot; the message says why.</exception>
    public static void Require(ParseResult parsed, Option<string?> cluster, TaskEntry? task, bool isAlone)
    {
        if (parsed.GetValue(cluster) is null)
            return;
        if (!isAlone)
        {
            throw new OptionException("--cluster",
                "--cluster shares one training at a time; train one seed, or resume the folder of one");
        }
        if (task?.NeedsPeer == true)
        {
            throw new OptionException("--cluster", $"the task {task.Name} is played by another process, which knows " +
                "this one alone; train it without --cluster");
        }
    }

    /// <summary>Opens the address, if one was given.</summary>
    /// <returns>Closes it; null where none was given.</returns>
    public static IDisposable? Start(
        Terminal terminal, ParseResult parsed, (Option<string?> Cluster, Option<string?> Secret, Option<string?> Tls)
        options, IAlgorithm algorithm, RunConfiguration configuration, bool quiet)
    {
        if (parsed.GetValue(options.Cluster) is { } address)
        {
            return Open(terminal, Options(address, parsed.GetValue(options.Secret), parsed.GetValue(options.Tls),
                "--cluster"), algorithm, configuration, quiet);
        }
        foreach (Option<string?> alone in (Option<string?>[])[options.Secret, options.Tls])
        {
            if (parsed.GetValue(alone) is not null)
                throw new OptionException(alone.Name, $"{alone.Name} protects a cluster; give --cluster ADDRESS too");
        }
        return null;
    }

    /// <summary>Keeps a file in a run's folder that says how its cluster does.</summary>
    /// <param name="cluster">What <see cref="Start"/> gave.</param>
    /// <param name="folder">The run's folder.</param>
    public static void Show(IDisposable? cluster, RunFolder folder)
    {
        if (cluster is not null)
            Write((ClusterCoordinator)cluster, Path.Combine(folder.Path, StatusFile));
    }

    static void Write(ClusterCoordinator cluster, string path) => cluster.WriteStatus(path);

    /// <summary>The file's name.</summary>
    public const string StatusFile = "cluster.json";

    /// <summary>The options of a cluster.</summary>
    /// <param name="address">Where the training is, or the Redis in which it is found.</param>
    /// <param name="secret">A file, or null.</param>
    /// <param name="tls">A file, or null.</param>
    /// <param name="named">What the user calls the address.</param>
    public static ClusterOptions Options(string address, string? secret, string? tls, string named)
    {
        ClusterOptions place = RedisRegistry.IsNamed(address)
            ? ClusterOptions.Through(RedisRegistry.Parse(named, address))
            : new ClusterOptions { Address = ClusterOptions.ParseAddress(named, address) };
        return place with
        {
            Secret = secret is null ? default : ClusterOptions.ReadSecret("--secret", secret),
            Certificate = tls is null ? null : ClusterOptions.ReadCertificate("--tls", tls),
        };
    }

    /// <summary>Where a training is, as the user names it.</summary>
    public static string Named(ClusterOptions options) =>
        options.Registry?.ToString() ?? options.Address.ToString();

    /// <summary>What a worker computes shards with.</summary>
    /// <param name="catalogues">Where task and algorithm are looked up.</param>
    /// <param name="configuration">The training's.</param>
    /// <param name="workers">The threads; not owned.</param>
    public static IAlgorithm Create(Catalogues catalogues, RunConfiguration configuration, Workers workers)
    {
        Catalogues known = catalogues.For(configuration);
        TaskEntry entry = known.Tasks.Find(configuration.Task);
        Problem problem = entry.CreateProblem(configuration.TaskAssignments());
        return known.Algorithm(configuration.Algorithm, entry).Create(
            problem, configuration.AlgorithmAssignments(), configuration.Seed, workers);
    }

    static ClusterCoordinator Open(
        Terminal terminal, ClusterOptions options, IAlgorithm algorithm, RunConfiguration configuration, bool quiet)
    {
        var cluster = ClusterCoordinator.Start(options, algorithm, configuration,
            quiet ? null : sentence => terminal.Error.WriteLine(sentence));
        if (!quiet)
        {
            terminal.Error.WriteLine(
                $"workers may join at any moment: {terminal.Hint("cluster", "join", Named(options))}");
        }
        return cluster;
    }
}
