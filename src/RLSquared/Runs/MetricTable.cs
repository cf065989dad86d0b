using System.Text.Json;

namespace RLSquared.Runs;

/// <summary>
/// The figures of a run as columns: what <c>metrics.jsonl</c> holds, for plots and analyses. A run may still be
/// training: a last line that is not whole yet is left out.
/// <code>
/// MetricTable table = MetricTable.Read("runs/bandits-rl2-1-20260131-235959/metrics.jsonl");
/// ReadOnlySpan&lt;double&gt; steps = table["steps"], entropy = table["entropy"];
/// </code>
/// </summary>
public sealed class MetricTable
{
    const string Iteration = "iteration", Steps = "steps";

    readonly Dictionary<string, double[]> columns = [];
    readonly HashSet<string> others = [];               // that were not wanted, for the message that names them
    readonly List<string> names = [];
    readonly IReadOnlyCollection<string>? wanted;
    long most;                          // numbers that a file of this length may ask for, its gaps included

    MetricTable(string path, int rows, IReadOnlyCollection<string>? wanted) =>
        (Path, Rows, this.wanted) = (path, rows, wanted);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The iterations.</summary>
    public int Rows { get; }

    /// <summary>The figures in the order in which they appear first: <c>iteration</c>, <c>steps</c>, ….</summary>
    public IReadOnlyList<string> Names => names;

    /// <summary>One figure of every iteration [Rows]; NaN where an iteration has none.</summary>
    /// <exception cref="OptionException">No iteration has it; the message names the nearest that there is.</exception>
    public ReadOnlySpan<double> this[string name]
    {
        get
        {
            if (columns.TryGetValue(name, out double[]? column))
                return column;
            string hint = Suggestions.Nearest(name, [.. names, .. others]) is { } nearest
                ? $"did you mean '{nearest}'?" : $"there are {string.Join(", ", names.Concat(others))}";
            throw new OptionException("figure", $"{Path} has no figure '{name}'; {hint}");
        }
    }

    /// <summary>Reads a <c>metrics.jsonl</c>, line by line, so that it may be longer than the memory.</summary>
    /// <param name="path">The file.</param>
    /// <param name="figures">The figures to keep besides <c>iteration</c> and <c>steps</c>; null for all.</param>
    /// <exception cref="InvalidDataException">A whole line is not as a run writes it; the message says which.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static MetricTable Read(string path, IReadOnlyCollection<string>? figures = null)
    {
        // The run that writes the file may go on while it is read.
        const FileShare all = FileShare.ReadWrite | FileShare.Delete;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, all, bufferSize: 0);
        var count = new LineReader(stream);
        int rows = 0;
        while (count.Next(out _))
            rows = checked(rows + 1);
        if (count.IsTooLong)
            throw Fault(rows);

        stream.Position = 0;
        var table = new MetricTable(path, rows, figures) { most = Math.Max(1 << 16, count.Position) };
        var lines = new LineReader(stream);
        for (int row = 0; row < rows; row++)
        {
            if (!lines.Next(out ReadOnlySpan<byte> line) || !table.Add(row, line))
                throw Fault(row);
        }
        return table;

        InvalidDataException Fault(int row) => new($"line {row + 1} of {path} is not the line of an iteration");
    }

    bool Add(int row, ReadOnlySpan<byte> line)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString()!;
                if (!json.Read() || json.TokenType != JsonTokenType.Number)
                    return false;
                if (wanted is not null && name is not (Iteration or Steps) && !wanted.Contains(name))
                {
                    others.Add(name);
                    continue;
                }
                if (!columns.ContainsKey(name) && (columns.Count + 1L) * Rows > most)
                    return false;
                ColumnOf(name)[row] = json.GetDouble();
            }
            json.Read();                                        // whatever follows the object is a JsonException
            return columns.TryGetValue(Iteration, out double[]? iterations) && double.IsFinite(iterations[row])
                && columns.TryGetValue(Steps, out double[]? steps) && double.IsFinite(steps[row]);
        }
        catch (Exception failure) when (failure is JsonException or FormatException or InvalidOperationException)
        {
            return false;                                       // no JSON, or no text within it
        }
    }

    double[] ColumnOf(string name)
    {
        if (!columns.TryGetValue(name, out double[]? column))
        {
            columns[name] = column = new double[Rows];
            Array.Fill(column, double.NaN);
            names.Add(name);
        }
        return column;
    }
}
