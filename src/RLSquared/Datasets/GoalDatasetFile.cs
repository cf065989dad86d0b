using RLSquared.Files;
using RLSquared.Tasks;

namespace RLSquared.Datasets;

/// <summary>
/// Recorded trajectories in files that others read and write: <c>.npz</c> in the layout of OGBench, <c>.csv</c> with a
/// column for each number. Pickled objects, which may run code, are refused; a damaged file is one sentence.
/// <para>To add a format: 1. a <see cref="GoalDatasetReader"/> and a writer in this folder; 2. its ending in
/// <see cref="Open"/> and <see cref="Write(string, Func{IEnumerable{GoalDataset}}, bool)"/>; 3. a section of
/// <c>docs/datasets.md</c>.</para>
/// </summary>
public static class GoalDatasetFile
{
    /// <summary>Opens a file to be read in parts.</summary>
    /// <param name="path">A file that ends in .npz or .csv.</param>
    /// <param name="observation">
    /// What an observation must be; null for a vector of as many numbers as there are.
    /// </param>
    /// <param name="action">What an action must be; null for what the file has.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// It is damaged, or does not fit; the message says what and where.
    /// </exception>
    public static GoalDatasetReader Open(
        string path, ObservationSpace? observation = null, ActionSpace? action = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        return EndingOf(path) switch
        {
            ".npz" => new NpzDatasetReader(path, observation, action),
            _ => new CsvDatasetReader(path, observation, action),
        };
    }

    /// <summary>Reads a whole file.</summary>
    /// <inheritdoc cref="Open"/>
    public static GoalDataset Read(string path, ObservationSpace? observation = null, ActionSpace? action = null)
    {
        using GoalDatasetReader reader = Open(path, observation, action);
        return reader.ReadNext(Array.MaxLength)!;
    }

    /// <summary>Writes a set; the file appears whole or not at all.</summary>
    /// <param name="path">A file that ends in .npz or .csv; replaced if it exists.</param>
    /// <param name="dataset">What is written.</param>
    /// <param name="isPlace">Whether observations are places (<c>qpos</c> for the readers of OGBench).</param>
    public static void Write(string path, GoalDataset dataset, bool isPlace = false) =>
        Write(path, () => [dataset], isPlace);

    /// <summary>Writes a set in parts, which need not be in memory at once.</summary>
    /// <param name="path">A file that ends in .npz or .csv; replaced if it exists.</param>
    /// <param name="parts">The parts; asked for several times, and the same each time.</param>
    /// <param name="isPlace">Whether observations are places (<c>qpos</c> for the readers of OGBench).</param>
    public static void Write(string path, Func<IEnumerable<GoalDataset>> parts, bool isPlace = false)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(parts);
        string ending = EndingOf(path);
        WholeFile.Write(path, stream =>
        {
            if (ending == ".npz")
                NpzDatasetWriter.Write(stream, parts, isPlace);
            else
                CsvDatasetWriter.Write(stream, parts);
        });
    }

    static string EndingOf(string path)
    {
        string ending = Path.GetExtension(path).ToLowerInvariant();
        return ending is ".npz" or ".csv" ? ending
            : throw new OptionException("FILE", $"a dataset's name ends in .npz or .csv, and '{path}' does not");
    }
}
