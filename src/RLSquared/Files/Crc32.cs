using System.Buffers.Binary;

namespace RLSquared.Files;

/// <summary>The check sum of zip and PNG files (polynomial 0xEDB88320, reflected), eight bytes at a time.</summary>
static class Crc32
{
    static readonly uint[][] tables = MakeTables();

    /// <summary>The sum of what came before and of more bytes; 0 before the first.</summary>
    public static uint Append(uint sum, ReadOnlySpan<byte> bytes)
    {
        uint crc = ~sum;
        while (bytes.Length >= 8)
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = tables[7][low & 255] ^ tables[6][low >> 8 & 255] ^ tables[5][low >> 16 & 255] ^ tables[4][low >> 24]
                ^ tables[3][high & 255] ^ tables[2][high >> 8 & 255] ^ tables[1][high >> 16 & 255]
                ^ tables[0][high >> 24];
            bytes = bytes[8..];
        }
        foreach (byte value in bytes)
            crc = crc >> 8 ^ tables[0][(crc ^ value) & 255];
        return ~crc;
    }

    // Table k has the effect of a byte that k more bytes follow.
    static uint[][] MakeTables()
    {
        uint[][] made = [.. Enumerable.Range(0, 8).Select(_ => new uint[256])];
        for (uint value = 0; value < 256; value++)
        {
            uint crc = value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
            made[0][value] = crc;
        }
        for (int k = 1; k < 8; k++)
        {
            for (int value = 0; value < 256; value++)
                made[k][value] = made[k - 1][value] >> 8 ^ made[0][made[k - 1][value] & 255];
        }
        return made;
    }
}
