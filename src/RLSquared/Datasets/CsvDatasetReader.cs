using System.Globalization;
using RLSquared.Tasks;

namespace RLSquared.Datasets;

/// <summary>
/// A set as text with commas, one row a line, below a line with the names of the columns
/// (<see cref="ColumnDatasetReader"/>).
/// </summary>
sealed class CsvDatasetReader : ColumnDatasetReader
{
    readonly string path;
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
        int[] sizes = new int[Roles.Count(role => role == Role.Choice)];
        string? trajectory = null;
        int place = EndColumn;
        bool isNamed = Roles[place] == Role.Trajectory;
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
            if (column != Roles.Length)
            {
                throw new InvalidDataException(
                    $"{Name}, line {line} has {column} columns; the first line names {Roles.Length}");
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

    void ReadColumns()
    {
        string header = NextLine() ?? throw new InvalidDataException(
            $"{Name} is empty; its first line names the columns");
        if (!header.Contains(',', StringComparison.Ordinal) && header.IndexOfAny([';', '\t']) >= 0)
            throw new InvalidDataException($"{Name} separates its columns by something else; separate them by commas");
        SetColumns([.. header.Split(',', StringSplitOptions.TrimEntries).Select(name => name.Trim('"'))]);
    }

    Role Next(int column) => column < Roles.Length
        ? Roles[column]
        : throw new InvalidDataException(
            $"{Name}, line {line} has more than {Roles.Length} columns, which the first line names");

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
}
