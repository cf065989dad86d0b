using RLSquared.Files;
using RLSquared.Tasks;

namespace RLSquared.Datasets;

/// <summary>
/// Recorded trajectories in files that others read and write: <c>.npz</c> in the layout of OGBench, <c>.csv</c> with a
/// column for each number. Pickled objects, which may run code, are refused; a damaged file is one sentence.
/// The command <c>rl2</c> adds <c>.parquet</c>.
/// <para>To add a format: 1. a <see cref="GoalDatasetReader"/> and a writer; 2. its line in the list of formats below,
/// or a call of <see cref="Add"/> where it needs a library of its own; 3. a section of <c>docs/datasets.md</c>.</para>
/// </summary>
public static class GoalDatasetFile
{
    static readonly Lock adding = new();

    static volatile GoalDatasetFormat[] formats =
    [
        new(".npz", (path, observation, action) => new NpzDatasetReader(path, observation, action),
            NpzDatasetWriter.Write),
        new(".csv", (path, observation, action) => new CsvDatasetReader(path, observation, action),
            (stream, parts, _) => CsvDatasetWriter.Write(stream, parts)),
    ];

    /// <summary>The endings of names of files that can be read and written, such as '.npz or .csv'.</summary>
    internal static string Endings => string.Join(", ", formats[..^1].Select(format => format.Ending)) +
        $" or {formats[^1].Ending}";

    /// <summary>Adds a format for the whole process; one of the same ending is replaced.</summary>
    internal static void Add(GoalDatasetFormat added)
    {
        lock (adding)
            formats = [.. formats.Where(format => format.Ending != added.Ending), added];
    }

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
        return FormatOf(path).Open(path, observation, action);
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
        GoalDatasetFormat format = FormatOf(path);
        WholeFile.Write(path, stream => format.Write(stream, parts, isPlace));
    }

    static GoalDatasetFormat FormatOf(string path)
    {
        string ending = Path.GetExtension(path).ToLowerInvariant();
        return formats.FirstOrDefault(format => format.Ending == ending) ?? throw new OptionException(
            "FILE", $"a dataset's name ends in {Endings}, and '{path}' does not");
    }
}

/// <summary>A kind of file that sets are read from and written to.</summary>
/// <param name="Ending">The end of its name, such as .csv.</param>
/// <param name="Open">Opens one to be read in parts: path, and what observations and actions must be, or null.</param>
/// <param name="Write">Writes parts to a stream, as <see cref="GoalDatasetFile"/> is told.</param>
sealed record GoalDatasetFormat(
    string Ending, Func<string, ObservationSpace?, ActionSpace?, GoalDatasetReader> Open,
    Action<Stream, Func<IEnumerable<GoalDataset>>, bool> Write);
