using System.Buffers.Binary;
using System.IO.Compression;
using RLSquared.Files;

namespace RLSquared.Reproduction.Plots;

/// <summary>Writes a picture as PNG (ISO/IEC 15948): eight bits of red, green and blue, no filter.</summary>
internal static class PngWriter
{
    public static void Write(Stream output, Picture picture)
    {
        output.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, picture.Width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), picture.Height);
        (header[8], header[9]) = (8, 2);                                    // bits per channel; red, green, blue
        WriteChunk(output, "IHDR"u8, header);

        using var data = new MemoryStream();
        using (var compressor = new ZLibStream(data, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            for (int y = 0; y < picture.Height; y++)
            {
                compressor.WriteByte(0);                                    // no filter
                compressor.Write(picture.Pixels.AsSpan(y * picture.Width * 3, picture.Width * 3));
            }
        }
        WriteChunk(output, "IDAT"u8, data.ToArray());
        WriteChunk(output, "IEND"u8, []);
    }

    static void WriteChunk(Stream output, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        output.Write(number);
        output.Write(type);
        output.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Append(Crc32.Append(0, type), data));
        output.Write(number);
    }
}
