using System.Text.Json;

namespace RLSquared.Cli.Dashboard;

/// <summary>
/// The figures of one run, read from its <c>metrics.jsonl</c> as the file grows. Only whole lines are read; one that is
/// still being written waits for its end.
/// <para>
/// At most <see cref="MostPoints"/> points are kept, however long the run: when they are full, every two that follow
/// each other become one, which stands from then on for twice as many iterations. Of a figure that is their mean; of
/// the axes (iteration, steps, seconds) it is the last one.
/// </para>
/// </summary>
/// <param name="path">The file; it may not be there yet.</param>
internal sealed class MetricTail(string path)
{
    /// <summary>The most points of a curve; between half of them and all are kept of a long run.</summary>
    public const int MostPoints = 2000;

    /// <summary>The most figures of a line.</summary>
    public const int MostFigures = 64;

    /// <summary>The most bytes of a line.</summary>
    public const int LongestLine = 1 << 15;

    const string Iteration = "iteration", Steps = "steps", Seconds = "seconds", Return = "mean_return";
    const int ComparedBytes = 256;

    readonly List<string> names = [];
    readonly List<List<double>> columns = [];       // a point in each; NaN where a line lacks the figure
    readonly List<double> sums = [];                // of the lines since the last point; of an axis the last
    readonly List<int> counts = [];
    readonly Dictionary<string, double> latest = [];
    byte[] lastBytes = [];                          // the last ones before the position, to notice another file
    long position, lineNumber, seenLength = -1;
    DateTime seenTime;
    int lines;                                      // since the last point
    bool hasMore;

    /// <summary>
    /// Changes whenever points that were kept become others: when they are merged, or the file is begun anew.
    /// </summary>
    public int Generation { get; private set; } = 1;

    /// <summary>The iterations that a point stands for.</summary>
    public int Stride { get; private set; } = 1;

    /// <summary>The points kept.</summary>
    public int Points { get; private set; }

    /// <summary>What is wrong with the file; what stands before that was read. Null while nothing is.</summary>
    public string? Damage { get; private set; }

    /// <summary>When the file was last written; null while there is none.</summary>
    public DateTime? Written => seenLength < 0 ? null : seenTime;

    /// <summary>Whether the last read ended for want of allowance.</summary>
    public bool HasMore => hasMore;

    /// <summary>Whole lines read.</summary>
    public long Lines => lineNumber;

    /// <summary>The last value of each axis and of the mean return; null before the first line.</summary>
    public (double Iteration, double Steps, double Seconds, double? Return)? Latest => lineNumber == 0 ? null
        : (latest[Iteration], latest[Steps], latest.GetValueOrDefault(Seconds),
            latest.TryGetValue(Return, out double value) ? value : null);

    /// <summary>The axes of the line before the last one.</summary>
    public (double Steps, double Seconds)? Previous { get; private set; }

