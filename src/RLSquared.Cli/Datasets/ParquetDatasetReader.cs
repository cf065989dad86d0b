using Parquet;
using Parquet.Schema;
using RLSquared.Datasets;
using RLSquared.Tasks;

namespace RLSquared.Cli.Datasets;

/// <summary>
/// A set as an Apache Parquet file with the columns of <see cref="ColumnDatasetReader"/>, a number in each. Row groups
/// are read one at a time, so that only one of them is in memory.
/// </summary>
internal sealed class ParquetDatasetReader : ColumnDatasetReader
{
    readonly FileStream stream;
    ParquetReader? reader;
    DataField[] fields = [];
    double[][] columns = [];        // of the row group at hand, [columns][rows]
    int group = -1, next;           // that group, and its next row

    public ParquetDatasetReader(string path, ObservationSpace? observation, ActionSpace? action) : base(path)
    {
        stream = File.Exists(path)
            ? File.OpenRead(path)
            : throw new FileNotFoundException($"there is no file {path}");
        try
        {
            Try(() => LookThrough(observation, action));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public override void Dispose()
    {
        reader?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        stream.Dispose();
    }

    private protected override void ReadRows(
        int rows, Span<float> observations, Span<float> numbers, Span<int> choices, Span<float> goals)
    {
        int observation = 0, number = 0, choice = 0, goal = 0;
        for (int row = 0; row < rows; row++)
        {
            while (columns.Length == 0 || next == columns[0].Length)
            {
                group++;
                Try(() => columns = Columns(group));
                next = 0;
            }
            for (int column = 0; column < columns.Length; column++)
            {
                double value = columns[column][next];
                switch (Roles[column])
                {
                    case Role.Observation: observations[observation++] = (float)value; break;
                    case Role.Action: numbers[number++] = (float)value; break;
                    case Role.Goal: goals[goal++] = (float)value; break;
                    case Role.Choice: choices[choice++] = (int)value; break;
                }
            }
            next++;
        }
    }

    // A first pass finds the columns, the rows, the ends of trajectories and how many options there are.
    void LookThrough(ObservationSpace? observation, ActionSpace? action)
    {
        reader = ParquetReader.CreateAsync(stream, leaveStreamOpen: true).GetAwaiter().GetResult();
        fields = reader.Schema.GetDataFields();
        SetColumns([.. fields.Select(field => field.Name)]);
        int[] sizes = new int[Roles.Count(role => role == Role.Choice)];
        double? trajectory = null;
        for (int g = 0; g < reader.RowGroupCount; g++)
        {
            using ParquetRowGroupReader rowGroup = reader.OpenRowGroupReader(g);
            double[] ends = Column(rowGroup, EndColumn);
            for (int row = 0; row < ends.Length; row++)
            {
                if (Roles[EndColumn] == Role.Terminal)
                {
                    if (ends[row] == 1)
                        AddEnd(Rows + row);
                    else if (ends[row] != 0)
                        throw Wrong(EndColumn, Rows + row, ends[row], "0 or 1");
                    continue;
                }
                if (trajectory is not null && trajectory != ends[row])
                    AddEnd(Rows + row - 1);
                trajectory = ends[row];
            }
            int choice = 0;
            for (int column = 0; column < fields.Length; column++)
            {
                if (Roles[column] != Role.Choice)
                    continue;
                double[] chosen = Column(rowGroup, column);
                int wrong = Array.FindIndex(chosen, one => !(one >= 0 && one < 1 << 20 && one == Math.Floor(one)));
                if (wrong >= 0)
                    throw Wrong(column, Rows + wrong, chosen[wrong], "the number of an option, 0, 1, …");
                sizes[choice] = Math.Max(sizes[choice], chosen.Length == 0 ? 0 : (int)chosen.Max() + 1);
                choice++;
            }
            Rows += ends.Length;
        }
        if (Roles[EndColumn] == Role.Trajectory && Rows > 0)
            AddEnd(Rows - 1);
        RequireEnds();
        SetSpaces(observation, action, sizes);
    }

    InvalidDataException Wrong(int column, long row, double value, string wanted) => new(FormattableString.Invariant(
        $"{Name}, row {row}: column '{fields[column].Name}' is {value}; it must be {wanted}"));

    double[][] Columns(int group)
    {
        using ParquetRowGroupReader rowGroup = reader!.OpenRowGroupReader(group);
        double[][] found = [.. Enumerable.Range(0, fields.Length).Select(column =>
            Roles[column] is Role.Trajectory or Role.Terminal ? [] : Column(rowGroup, column))];
        // The columns that say where trajectories end have been read; what is left of them is their length.
        found[EndColumn] = new double[rowGroup.RowCount];
        foreach ((double[] numbers, int column) in found.Select((numbers, column) => (numbers, column)))
        {
            int wrong = Array.FindIndex(numbers, number => !double.IsFinite(number));
            if (wrong >= 0)
                throw Wrong(column, wrong, numbers[wrong], "a finite number");
        }
        return found;
    }

    double[] Column(ParquetRowGroupReader rowGroup, int column)
    {
        DataField field = fields[column];
        if (field.IsArray || field.MaxRepetitionLevel > 0)
        {
            throw new InvalidDataException(
                $"{Name}: column '{field.Name}' holds lists; write one column for each number of a list");
        }
        return Type.GetTypeCode(field.ClrType) switch
        {
            TypeCode.Single => Read<float>(rowGroup, field, number => number),
            TypeCode.Double => Read<double>(rowGroup, field, number => number),
            TypeCode.Boolean => Read<bool>(rowGroup, field, flag => flag ? 1 : 0),
            TypeCode.SByte => Read<sbyte>(rowGroup, field, number => number),
            TypeCode.Byte => Read<byte>(rowGroup, field, number => number),
            TypeCode.Int16 => Read<short>(rowGroup, field, number => number),
            TypeCode.UInt16 => Read<ushort>(rowGroup, field, number => number),
            TypeCode.Int32 => Read<int>(rowGroup, field, number => number),
            TypeCode.UInt32 => Read<uint>(rowGroup, field, number => number),
            TypeCode.Int64 => Read<long>(rowGroup, field, number => number),
            _ => throw new InvalidDataException(
                $"{Name}: column '{field.Name}' holds no numbers; write floats, whole numbers or flags"),
        };
    }

    double[] Read<T>(ParquetRowGroupReader rowGroup, DataField field, Func<T, double> convert) where T : struct
    {
        int rows = checked((int)rowGroup.RowCount);
        var values = new T[rows];
        int[]? levels = field.MaxDefinitionLevel > 0 ? new int[rows] : null;
        // No buffer of levels is another thing than an empty one.
        Memory<int>? levelsToFill = levels is null ? (Memory<int>?)null : levels.AsMemory();
        rowGroup.ReadRawAsync<T>(field, values, levelsToFill, null).AsTask().GetAwaiter().GetResult();
        int empty = levels is null ? -1 : Array.FindIndex(levels, level => level < field.MaxDefinitionLevel);
        if (empty >= 0)
        {
            throw new InvalidDataException(
                $"{Name}, row {empty} of a group: column '{field.Name}' is empty; each row needs all numbers");
        }
        return Array.ConvertAll(values, value => convert(value));
    }

    // The library throws exceptions of many kinds for damaged files.
    void Try(Action read)
    {
        try
        {
            read();
        }
        catch (Exception failure) when (failure is not InvalidDataException || !IsOurs(failure))
        {
            throw new InvalidDataException(
                $"{Name} is damaged, or no Parquet file: {failure.Message.ReplaceLineEndings(" ")}", failure);
        }
    }

    bool IsOurs(Exception failure) => failure.Message.StartsWith(Name, StringComparison.Ordinal);
}
