using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using RLSquared.Reproduction.Plots;

namespace RLSquared.Cli.Tests.Films;

/// <summary>Reads what <see cref="PngWriter"/> writes, and fails on everything else.</summary>
static class PngReader
{
    /// <summary>Width, height and the colours, [Height, Width, 3].</summary>
    public static (int Width, int Height, byte[] Pixels) Read(byte[] bytes)
    {
        Assert.Equal([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], bytes[..8]);
        List<(string Type, byte[] Data)> chunks = [];
        for (int at = 8; at < bytes.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(at));
            ReadOnlySpan<byte> content = bytes.AsSpan(at + 4, 4 + length);
            Assert.Equal(Check(content), BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at + 8 + length)));
            chunks.Add((Encoding.ASCII.GetString(content[..4]), content[4..].ToArray()));
            at += 12 + length;
        }
        Assert.Equal(["IHDR", "IDAT", "IEND"], chunks.Select(chunk => chunk.Type));
        byte[] header = chunks[0].Data;
        Assert.Equal([8, 2, 0, 0, 0], header[8..]);                 // 8 bits of red, green and blue; not interlaced
        int width = BinaryPrimitives.ReadInt32BigEndian(header);
        int height = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));

        using var unpacked = new MemoryStream();
        using (var data = new ZLibStream(new MemoryStream(chunks[1].Data), CompressionMode.Decompress))
            data.CopyTo(unpacked);
        byte[][] rows = [.. unpacked.ToArray().Chunk(1 + width * 3)];
        Assert.Equal(height, rows.Length);
        Assert.All(rows, row => Assert.Equal((0, 1 + width * 3), ((int)row[0], row.Length)));        // no filter
        return (width, height, [.. rows.SelectMany(row => row[1..])]);
    }

    // ISO/IEC 15948, annex D, bit by bit.
    static uint Check(ReadOnlySpan<byte> content)
    {
        uint check = uint.MaxValue;
        foreach (byte next in content)
        {
            check ^= next;
            for (int bit = 0; bit < 8; bit++)
                check = (check & 1) != 0 ? 0xEDB88320 ^ (check >> 1) : check >> 1;
        }
        return ~check;
    }
}
