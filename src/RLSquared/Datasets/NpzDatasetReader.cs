using RLSquared.Tasks;

namespace RLSquared.Datasets;

/// <summary>
/// A set in the layout of OGBench: arrays <c>observations</c> [n, D], <c>actions</c> [n, C] and <c>terminals</c> [n],
/// the last row of each trajectory marked. Whole numbers as actions are choices. Of the further arrays
/// <c>button_states</c>, and our own <c>goal_representations</c>, are goal representations; others are left alone.
/// </summary>
sealed class NpzDatasetReader : GoalDatasetReader
{
    internal const string Observations = "observations", Actions = "actions", Terminals = "terminals";
    internal const string Goals = "goal_representations", ButtonStates = "button_states";

    readonly List<NpyArray> opened = [];
    NpyArray observations = null!, actions = null!;
    NpyArray? goals;

    public NpzDatasetReader(string path, ObservationSpace? observation, ActionSpace? action) : base(path)
    {
        try
        {
            Guard(() => Open(path, observation, action));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override void Dispose()
    {
        foreach (NpyArray array in opened)
            array.Dispose();
    }

    private protected override void ReadRows(
        int rows, Span<float> observations, Span<float> numbers, Span<int> choices, Span<float> goals)
    {
        this.observations.Read(observations);
        if (Action.Numbers > 0)
            actions.Read(numbers);
        else
            actions.Read(choices);
        this.goals?.Read(goals);
    }

    void Open(string path, ObservationSpace? observation, ActionSpace? action)
    {
        observations = Require(path, Observations);
        actions = Require(path, Actions);
        goals = NpyArray.Open(path, Goals) ?? NpyArray.Open(path, ButtonStates);
        if (goals is not null)
            opened.Add(goals);
        Rows = observations.Header.Shape.Length > 0 ? observations.Header.Shape[0] : 0;
        Observation = CheckObservation(observation);
        Action = CheckAction(path, action);
        GoalWidth = goals is null ? 0 : WidthOf(goals);
        ReadTerminals(path);
    }

    NpyArray Require(string path, string name)
    {
        NpyArray array = NpyArray.Open(path, name) ?? throw new InvalidDataException(
            $"{Name} has no array '{name}'{Suggestions.Ask(name, NpyArray.NamesIn(path))}; " +
            $"it needs {Observations}, {Actions} and {Terminals}");
        opened.Add(array);
        return array;
    }

    // The numbers of a row; an array [n] has one.
    int WidthOf(NpyArray array)
    {
        long[] shape = array.Header.Shape;
        const int most = 1 << 24;
        if (shape.Length == 1 && shape[0] == Rows && Rows > 0)
            return 1;
        if (shape.Length == 2 && shape[0] == Rows && shape[1] is > 0 and <= most)
            return (int)shape[1];
        throw new InvalidDataException($"{array.What} has the shape ({string.Join(", ", shape)}); " +
            $"it must be ({Rows}, width), one row for each of the {Rows} observations");
    }

    ObservationSpace CheckObservation(ObservationSpace? wanted)
    {
        int width = WidthOf(observations);
        if (wanted is not { } space)
            return ObservationSpace.Vector(width);
        if (space.Width != width)
        {
            throw new InvalidDataException(
                $"{observations.What} has {width} numbers a row; the task has {space.Width}");
        }
        return space;
    }

    ActionSpace CheckAction(string path, ActionSpace? wanted)
    {
        int width = WidthOf(actions);
        if (wanted is not { } space)
            return actions.Header.IsWhole ? ChoicesIn(path, width) : ActionSpace.Continuous(width);
        if (space.Numbers > 0 && space.Choices > 0)
        {
            throw new InvalidDataException(
                $"{Name}: actions of choices and numbers at once cannot be read from .npz files");
        }
        if (space.Numbers > 0 ? space.Numbers != width : space.Choices != width)
        {
            throw new InvalidDataException($"{actions.What} has {width} numbers a row; " +
                $"the task has {(space.Numbers > 0 ? space.Numbers : space.Choices)}");
        }
        if (space.Numbers > 0 && actions.Header.Type is NpyType.Boolean)
        {
            throw new InvalidDataException(
                $"{actions.What} are of the type {actions.Header.Type}; the task takes numbers");
        }
        return space;
    }

    // Without a task nobody says how many options there are: as many as occur.
    ActionSpace ChoicesIn(string path, int width)
    {
        const int mostOptions = 1 << 20;
        if (width > ActionSpace.MostChoices)
        {
            throw new InvalidDataException(
                $"{actions.What} has {width} choices a row; {ActionSpace.MostChoices} are the most");
        }
        int[] sizes = new int[width], row = new int[width];
        using NpyArray array = NpyArray.Open(path, Actions)!;
        for (long i = 0; i < Rows; i++)
        {
            array.Read(row);
            for (int k = 0; k < width; k++)
            {
                if (row[k] is < 0 or >= mostOptions)
                {
                    throw new InvalidDataException(
                        $"{actions.What} has the choice {row[k]} in row {i}; options are 0, 1, …");
                }
                sizes[k] = Math.Max(sizes[k], row[k] + 1);
            }
        }
        return ActionSpace.MultiDiscrete(sizes);
    }

    void ReadTerminals(string path)
    {
        NpyArray terminals = Require(path, Terminals);
        if (WidthOf(terminals) != 1)
        {
            throw new InvalidDataException(
                $"{terminals.What} has the shape ({string.Join(", ", terminals.Header.Shape)}); it must be ({Rows})");
        }
        float[] some = new float[4096];
        for (long row = 0; row < Rows;)
        {
            Span<float> flags = some.AsSpan(0, (int)Math.Min(some.Length, Rows - row));
            terminals.Read(flags);
            foreach (float flag in flags)
            {
                if (flag is not (0 or 1))
                {
                    throw new InvalidDataException(FormattableString.Invariant(
                        $"{terminals.What} is {flag} in row {row}; it must be 0 or 1"));
                }
                if (flag == 1)
                    AddEnd(row);
                row++;
            }
        }
        RequireEnds();
    }
}
