using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using RLSquared.Algorithms;
using RLSquared.Tensors;
using RLSquared.Tensors.Files;

namespace RLSquared.Runs;

/// <summary>
/// The figures of a run as a TensorBoard event file in its folder, <c>events.out.tfevents.TIME.HOST.PROCESS</c>, beside
/// <c>metrics.jsonl</c>: <c>tensorboard --logdir runs</c> shows all runs. The names are those that users of other
/// libraries look for, such as <c>charts/episodic_return</c>; docs/metrics.md lists them.
/// <para>
/// Each session writes a file of its own. A session that goes on from a checkpoint says with which step it begins, so
/// that TensorBoard drops what a killed session had written beyond that. Records are held back and reach the file in
/// whole groups, so that a process that is killed leaves whole records behind.
/// </para>
/// <code>
///   file:   (uint64 length, uint32 masked CRC-32C of these 8 bytes, bytes, uint32 masked CRC-32C of the bytes) …
///   bytes:  a protobuf Event: wall time, step, and a version, a session's start, or a summary of tagged values
/// </code>
/// </summary>
public sealed class TensorBoardLog : IDisposable
{
    const string Prefix = "events.out.tfevents.";
    const double SecondsHeldBack = 5;
    const int Buckets = 30;

    // Field numbers of TensorBoard's event.proto, summary.proto, histogram.proto and tensor.proto.
    const int WallTime = 1, Step = 2, FileVersion = 3, Summary = 5, SessionLog = 7;
    const int SummaryValue = 1, Tag = 1, SimpleValue = 2, Histogram = 5, TensorValue = 8, Metadata = 9;
    const int SessionStart = 1, StringType = 7, ClassOfTensors = 2;

    readonly FileStream stream;
    readonly ArrayBufferWriter<byte> waiting = new();
    readonly ProtobufWriter record = new(), summary = new(), value = new(), part = new();
    readonly double[] limits = new double[Buckets], counts = new double[Buckets];
    long lastFlush = Environment.TickCount64;

    TensorBoardLog(FileStream stream) => this.stream = stream;

    /// <summary>The event files of a run's folder in the order in which TensorBoard reads them.</summary>
    public static IReadOnlyList<string> FilesIn(string folder) => Directory.Exists(folder)
        ? [.. Directory.EnumerateFiles(folder, Prefix + "*").Order(StringComparer.Ordinal)] : [];

