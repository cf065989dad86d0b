using System.Diagnostics.CodeAnalysis;
using RLSquared.Algorithms;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Runs;

/// <summary>The problem and the algorithm that a configuration describes, with threads of their own.</summary>
[RequiresUnreferencedCode(OwnAssembly.Unseen), RequiresDynamicCode(OwnAssembly.Unseen)]
internal sealed class Learner : IDisposable
{
    readonly Workers workers;
    readonly Device device;

    Learner(TaskEntry entry, Problem problem, IAlgorithm algorithm, Workers workers, Device device) =>
        (TaskEntry, Problem, Algorithm, this.workers, this.device) = (entry, problem, algorithm, workers, device);

    /// <summary>What made the problem.</summary>
    public TaskEntry TaskEntry { get; }

    public Problem Problem { get; }

    public IAlgorithm Algorithm { get; }

    /// <summary>How the user's own assembly differs from the one that the run began with, or null.</summary>
    public string? AssemblyChange { get; private init; }

    /// <summary>The algorithm at its first weights: fresh ones.</summary>
    /// <param name="catalogues">Where task and algorithm are looked up.</param>
    /// <param name="configuration">What the run is told.</param>
    /// <param name="threads">Threads, or null for those of the configuration.</param>
    /// <param name="problem">The problem that the configuration describes, if it is there already.</param>
    /// <param name="folder">The folder of the run, if it has one already.</param>
    /// <exception cref="OptionException">An unknown name, or options that do not go together.</exception>
    public static Learner Create(
        Catalogues catalogues, RunConfiguration configuration, int? threads = null, Problem? problem = null,
        string? folder = null)
    {
        catalogues = catalogues.For(configuration, folder);
        TaskEntry entry = catalogues.Tasks.Find(configuration.Task);
        problem ??= entry.CreateProblem(configuration.TaskAssignments());
        Device device = catalogues.Devices.Find(configuration.Device ?? DeviceEntry.Cpu.Name, "--device").Open();
        var workers = new Workers(threads ?? configuration.Threads);
        try
        {
            return new Learner(entry, problem, catalogues.Algorithm(configuration.Algorithm, entry).Create(
                problem, configuration.AlgorithmAssignments(), configuration.Seed, workers, device), workers, device)
            {
                AssemblyChange = catalogues.ChangeSince(configuration),
            };
        }
        catch
        {
            workers.Dispose();
            (device as IDisposable)?.Dispose();
            throw;
        }
    }

    /// <summary>The algorithm as a run begins: with fresh weights, or those that another run has learned.</summary>
    /// <inheritdoc cref="Create" path="/param"/>
    /// <exception cref="OptionException">An unknown name, or options that do not go together.</exception>
    /// <exception cref="InvalidDataException">The weights of the other run do not fit.</exception>
    public static Learner Begin(
        Catalogues catalogues, RunConfiguration configuration, int? threads = null, Problem? problem = null,
        string? folder = null)
    {
        Learner learner = Create(catalogues, configuration, threads, problem, folder);
        try
        {
            if (configuration.From is { } start)
                TrainedRun.ReadStart(start).RestoreWeights(learner.Algorithm, configuration.Options());
            return learner;
        }
        catch
        {
            learner.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Algorithm.Dispose();
        workers.Dispose();
        (device as IDisposable)?.Dispose();
        (Problem as IDisposable)?.Dispose();
    }
}
