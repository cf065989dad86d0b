using System.Buffers;
using System.Text.Json;
using RLSquared.Algorithms;

namespace RLSquared.Runs;

/// <summary>
/// The figures of a run, one JSON object per line: what <c>metrics.jsonl</c> holds. Each of the first
/// <see cref="FirstIterations"/> iterations has a line. Of those that follow every second one has, beyond twice as many
/// every fourth, and so on, so that the log of a run with tiny iterations stays within some hundred megabytes. A line
/// reaches the operating system at once, so that others can follow a run while it trains.
/// </summary>
public sealed class MetricLog : IDisposable
{
    /// <summary>The iterations at the beginning of a run that have a line each.</summary>
    public const int FirstIterations = 100_000;

    internal const string IterationKey = "iteration";

    readonly FileStream stream;
    readonly ArrayBufferWriter<byte> line = new();
    readonly Utf8JsonWriter json;

    MetricLog(FileStream stream)
    {
        this.stream = stream;
        json = new Utf8JsonWriter(line);
    }

    /// <summary>
    /// Opens a log to go on after an iteration. Later lines, which a run wrote after its last checkpoint, are dropped,
    /// so that an interrupted run ends with the same lines as an uninterrupted one, but for the times.
    /// </summary>
    /// <param name="path">The file; made when there is none.</param>
    /// <param name="afterIteration">The last iteration to keep; 0 to begin anew.</param>
    /// <exception cref="InvalidDataException">A line is not as this class writes it.</exception>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static MetricLog Open(string path, int afterIteration) => new(OpenAfter(path, afterIteration, out _));

    /// <summary>Opens a log of lines that name their iteration, behind the last one that is kept.</summary>
    /// <inheritdoc cref="Open"/>
    /// <param name="path">The file; made when there is none.</param>
    /// <param name="afterIteration">The last iteration to keep; 0 to begin anew.</param>
    /// <param name="last">Receives the iteration of the last line that is kept; 0 where there is none.</param>
    internal static FileStream OpenAfter(string path, int afterIteration, out int last)
    {
        var stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            stream.SetLength(LengthUpTo(stream, afterIteration, path, out last));
            stream.Seek(0, SeekOrigin.End);
            return stream;
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Whether an iteration has a line. That depends on its number alone, and not on how fast the machine is, so that a
    /// run that was interrupted has the lines of one that was not.
    /// </summary>
    public static bool IsLogged(int iteration)
    {
        int every = 1;
        for (long end = FirstIterations; iteration > end; end *= 2)
            every *= 2;
        return iteration % every == 0;
    }

    /// <summary>Adds the line of one iteration.</summary>
    /// <param name="report">What the iteration did.</param>
    /// <param name="seconds">Seconds spent training so far, over all sessions.</param>
    /// <exception cref="IOException">The line cannot be written.</exception>
    public void Write(in IterationReport report, double seconds)
    {
        line.Clear();
        json.Reset();
        json.WriteStartObject();
        json.WriteNumber(IterationKey, report.Iteration);
        json.WriteNumber("steps", report.Steps);
        json.WriteNumber("mean_return", report.MeanReturn);
        foreach ((string name, double value) in report.Figures)
            json.WriteNumber(name, value);
        json.WriteNumber("seconds", Math.Round(seconds, 3));
        json.WriteNumber("rollout_seconds", Math.Round(report.RolloutSeconds, 5));
        json.WriteNumber("update_seconds", Math.Round(report.UpdateSeconds, 5));
        json.WriteEndObject();
        json.Flush();
        line.Write("\n"u8);
        stream.Write(line.WrittenSpan);
    }

    /// <summary>Waits until all lines are on the disk.</summary>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Flush() => stream.Flush(flushToDisk: true);

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        json.Dispose();
        stream.Dispose();
    }

    // The bytes of the whole lines up to and including an iteration's.
    static long LengthUpTo(FileStream stream, int iteration, string path, out int last)
    {
        last = 0;
        var lines = new LineReader(stream);
        for (long number = 1; ; number++)
        {
            long kept = lines.Position;
            if (!lines.Next(out ReadOnlySpan<byte> line) && !lines.IsTooLong)
                return kept;                                    // the rest was cut off while it was written
            if (lines.IsTooLong || IterationOf(line) is not { } found)
                throw new InvalidDataException($"line {number} of {path} is not the line of an iteration");
            if (found > iteration)
                return kept;
            last = (int)found;
        }
    }

    /// <summary>The iteration that a line names; null where it is no line of a log.</summary>
    internal static long? IterationOf(
ReadOnlySpan<byte> line)
    {
        try
        {
            var json = new Utf8JsonReader(line);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return null;
            long? iteration = null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                bool isIteration = json.ValueTextEquals(IterationKey);
                json.Read();
                if (isIteration && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long value))
                    iteration = value;
                json.Skip();
            }
            json.Read();                                        // whatever follows the object is a JsonException
            return iteration;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)  // no text, in escapes
        {
            return null;
        }
    }
}
