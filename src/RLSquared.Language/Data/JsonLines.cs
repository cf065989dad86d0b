using RLSquared.Language.Files;

namespace RLSquared.Language.Data;

/// <summary>
/// Files with a JSON object a line, read as they come: a data set may be larger than memory. A message about a line
/// says which and which field: 'data.jsonl line 7: "prompt" is missing'.
/// </summary>
static class JsonLines
{
    const int LongestLine = 64 << 20;

    /// <summary>Reads objects one by one; empty lines are passed over.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">A line is wrong; the message says which and why.</exception>
    public static IEnumerable<T> Read<T>(string path, Func<JsonField, T> read)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        foreach (T item in Read(stream, path, read))
            yield return item;
    }

    /// <summary>The same from a stream, which stays open.</summary>
    public static IEnumerable<T> Read<T>(Stream stream, string source, Func<JsonField, T> read)
    {
        byte[] buffer = new byte[1 << 16];
        int start = 0, end = 0;
        for (long line = 1; ; line++)
        {
            int length;
            while ((length = buffer.AsSpan(start, end - start).IndexOf((byte)'\n')) < 0)
            {
                if (start > 0)
                {
                    buffer.AsSpan(start, end - start).CopyTo(buffer);
                    (start, end) = (0, end - start);
                }
                if (end == LongestLine)
                    throw JsonField.Refusal($"{source} line {line}", $"it has more than {LongestLine} bytes");
                if (end == buffer.Length)
                    Array.Resize(ref buffer, Math.Min(LongestLine, 2 * buffer.Length));
                int got = stream.Read(buffer, end, buffer.Length - end);
                end += got;
                if (got == 0)
                    break;
            }
            bool isLast = length < 0;
            length = isLast ? end - start : length;
            ReadOnlyMemory<byte> text = Trimmed(buffer.AsMemory(start, length), line);
            if (text.Length > 0)
            {
                RequireText(text.Span, source, line);
                yield return JsonField.Read(text, $"{source} line {line}", read);
            }
            if (isLast)
                yield break;
            start += length + 1;
        }
    }

    static ReadOnlyMemory<byte> Trimmed(ReadOnlyMemory<byte> line, long number)
    {
        if (number == 1 && line.Span.StartsWith("\uFEFF"u8))
            line = line[3..];
        int start = 0, end = line.Length;
        while (start < end && line.Span[start] is (byte)' ' or (byte)'\t' or (byte)'\r')
            start++;
        while (end > start && line.Span[end - 1] is (byte)' ' or (byte)'\t' or (byte)'\r')
            end--;
        return line[start..end];
    }

    static void RequireText(ReadOnlySpan<byte> text, string source, long line)
    {
        if (!System.Text.Unicode.Utf8.IsValid(text))
            throw JsonField.Refusal($"{source} line {line}", "it is no UTF-8");
    }
}
