namespace RLSquared.Runs;

/// <summary>The whole lines of a stream of any length, one after another, in memory for one of them.</summary>
/// <param name="stream">What is read, from its position on; not owned.</param>
internal sealed class LineReader(Stream stream)
{
    /// <summary>The most bytes of a line.</summary>
    public const int Longest = 16 << 20;

    byte[] buffer = new byte[1 << 16];
    int begin, end;

    /// <summary>Bytes of the whole lines read so far, their ends included.</summary>
    public long Position { get; private set; }

    /// <summary>Whether the last call ended before a line that is longer than <see cref="Longest"/>.</summary>
    public bool IsTooLong { get; private set; }

    /// <summary>The next line without its end.</summary>
    /// <param name="line">The line; it stands until the next call.</param>
    /// <returns>Whether there is a whole one.</returns>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    public bool Next(out ReadOnlySpan<byte> line)
    {
        for (int seen = begin; ;)
        {
            int length = buffer.AsSpan(seen, end - seen).IndexOf((byte)'\n');
            if (length >= 0)
            {
                line = buffer.AsSpan(begin, seen + length - begin);
                Position += line.Length + 1;
                begin = seen + length + 1;
                return true;
            }
            seen = end - begin;                                 // where the next look begins, after the move below
            buffer.AsSpan(begin, seen).CopyTo(buffer);
            (begin, end) = (0, seen);
            IsTooLong = end > Longest;
            if (end == buffer.Length && !IsTooLong)
                Array.Resize(ref buffer, 2 * buffer.Length);
            int read = IsTooLong ? 0 : stream.Read(buffer, end, buffer.Length - end);
            if (read == 0)
            {
                line = default;
                return false;
            }
            end += read;
        }
    }
}
