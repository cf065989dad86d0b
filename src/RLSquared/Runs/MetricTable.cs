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
    readonly Dictionary<string, double[]> columns = [];
    readonly List<string> names = [];
    long most;                          // numbers that a file of this length may ask for, its gaps included

    MetricTable(string path, int rows) => (Path, Rows) = (path, rows);

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
            string hint = Suggestions.Nearest(name, names) is { } nearest
                ? $"did you mean '{nearest}'?" : $"there are {string.Join(", ", names)}";
            throw new OptionException("figure", $"{Path} has no figure '{name}'; {hint}");
        }
    }

    /// <summary>Reads a <c>metrics.jsonl</c>.</summary>
    /// <exception cref="InvalidDataException">A whole line is not as a run writes it; the message says which.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static MetricTable Read(string path)
    {
        // The run that writes the file may go on while it is read.
        const FileShare all = FileShare.ReadWrite | FileShare.Delete;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, all);
        byte[] content = new byte[stream.Length];
        int length = stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        ReadOnlySpan<byte> lines = content.AsSpan(0, length);
        lines = lines[..(lines.LastIndexOf((byte)'\n') + 1)];

        var table = new MetricTable(path, lines.Count((byte)'\n')) { most = Math.Max(1 << 16, length) };
        for (int row = 0; row < table.Rows; row++)
        {
            int end = lines.IndexOf((byte)'\n');
            if (!table.Add(row, lines[..end]))
                throw new InvalidDataException($"line {row + 1} of {path} is not the line of an iteration");
            lines = lines[(end + 1)..];
        }
        return table;
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
                if (!columns.ContainsKey(name) && (columns.Count + 1L) * Rows > most)
                    return false;
                ColumnOf(name)[row] = json.GetDouble();
            }
            json.Read();                                        // whatever follows the object is a JsonException
            return columns.TryGetValue("iteration", out double[]? iterations) && double.IsFinite(iterations[row])
                && columns.TryGetValue("steps", out double[]? steps) && double.IsFinite(steps[row]);
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
