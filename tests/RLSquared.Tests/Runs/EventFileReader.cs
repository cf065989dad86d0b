using System.Text;

namespace RLSquared.Tests.Runs;

/// <summary>A value of a summary: exactly one of the last three is there.</summary>
internal sealed record TaggedValue(string Tag, float? Scalar, string? Text, EventHistogram? Histogram);

internal sealed record EventHistogram(
    double Least, double Most, double Count, double Sum, double SumOfSquares, double[] Limits, double[] Counts);

internal sealed record LoggedEvent(
    double WallTime, long Step, string? FileVersion, bool IsSessionStart, IReadOnlyList<TaggedValue> Values);

/// <summary>
/// Reads TensorBoard's event files from the description of the format, with nothing of the writer's: a CRC-32C by bits,
/// varints by hand. A record that was cut off at the end of the file is left out, as TensorBoard leaves it.
/// </summary>
internal static class EventFileReader
{
    public static IReadOnlyList<LoggedEvent> Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        List<LoggedEvent> events = [];
        int at = 0;
        while (at + 12 <= file.Length)
        {
            long length = BitConverter.ToInt64(file, at);
            Check(file.AsSpan(at, 8), BitConverter.ToUInt32(file, at + 8), $"the length at byte {at}");
            if (at + 16 + length > file.Length)
                break;
            ReadOnlySpan<byte> data = file.AsSpan(at + 12, (int)length);
            Check(data, BitConverter.ToUInt32(file, at + 12 + (int)length), $"the record at byte {at}");
            events.Add(EventOf(data));
            at += 16 + (int)length;
        }
        return events;
    }

    /// <summary>
    /// What TensorBoard shows of one tag, from all files of a folder in the order of their names: a start of a session
    /// that is not the first drops all that has its step or a later one.
    /// </summary>
    public static IReadOnlyList<(long Step, TaggedValue Value)> Shown(string folder, string tag)
    {
        List<(long Step, TaggedValue Value)> shown = [];
        bool started = false;
        foreach (string path in Directory.GetFiles(folder, "*tfevents*").Order(StringComparer.Ordinal))
        {
            foreach (LoggedEvent logged in Read(path))
            {
                if (logged.IsSessionStart && started)
                    shown.RemoveAll(point => point.Step >= logged.Step);
                started |= logged.IsSessionStart;
                shown.AddRange(logged.Values.Where(value => value.Tag == tag).Select(value => (logged.Step, value)));
            }
        }
        return shown;
    }

    static void Check(ReadOnlySpan<byte> bytes, uint expected, string what)
    {
        uint crc = 0xffffffff;
        foreach (byte next in bytes)
        {
            crc ^= next;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) == 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;            // Castagnoli, bits reversed
        }
        crc = ~crc;
        if ((crc >> 15 | crc << 17) + 0xa282ead8 != expected)
            throw new InvalidDataException($"{what} is damaged");
    }

    static LoggedEvent EventOf(ReadOnlySpan<byte> data)
    {
        Dictionary<int, List<object>> fields = Fields(data);
        return new LoggedEvent(
            (double)fields[1][0], fields.TryGetValue(2, out List<object>? step) ? (long)step[0] : 0,
            fields.TryGetValue(3, out List<object>? version) ? Utf8(version[0]) : null,
            fields.TryGetValue(7, out List<object>? session) && (long)Fields((byte[])session[0])[1][0] == 1,
            fields.TryGetValue(5, out List<object>? summary)
                ? [.. Fields((byte[])summary[0])[1].Select(value => ValueOf((byte[])value))] : []);
    }

    static TaggedValue ValueOf(byte[] data)
    {
        Dictionary<int, List<object>> fields = Fields(data);
        string? text = null;
        if (fields.TryGetValue(8, out List<object>? tensor))
        {
            Dictionary<int, List<object>> parts = Fields((byte[])tensor[0]);
            Assert.Equal(7L, parts[1][0]);                                          // DT_STRING
            Assert.Equal(1L, Fields((byte[])Fields((byte[])parts[2][0])[2][0])[1][0]);          // of shape [1]
            Dictionary<int, List<object>> metadata = Fields((byte[])fields[9][0]);
            Assert.Equal("text", Utf8(Fields((byte[])metadata[1][0])[1][0]));
            text = Utf8(parts[8][0]);
        }
        return new TaggedValue(
            Utf8(fields[1][0]), fields.TryGetValue(2, out List<object>? scalar) ? (float)scalar[0] : null, text,
            fields.TryGetValue(5, out List<object>? histogram) ? HistogramOf((byte[])histogram[0]) : null);
    }

    static EventHistogram HistogramOf(byte[] data)
    {
        Dictionary<int, List<object>> fields = Fields(data);
        double[] numbers = [.. Enumerable.Range(1, 5).Select(field => (double)fields[field][0])];
        return new EventHistogram(
            numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], Doubles(fields[6][0]), Doubles(fields[7][0]));
    }

    static double[] Doubles(object bytes) =>
        [.. ((byte[])bytes).Chunk(8).Select(chunk => BitConverter.ToDouble(chunk))];

    static string Utf8(object bytes) => Encoding.UTF8.GetString((byte[])bytes);

    // The fields of a message by number: long, double, float or bytes.
    static Dictionary<int, List<object>> Fields(ReadOnlySpan<byte> data)
    {
        Dictionary<int, List<object>> fields = [];
        while (data.Length > 0)
        {
            long tag = Varint(ref data);
            object value = (tag & 7) switch
            {
                0 => Varint(ref data),
                1 => BitConverter.ToDouble(Take(ref data, 8)),
                2 => Take(ref data, (int)Varint(ref data)).ToArray(),
                5 => BitConverter.ToSingle(Take(ref data, 4)),
                long other => throw new InvalidDataException($"there is no wire type {other}"),
            };
            int number = (int)(tag >> 3);
            if (!fields.TryGetValue(number, out List<object>? values))
                fields[number] = values = [];
            values.Add(value);
        }
        return fields;
    }

    static long Varint(ref ReadOnlySpan<byte> data)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = Take(ref data, 1)[0];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return (long)value;
        }
    }

    static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> data, int count)
    {
        ReadOnlySpan<byte> taken = data[..count];
        data = data[count..];
        return taken;
    }
}
