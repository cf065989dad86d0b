using RLSquared.Tasks;

namespace RLSquared.Datasets;

/// <summary>
/// A file of recorded trajectories, read in parts of whole trajectories, so that it may be larger than memory.
/// <code>
/// using GoalDatasetReader file = GoalDatasetFile.Open("pointmaze-large-navigate-v0.npz");
/// while (file.ReadNext(mostRows: 1_000_000) is { } part)
///     …
/// </code>
/// </summary>
public abstract class GoalDatasetReader : IDisposable
{
    readonly List<long> ends = [];      // the row behind the last of each trajectory
    long rowsRead;
    int trajectoriesRead;

    private protected GoalDatasetReader(string path) => Name = System.IO.Path.GetFileName(path);

    /// <summary>The file's name.</summary>
    public string Name { get; }

    /// <summary>What an observation is.</summary>
    public ObservationSpace Observation { get; private protected set; }

    /// <summary>What an action is.</summary>
    public ActionSpace Action { get; private protected set; }

    /// <summary>Numbers of a goal representation; 0 where the file has none.</summary>
    public int GoalWidth { get; private protected set; }

    /// <summary>All rows of the file.</summary>
    public long Rows { get; private protected set; }

    /// <summary>All trajectories of the file.</summary>
    public int Trajectories => ends.Count;

    /// <summary>Reads the next trajectories: as many whole ones as have at most so many rows together.</summary>
    /// <param name="mostRows">The most rows; at least those of the longest trajectory.</param>
    /// <returns>Null after the last.</returns>
    /// <exception cref="InvalidDataException">
    /// The file is damaged, or holds what cannot be learned from; the message says what and where.
    /// </exception>
    public GoalDataset? ReadNext(int mostRows)
    {
        if (trajectoriesRead == ends.Count)
            return null;
        int first = trajectoriesRead;
        while (trajectoriesRead < ends.Count && ends[trajectoriesRead] - rowsRead <= mostRows)
            trajectoriesRead++;
        if (trajectoriesRead == first)
        {
            throw new InvalidDataException($"{Name}: the trajectory from row {rowsRead} on has " +
                $"{ends[first] - rowsRead:N0} rows, more than the {mostRows:N0} that may be read at once");
        }
        int rows = (int)(ends[trajectoriesRead - 1] - rowsRead);
        int width = Math.Max(Math.Max(Observation.Width, GoalWidth), Math.Max(Action.Numbers, Action.Choices));
        if ((long)rows * Math.Max(1, width) > Array.MaxLength)
        {
            throw new InvalidDataException(
                $"{Name}: {rows:N0} rows are more than one set can hold; read fewer at once");
        }
        bool[] terminals = new bool[rows];
        for (int trajectory = first; trajectory < trajectoriesRead; trajectory++)
            terminals[ends[trajectory] - rowsRead - 1] = true;
        float[] observations = new float[rows * Observation.Width], numbers = new float[rows * Action.Numbers];
        int[] choices = new int[rows * Action.Choices];
        float[]? goals = GoalWidth > 0 ? new float[rows * GoalWidth] : null;
        Guard(() => ReadRows(rows, observations, numbers, choices, goals ?? []));
        string name = rowsRead == 0 ? Name : $"{Name} from row {rowsRead} on";
        rowsRead += rows;
        return new GoalDataset(name, Observation, Action, observations, numbers, choices, terminals, goals);
    }

    /// <summary>Closes the file.</summary>
    public abstract void Dispose();

    /// <summary>Reads the next rows.</summary>
    private protected abstract void ReadRows(
        int rows, Span<float> observations, Span<float> numbers, Span<int> choices, Span<float> goals);

    /// <summary>Notes that a trajectory ends with a row.</summary>
    private protected void AddEnd(long row) => ends.Add(row + 1);

    /// <summary>Checks that the last trajectory has an end.</summary>
    private protected void RequireEnds()
    {
        if (Rows == 0)
            throw new InvalidDataException($"{Name} has no rows; a set needs at least one trajectory of two rows");
        if (ends.Count == 0)
        {
            throw new InvalidDataException(
                $"{Name} has no terminals: of {Rows} rows none ends a trajectory; mark the last row of each");
        }
        if (ends[^1] != Rows)
        {
            throw new InvalidDataException($"{Name}: the last trajectory, from row {ends[^1]} on, has no end; " +
                $"mark row {Rows - 1} as terminal");
        }
    }

    // What the readers of zip files and of text throw for damaged ones, as one kind with the file's name.
    private protected void Guard(Action read)
    {
        try
        {
            read();
        }
        catch (EndOfStreamException failure)
        {
            throw new InvalidDataException($"{Name} is damaged: it ends too early", failure);
        }
        catch (Exception failure) when (failure is NotSupportedException or ArgumentException or OverflowException
            or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{Name} is damaged: its parts do not fit together", failure);
        }
        catch (InvalidDataException failure) when (!failure.Message.StartsWith(Name, StringComparison.Ordinal))
        {
            throw new InvalidDataException($"{Name} is damaged: {failure.Message.ReplaceLineEndings(" ")}", failure);
        }
    }
}