    /// <summary>Reads what is new.</summary>
    /// <param name="allowance">The most bytes to read; what was read is taken from it.</param>
    /// <returns>Whether anything is different from before.</returns>
    /// <exception cref="IOException">The file is there and cannot be read.</exception>
    public bool Read(ref long allowance)
    {
        if (RegularFile.Find(path) is not { } file)
        {
            bool had = seenLength >= 0;
            if (had)
                Reset();
            seenLength = -1;
            return had;
        }
        if (file.Length == seenLength && file.LastWriteTimeUtc == seenTime && !hasMore)
            return false;
        (seenLength, seenTime) = (file.Length, file.LastWriteTimeUtc);
        if (seenLength == 0)
        {
            Reset();                                            // and not opened, for it may be a pipe
            return true;
        }

        // Others may write, rename and delete it meanwhile.
        using var stream = new FileStream(
            path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        if (!GoesOn(stream))
            Reset();
        Damage = null;                                          // what changed may be whole again
        ReadLines(stream, ref allowance);
        return true;
    }

    /// <summary>
    /// Writes the points from one on, as <c>"generation", "stride", "from", "columns": {name: [...]}</c>.
    /// </summary>
    public void WriteJson(Utf8JsonWriter json, int from)
    {
        json.WriteNumber("generation", Generation);
        json.WriteNumber("stride", Stride);
        json.WriteNumber("from", from);
        json.WriteStartObject("columns");
        for (int column = 0; column < names.Count; column++)
        {
            json.WriteStartArray(names[column]);
            bool isAxis = IsAxis(names[column]);
            foreach (double value in columns[column].Skip(from))
            {
                if (!double.IsFinite(value))
                    json.WriteNullValue();
                else if (isAxis)
                    json.WriteNumberValue(value);
                else if (Math.Abs(value) <= float.MaxValue)
                    json.WriteNumberValue((float)value);        // as many digits as a curve can show
                else
                    json.WriteNullValue();                      // further up than any curve can be drawn
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    void ReadLines(FileStream stream, ref long allowance)
    {
        byte[] buffer = new byte[2 * LongestLine];
        hasMore = false;
        while (true)
        {
            if (allowance <= 0)
            {
                hasMore = true;
                return;
            }
            stream.Position = position;
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false), begun = 0;
            ReadOnlySpan<byte> read = buffer.AsSpan(0, length);
            for (int end; Damage is null && (end = read[begun..].IndexOf((byte)'\n')) >= 0;)
            {
                if (Take(read.Slice(begun, end)))
                    begun += end + 1;
                else
                    Damage = $"line {lineNumber + 1} of {Path.GetFileName(path)} is not the line of an iteration";
            }
            allowance -= begun;
            position += begun;
            if (begun > 0)
                lastBytes = read[Math.Max(0, begun - ComparedBytes)..begun].ToArray();
            else if (Damage is null && length >= LongestLine)
                Damage = $"line {lineNumber + 1} of {Path.GetFileName(path)} is longer than {LongestLine} bytes";
            if (begun == 0 || Damage is not null)
                return;                                         // at the end, or before a line that is not whole
        }
    }

    // A run that is trained anew or resumed may drop lines and write others, and be longer again by now.
    bool GoesOn(FileStream stream)
    {
        if (stream.Length < position)
            return false;
        byte[] there = new byte[lastBytes.Length];
        stream.Position = position - there.Length;
        return stream.ReadAtLeast(there, there.Length, throwOnEndOfStream: false) == there.Length
            && there.AsSpan().SequenceEqual(lastBytes);
    }

    /// <summary>Begins anew, as if nothing had been read.</summary>
    public void Forget() => Reset();

    void Reset()
    {
        names.Clear();
        columns.Clear();
        sums.Clear();
        counts.Clear();
        latest.Clear();
        lastBytes = [];
        (position, lineNumber, lines) = (0, 0, 0);
        (Points, Stride, Damage, Previous) = (0, 1, null, null);
        Generation++;
    }

    // One line; false, with nothing changed, if it is none.
    bool Take(ReadOnlySpan<byte> line)
    {
        var read = new List<(string Name, double Value)>();
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString()!;
                if (!json.Read() || json.TokenType != JsonTokenType.Number || !json.TryGetDouble(out double value)
                    || !double.IsFinite(value) || read.Count == MostFigures)
                    return false;
                read.Add((name, value));
            }
            json.Read();                                        // whatever follows the object is a JsonException
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return false;                                       // no JSON, or no text within its quotation marks
        }
        // Beyond 2⁵³ whole numbers are not told apart, and no run comes there.
        const double most = 1L << 53;
        if (read.Exists(pair => IsAxis(pair.Name) && pair.Value is not (>= 0 and <= most)))
            return false;
        if (!read.Exists(pair => pair.Name == Iteration) || !read.Exists(pair => pair.Name == Steps)
            || names.Count + read.Count(pair => !names.Contains(pair.Name)) > MostFigures)
            return false;

        Previous = lineNumber == 0 ? null : (latest[Steps], latest.GetValueOrDefault(Seconds));
        lineNumber++;
        foreach ((string name, double value) in read)
        {
            latest[name] = value;
            int column = names.IndexOf(name);
            if (column < 0)
            {
                column = names.Count;
                names.Add(name);
                columns.Add([.. Enumerable.Repeat(double.NaN, Points)]);
                sums.Add(0);
                counts.Add(0);
            }
            sums[column] = IsAxis(name) ? value : sums[column] + value;
            counts[column] = IsAxis(name) ? 1 : counts[column] + 1;
        }
        if (++lines == Stride)
            AddPoint();
        return true;
    }

    void AddPoint()
    {
        if (Points == MostPoints)
        {
            Merge();
            return;                                             // a point now needs twice as many lines
        }
        for (int column = 0; column < columns.Count; column++)
        {
            columns[column].Add(counts[column] == 0 ? double.NaN : sums[column] / counts[column]);
            (sums[column], counts[column]) = (0, 0);
        }
        (Points, lines) = (Points + 1, 0);
    }

    void Merge()
    {
        for (int column = 0; column < columns.Count; column++)
        {
            List<double> values = columns[column];
            bool isAxis = IsAxis(names[column]);
            for (int i = 0; i < Points / 2; i++)
                values[i] = Merged(values[2 * i], values[2 * i + 1], isAxis);
            values.RemoveRange(Points / 2, Points - Points / 2);
        }
        (Points, Stride) = (Points / 2, Stride * 2);
        Generation++;

        static double Merged(double first, double second, bool isAxis) =>
            double.IsNaN(second) ? first : isAxis || double.IsNaN(first) ? second : (first + second) / 2;
    }

    static bool IsAxis(string name) => name is Iteration or Steps or Seconds;
}
