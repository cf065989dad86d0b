using System.Buffers;
using System.Text.Json;
using RLSquared.Algorithms;

namespace RLSquared.Runs;

/// <summary>
/// Some of what a run learned from, one JSON object per line: what <c>samples.jsonl</c> holds. Each of the first
/// <see cref="FirstIterations"/> iterations that drew something has a line; from then on lines come half as often each
/// time that the run has become twice as long, so that the file stays within some megabytes.
/// </summary>
internal sealed class SampleLog : IDisposable
{
    /// <summary>The iterations at the beginning of a run that may have a line each.</summary>
    public const int FirstIterations = 100;

    readonly FileStream stream;
    readonly ArrayBufferWriter<byte> line = new();
    readonly Utf8JsonWriter json;
    int last;                                               // the iteration of the last line; 0 before the first

    SampleLog(FileStream stream, int last)
    {
        (this.stream, this.last) = (stream, last);
        json = new Utf8JsonWriter(line);
    }

    /// <summary>Opens a log to go on after an iteration; later lines are dropped.</summary>
    /// <param name="path">The file; made when there is none.</param>
    /// <param name="afterIteration">The last iteration to keep; 0 to begin anew.</param>
    /// <exception cref="InvalidDataException">A line is not as this class writes it.</exception>
    /// <exception cref="IOException">The file cannot be read or written.</exception>
    public static SampleLog Open(string path, int afterIteration)
    {
        FileStream stream = MetricLog.OpenAfter(path, afterIteration, out int last);
        return new SampleLog(stream, last);
    }

    /// <summary>
    /// Whether an iteration may have a line. That depends on its number and on the last line alone, so that a run that
    /// was interrupted has the lines of one that was not.
    /// </summary>
    /// <param name="iteration">From 1.</param>
    /// <param name="last">The iteration of the line before; 0 for none.</param>
    public static bool IsDue(int iteration, int last)
    {
        int every = 1;
        for (long end = FirstIterations; iteration > end; end *= 2)
            every *= 2;
        return last == 0 || iteration - last >= every;
    }

    /// <summary>Adds the line of an iteration, where it is due and drew something.</summary>
    /// <param name="report">What the iteration did.</param>
    /// <param name="algorithm">Who did it.</param>
    /// <exception cref="IOException">The line cannot be written.</exception>
    public void Write(in IterationReport report, ISampledAlgorithm algorithm)
    {
        if (!IsDue(report.Iteration, last))
            return;
        line.Clear();
        json.Reset();
        json.WriteStartObject();
        json.WriteNumber(MetricLog.IterationKey, report.Iteration);
        json.WriteNumber("steps", report.Steps);
        if (!algorithm.WriteSamples(json))
            return;
        json.WriteEndObject();
        json.Flush();
        line.Write("\n"u8);
        stream.Write(line.WrittenSpan);
        last = report.Iteration;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        stream.Dispose();
        json.Reset();                                       // what was begun and not written is let go
        json.Dispose();
    }
}