    /// <summary>Begins the file of a session.</summary>
    /// <param name="folder">The run's folder.</param>
    /// <param name="steps">Environment steps at which the session begins; what was written beyond is void.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static TensorBoardLog Open(string folder, long steps)
    {
        // The names must rise with the sessions, and two may begin within one second.
        long time = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        foreach (string earlier in FilesIn(folder))
        {
            string digits = Path.GetFileName(earlier)[Prefix.Length..].Split('.')[0];
            if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long other))
                time = Math.Max(time, other + 1);
        }
        string host = string.Concat(
            Environment.MachineName.Select(letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        string path = Path.Combine(folder, $"{Prefix}{time:D10}.{host}.{Environment.ProcessId}");
        var log = new TensorBoardLog(
            new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0));
        log.Begin(step: 0);
        log.record.Text(FileVersion, "brain.Event:2");
        log.End();
        // The first start of a run voids nothing, a later one all that has its step or a later one.
        log.Begin(steps == 0 ? 0 : steps + 1);
        log.part.Integer(1, SessionStart);
        log.record.Bytes(SessionLog, log.part.Written);
        log.End();
        log.Flush();
        return log;
    }

    /// <summary>Adds the figures of one iteration, under their names in TensorBoard.</summary>
    /// <param name="status">What the iteration did, and how fast.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(in TrainingStatus status)
    {
        IterationReport report = status.Report;
        Begin(report.Steps);
        AddScalar("charts/episodic_return", report.MeanReturn);
        AddScalar("charts/SPS", status.StepsPerSecond);
        for (int i = 0; i < report.Figures.Count; i++)              // an enumerator of an interface would be allocated
            AddScalar(TagOf(report.Figures[i].Name), report.Figures[i].Value);
        AddScalar("time/rollout_seconds", report.RolloutSeconds);
        AddScalar("time/update_seconds", report.UpdateSeconds);
        EndSummary();
        if (Environment.TickCount64 - lastFlush > 1000 * SecondsHeldBack)
            Flush();
    }

    /// <summary>
    /// Adds how the learned numbers are spread, and how the gradient of the last minibatch is: a histogram for each
    /// parameter and each gradient.
    /// </summary>
    /// <param name="steps">Environment steps so far.</param>
    /// <param name="parameters">What is learned.</param>
    public void Write(long steps, ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Begin(steps);
        foreach (Parameter parameter in parameters.All)
        {
            AddHistogram("parameters/" + parameter.Name, parameter.Value.ToArray());
            if (!parameter.Group.Frozen)
                AddHistogram("gradients/" + parameter.Name, parameter.Gradient.ToArray());
        }
        EndSummary();
    }

    /// <summary>Adds a text, which TensorBoard shows as Markdown.</summary>
    /// <param name="tag">Its name.</param>
    /// <param name="text">The text.</param>
    public void Write(string tag, string text)
    {
        Begin(step: 0);
        value.Clear();
        value.Text(Tag, tag);
        value.Message(TensorValue, tensor =>
        {
            tensor.Integer(1, StringType);
            tensor.Message(2, shape => shape.Message(2, dimension => dimension.Integer(1, 1)));        // [1]
            tensor.Text(8, text);
        });
        value.Message(Metadata, metadata =>
        {
            metadata.Message(1, plugin => plugin.Text(1, "text"));
            metadata.Integer(4, ClassOfTensors);
        });
        summary.Bytes(SummaryValue, value.Written);
        EndSummary();
    }

    /// <summary>Hands all records to the operating system.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Flush()
    {
        stream.Write(waiting.WrittenSpan);
        waiting.ResetWrittenCount();
        lastFlush = Environment.TickCount64;
    }

    /// <summary>Writes what is held back and closes the file.</summary>
    public void Dispose()
    {
        using (stream)
            Flush();
    }

    /// <summary>The name in TensorBoard of a figure of <see cref="IterationReport.Figures"/>.</summary>
    public static string TagOf(string figure) => figure switch
    {
        "policy_loss" => "losses/policy_loss",              // the usual names, as constants: this runs each iteration
        "value_loss" => "losses/value_loss",
        "entropy" => "losses/entropy",
        "kl" => "losses/approx_kl",
        "clip_fraction" => "losses/clipfrac",
        "explained_variance" => "losses/explained_variance",
        "gradient_norm" => "losses/gradient_norm",
        "learning_rate" => "charts/learning_rate",
        "trial_length" => "charts/episodic_length",
        _ => "losses/" + figure,
    };

    void Begin(long step)
    {
        record.Clear();
        summary.Clear();
        part.Clear();
        record.Double(WallTime, (DateTime.UtcNow - DateTime.UnixEpoch).TotalSeconds);
        record.Integer(Step, step);
    }

    void AddScalar(string tag, double number)
    {
        value.Clear();
        value.Text(Tag, tag);
        value.Single(SimpleValue, (float)number);
        summary.Bytes(SummaryValue, value.Written);
    }

    // Buckets of one width from the least to the greatest number; a bucket ends at its limit.
    void AddHistogram(string tag, ReadOnlySpan<float> numbers)
    {
        double least = double.PositiveInfinity, most = double.NegativeInfinity, sum = 0, squares = 0, count = 0;
        foreach (float number in numbers)
        {
            if (!float.IsFinite(number))
                continue;                                   // nothing to draw; the figures stop the run
            (least, most) = (Math.Min(least, number), Math.Max(most, number));
            sum += number;
            squares += (double)number * number;
            count++;
        }
        if (count == 0)
            return;
        int used = most > least ? Buckets : 1;
        for (int i = 0; i < used; i++)
            limits[i] = i == used - 1 ? most : least + (most - least) * (i + 1) / used;
        Array.Clear(counts);
        double bucketsPerUnit = most > least ? used / (most - least) : 0;
        foreach (float number in numbers)
        {
            if (float.IsFinite(number))
                counts[Math.Min((int)((number - least) * bucketsPerUnit), used - 1)]++;
        }
        part.Clear();
        part.Double(1, least);
        part.Double(2, most);
        part.Double(3, count);
        part.Double(4, sum);
        part.Double(5, squares);
        part.Packed(6, limits.AsSpan(0, used));
        part.Packed(7, counts.AsSpan(0, used));
        value.Clear();
        value.Text(Tag, tag);
        value.Bytes(Histogram, part.Written);
        summary.Bytes(SummaryValue, value.Written);
    }

    void EndSummary()
    {
        record.Bytes(Summary, summary.Written);
        End();
    }

    void End()
    {
        ReadOnlySpan<byte> bytes = record.Written;
        const int header = sizeof(ulong) + sizeof(uint);
        Span<byte> framed = waiting.GetSpan(header + bytes.Length + sizeof(uint));
        BinaryPrimitives.WriteUInt64LittleEndian(framed, (ulong)bytes.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(framed[sizeof(ulong)..], MaskedCrc(framed[..sizeof(ulong)]));
        bytes.CopyTo(framed[header..]);
        BinaryPrimitives.WriteUInt32LittleEndian(framed[(header + bytes.Length)..], MaskedCrc(bytes));
        waiting.Advance(header + bytes.Length + sizeof(uint));
    }

    // CRC-32C, turned and shifted, because a CRC over bytes that hold their own CRC would say little.
    static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (byte next in bytes)
            crc = BitOperations.Crc32C(crc, next);
        return BitOperations.RotateRight(~crc, 15) + 0xa282ead8;
    }
}
