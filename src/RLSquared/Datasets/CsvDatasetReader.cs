using System.Globalization;
using RLSquared.Tasks;

namespace RLSquared.Datasets;

/// <summary>
/// A set as text with commas, one row a line, below a line with the names of the columns: <c>trajectory</c>, whose
/// value changes where the next one begins, or <c>terminal</c>, which is 1 in the last row of each; and columns whose
/// names begin with <c>observation</c>, with <c>action</c> (numbers from −1 to 1) or <c>choice</c> (whole numbers), and
/// perhaps with <c>goal</c>.
/// </summary>
sealed class CsvDatasetReader : GoalDatasetReader
{
    internal const string Trajectory = "trajectory", Terminal = "terminal";
    internal const string ObservationColumn = "observation", ActionColumn = "action", ChoiceColumn = "choice",
        GoalColumn = "goal";

    static readonly string[] columns =
        [Trajectory, Terminal, ObservationColumn, ActionColumn, ChoiceColumn, GoalColumn];

    enum Role
    {
        Trajectory,
        Terminal,
        Observation,
        Action,
        Choice,
        Goal,
    }

    readonly string path;
    Role[] roles = [];
    StreamReader reader;
    long line;

    public CsvDatasetReader(string path, ObservationSpace? observation, ActionSpace? action) : base(path)
    {
        this.path = path;
        reader = Open();
        try
        {
            Guard(() => LookThrough(observation, action));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override void Dispose() => reader.Dispose();

    private protected override void ReadRows(
        int rows, Span<float> observations, Span<float> numbers, Span<int> choices, Span<float> goals)
    {
        int observation = 0, number = 0, choice = 0, goal = 0;
        for (int row = 0; row < rows; row++)
        {
            string text = NextLine() ?? throw new InvalidDataException($"{Name} was changed while it was read");
            int column = 0;
            foreach (Range range in text.AsSpan().Split(','))
            {
                ReadOnlySpan<char> cell = text.AsSpan(range).Trim();
                switch (Next(column++))
                {
                    case Role.Observation: observations[observation++] = Number(cell, column); break;
                    case Role.Action: numbers[number++] = Number(cell, column); break;
                    case Role.Goal: goals[goal++] = Number(cell, column); break;
                    case Role.Choice: choices[choice++] = Whole(cell, column); break;
                }
            }
        }
    }

    // A first pass finds the columns, the rows, the ends of trajectories and how many options there are.
    void LookThrough(ObservationSpace? observation, ActionSpace? action)
    {
        ReadColumns();
        int[] sizes = new int[roles.Count(role => role == Role.Choice)];
        string? trajectory = null;
        int place = Array.FindIndex(roles, role => role is Role.Trajectory or Role.Terminal);
        bool isNamed = roles[place] == Role.Trajectory;
        while (NextLine() is { } text)
        {
            int column = 0, choice = 0;
            foreach (Range range in text.AsSpan().Split(','))
            {
                ReadOnlySpan<char> cell = text.AsSpan(range).Trim();
                if (cell.IsEmpty)
                {
                    throw new InvalidDataException(
                        $"{Name}, line {line}: column {column + 1} is empty; each row needs all numbers");
                }
                if (Next(column) == Role.Choice)
                    sizes[choice] = Math.Max(sizes[choice++], Whole(cell, column + 1) + 1);
                if (column == place && isNamed && !cell.SequenceEqual(trajectory))
                {
                    if (trajectory is not null)
                        AddEnd(Rows - 1);
                    trajectory = cell.ToString();
                }
                else if (column == place && !isNamed && IsTerminal(cell))
                {
                    AddEnd(Rows);
                }
                column++;
            }
            if (column != roles.Length)
            {
                throw new InvalidDataException(
                    $"{Name}, line {line} has {column} columns; the first line names {roles.Length}");
            }
            Rows++;
        }
        if (isNamed && Rows > 0)
            AddEnd(Rows - 1);
        RequireEnds();
        SetSpaces(observation, action, sizes);
        reader.Dispose();
        (reader, line) = (Open(), 0);
        NextLine();
    }

    void SetSpaces(ObservationSpace? observation, ActionSpace? action, int[] sizes)
    {
        int D = roles.Count(role => role == Role.Observation), C = roles.Count(role => role == Role.Action);
        Observation = observation ?? ObservationSpace.Vector(D);
        Action = action ?? ActionSpace.Mixed(sizes, C);
        GoalWidth = roles.Count(role => role == Role.Goal);
        if (Observation.Width != D)
            throw new InvalidDataException($"{Name} has {D} columns of observations; the task has {Observation.Width}");
        if (Action.Numbers != C || Action.Choices != sizes.Length)
        {
            throw new InvalidDataException($"{Name} has {C} columns of actions and {sizes.Length} of choices; " +
                $"the task has {Action.Numbers} and {Action.Choices}");
        }
    }

    void ReadColumns()
    {
        string header = NextLine() ?? throw new InvalidDataException(
            $"{Name} is empty; its first line names the columns");
        if (!header.Contains(',', StringComparison.Ordinal) && header.IndexOfAny([';', '\t']) >= 0)
            throw new InvalidDataException($"{Name} separates its columns by something else; separate them by commas");
        string[] names = header.Split(',', StringSplitOptions.TrimEntries);
        roles = [.. names.Select(name => RoleOf(name.Trim('"')))];
        if (roles.Count(role => role is Role.Trajectory or Role.Terminal) != 1)
        {
            throw new InvalidDataException(
                $"{Name} must have one column '{Trajectory}', whose value changes with each " +
                $"trajectory, or one '{Terminal}', which is 1 in the last row of each");
        }
        if (!roles.Contains(Role.Observation))
            throw new InvalidDataException($"{Name} has no column of observations, such as '{ObservationColumn}_0'");
        if (!roles.Contains(Role.Action) && !roles.Contains(Role.Choice))
        {
            throw new InvalidDataException(
                $"{Name} has no column of actions, such as '{ActionColumn}_0' or '{ChoiceColumn}_0'");
        }
    }

    Role RoleOf(string name) => name switch
    {
        Trajectory => Role.Trajectory,
        Terminal => Role.Terminal,
        _ when name.StartsWith(ObservationColumn, StringComparison.Ordinal) => Role.Observation,
        _ when name.StartsWith(ActionColumn, StringComparison.Ordinal) => Role.Action,
        _ when name.StartsWith(ChoiceColumn, StringComparison.Ordinal) => Role.Choice,
        _ when name.StartsWith(GoalColumn, StringComparison.Ordinal) => Role.Goal,
        _ => throw new InvalidDataException($"{Name} has a column '{Shorten(name)}', which is nothing that is known" +
            $"{Suggestions.Ask(name, columns)}; " +
            $"leave it out, or begin its name with {string.Join(", ", columns[2..])}"),
    };

    Role Next(int column) => column < roles.Length
        ? roles[column]
        : throw new InvalidDataException(
            $"{Name}, line {line} has more than {roles.Length} columns, which the first line names");

    bool IsTerminal(ReadOnlySpan<char> cell) => cell switch
    {
        "0" or "0.0" or "false" or "False" => false,
        "1" or "1.0" or "true" or "True" => true,
        _ => throw new InvalidDataException($"{Name}, line {line}: {Terminal} is '{Shorten(cell)}'; it must be 0 or 1"),
    };

    float Number(ReadOnlySpan<char> cell, int column) =>
        float.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out float value) && float.IsFinite(value)
            ? value
            : throw new InvalidDataException(
                $"{Name}, line {line}: column {column} is '{Shorten(cell)}'; it must be a finite number such as 0.5");

    int Whole(ReadOnlySpan<char> cell, int column) =>
        int.TryParse(cell, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value < 1 << 20
            ? value
            : throw new InvalidDataException(
                $"{Name}, line {line}: column {column} is '{Shorten(cell)}'; " +
                "it must be the number of an option, 0, 1, …");

    string? NextLine()
    {
        string? text;
        do
        {
            text = reader.ReadLine();
            line++;
        }
        while (text is { Length: 0 });
        return text;
    }

    StreamReader Open() => File.Exists(path)
        ? new StreamReader(path)
        : throw new FileNotFoundException($"there is no file {path}");

    static string Shorten(ReadOnlySpan<char> text)
    {
        string shown = new([.. text.ToString().Select(sign => char.IsControl(sign) ? '?' : sign)]);
        return shown.Length <= 40 ? shown : shown[..40] + "…";
    }
}
