using RLSquared.Algorithms;
using RLSquared.Cli.Reproduction;
using RLSquared.Tasks;

namespace RLSquared.Cli;

/// <summary>The tasks and algorithms that the command knows: those of the library, and others besides.</summary>
/// <param name="moreTasks">Tasks besides those of the library.</param>
/// <param name="moreAlgorithms">Algorithms besides those of the library.</param>
/// <param name="morePaperTables">Tables to reproduce besides those of the paper.</param>
internal sealed class Catalogue(
    IReadOnlyList<TaskEntry>? moreTasks = null, IReadOnlyList<AlgorithmEntry>? moreAlgorithms = null,
    IReadOnlyList<PaperTable>? morePaperTables = null)
{
    /// <summary>All tables that can be reproduced.</summary>
    public IReadOnlyList<PaperTable> PaperTables { get; } = [.. Recipes.Tables, .. morePaperTables ?? []];

    /// <summary>All tasks.</summary>
    public IReadOnlyList<TaskEntry> Tasks { get; } = [.. TaskCatalogue.Entries, .. moreTasks ?? []];

    /// <summary>All algorithms; the first is what <c>train</c> uses when the user names none.</summary>
    public IReadOnlyList<AlgorithmEntry> Algorithms { get; } = [.. AlgorithmCatalogue.Entries, .. moreAlgorithms ?? []];

    /// <summary>The task of this name.</summary>
    /// <exception cref="OptionException">There is none; the message names the nearest.</exception>
    public TaskEntry FindTask(string name) =>
        Tasks.FirstOrDefault(entry => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? TaskCatalogue.Find(name);

    /// <summary>The algorithm of this name.</summary>
    /// <exception cref="OptionException">There is none; the message names the nearest.</exception>
    public AlgorithmEntry FindAlgorithm(string name) =>
        Algorithms.FirstOrDefault(entry => entry.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? AlgorithmCatalogue.Find(name);
}
