using System.Buffers.Binary;
using System.Text;
using RLSquared.Cli.Films;

namespace RLSquared.Cli.Tests.Films;

/// <summary>
/// Reads what <see cref="GifWriter"/> writes, and is strict: it fails on every byte that is not as GIF89a has it.
/// </summary>
sealed class GifReader
{
    readonly byte[] bytes;
    int at;

    public GifReader(byte[] bytes)
    {
        this.bytes = bytes;
        Assert.Equal("GIF89a", Encoding.ASCII.GetString(Take(6)));
        (Width, Height) = (TakeShort(), TakeShort());
        Assert.Equal([0xF7, 0, 0], Take(3).ToArray());              // a palette of 256 colours
        byte[] palette = Take(256 * 3).ToArray();
        for (byte kind = TakeByte(); kind != 0x3B; kind = TakeByte())
        {
            if (kind == 0x2C)
            {
                Frames.Add(ReadPicture(palette));
                continue;
            }
            Assert.Equal(0x21, kind);
            ReadExtension();
        }
        Assert.Equal(bytes.Length, at);                             // nothing behind the end
    }

    public int Width { get; }

    public int Height { get; }

    /// <summary>How often the film is shown again; 0 for ever; null where it does not say.</summary>
    public int? Repetitions { get; private set; }

    /// <summary>Hundredths of a second for each frame.</summary>
    public List<int> Delays { get; } = [];

    /// <summary>The colours, [Height, Width, 3].</summary>
    public List<byte[]> Frames { get; } = [];

    void ReadExtension()
    {
        byte label = TakeByte();
        if (label == 0xFF)
        {
            Assert.Equal(11, TakeByte());
            Assert.Equal("NETSCAPE2.0", Encoding.ASCII.GetString(Take(11)));
            Assert.Equal([3, 1], Take(2).ToArray());
            Repetitions = TakeShort();
        }
        else
        {
            Assert.Equal(0xF9, label);
            Assert.Equal([4, 0], Take(2).ToArray());
            Delays.Add(TakeShort());
            TakeByte();                                             // no transparent colour
        }
        Assert.Equal(0, TakeByte());
    }

    byte[] ReadPicture(byte[] palette)
    {
        Assert.Equal([0, 0, 0, 0], Take(4).ToArray());              // at the top left
        Assert.Equal((Width, Height), (TakeShort(), TakeShort()));
        Assert.Equal([0, 8], Take(2).ToArray());                    // no palette of its own; pixels of 8 bits
        List<byte> data = [];
        for (int length = TakeByte(); length > 0; length = TakeByte())
            data.AddRange(Take(length));
        List<byte> pixels = Unpack([.. data]);
        Assert.Equal(Width * Height, pixels.Count);
        byte[] colours = new byte[pixels.Count * 3];
        for (int i = 0; i < pixels.Count; i++)
            palette.AsSpan(pixels[i] * 3, 3).CopyTo(colours.AsSpan(i * 3));
        return colours;
    }

    // Strings of pixels by code; each code makes an entry of the string before it and its own first pixel.
    static List<byte> Unpack(byte[] data)
    {
        const int clear = 256, end = 257, most = 4096;
        List<byte[]> strings = [];
        List<byte> pixels = [];
        int bit = 0, size = 9;
        byte[]? previous = null;
        while (true)
        {
            int code = 0;
            for (int i = 0; i < size; i++, bit++)
                code |= (data[bit >> 3] >> (bit & 7) & 1) << i;     // fails when there are too few
            if (code == clear)
            {
                strings = [.. Enumerable.Range(0, end + 1).Select(pixel => new[] { (byte)pixel })];
                (size, previous) = (9, null);
                continue;
            }
            Assert.NotEmpty(strings);                               // the first code clears
            if (code == end)
                break;
            Assert.InRange(code, 0, previous is null ? 255 : strings.Count);
            byte[] text = code < strings.Count ? strings[code] : [.. previous!, previous![0]];
            if (previous is not null && strings.Count < most)
                strings.Add([.. previous, text[0]]);
            if (strings.Count == 1 << size && size < 12)
                size++;
            pixels.AddRange(text);
            previous = text;
        }
        Assert.InRange(data.Length * 8 - bit, 0, 7);                // no byte too many
        return pixels;
    }

    ReadOnlySpan<byte> Take(int count) => bytes.AsSpan((at += count) - count, count);

    byte TakeByte() => bytes[at++];

    int TakeShort() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));
}
