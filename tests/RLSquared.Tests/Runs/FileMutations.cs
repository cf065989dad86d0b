using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace RLSquared.Tests.Runs;

/// <summary>Damages files at random: bits, lengths, pieces, and what parsers stumble over.</summary>
/// <param name="seed">The same seed gives the same files.</param>
internal sealed class FileMutations(int seed)
{
    static readonly byte[][] morsels =
    [
        .. new[]
        {
            "{", "}", "[", "]", "\"", ":", ",", "\\", "\\u0000", "\\ud800", "null", "true", "{}", "[]", "\"\"", "-",
            "-1", "0", "00", "1e99", "1e-400", "1e999999999", "2147483648", "-2147483649", "9223372036854775807",
            "9223372036854775808", "18446744073709551616", "4294967296", "0.5", "NaN", "Infinity", "\n", "\r\n", " ",
            "/*", "//", "\"a\":1,", "\"version\":1,", "\"iteration\":7,", "\"__metadata__\":{},", "\"shape\":[],",
            "\"data_offsets\":[0,0],", "\"dtype\":\"F32\",", "\"sha256\":\"",
        }.Select(Encoding.UTF8.GetBytes),
        [0], [0xFF], [0xEF, 0xBB, 0xBF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82],
    ];

    readonly Random random = new(seed);

    /// <summary>One to four changes of a file.</summary>
    public byte[] Mutate(byte[] file)
    {
        List<byte> bytes = [.. file];
        for (int edits = random.Next(1, 5); edits > 0; edits--)
            Edit(bytes, file);
        return [.. bytes];
    }

    /// <summary>Puts the hash right that a checkpoint carries, so that readers go on to what is behind it.</summary>
    public static byte[] WithRightHash(byte[] checkpoint)
    {
        byte[] bytes = [.. checkpoint];
        ReadOnlySpan<byte> key = "\"sha256\":\""u8;
        int place = bytes.AsSpan().IndexOf(key) + key.Length;
        if (place < key.Length || place + 64 > bytes.Length)
            return bytes;
        bytes.AsSpan(place, 64).Fill((byte)'0');
        Encoding.ASCII.GetBytes(Convert.ToHexStringLower(SHA256.HashData(bytes))).CopyTo(bytes, place);
        return bytes;
    }

    /// <summary>Puts the length of a safetensors header right after its text has grown or shrunk.</summary>
    public static byte[] WithRightHeaderLength(byte[] file, int grown)
    {
        byte[] bytes = [.. file];
        if (bytes.Length >= 8)
            BinaryPrimitives.WriteInt64LittleEndian(bytes, BinaryPrimitives.ReadInt64LittleEndian(bytes) + grown);
        return bytes;
    }

    void Edit(List<byte> bytes, byte[] original)
    {
        if (bytes.Count == 0)
            return;
        int place = random.Next(bytes.Count), length = random.Next(1, 1 + Math.Min(64, bytes.Count - place));
        switch (random.Next(12))
        {
            case 0: bytes[place] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[place] = (byte)random.Next(256); break;
            case 2: bytes.RemoveRange(place, bytes.Count - place); break;
            case 3: bytes.RemoveRange(place, length); break;
            case 4: bytes.InsertRange(place, morsels[random.Next(morsels.Length)]); break;
            case 5: Replace(bytes, place, morsels[random.Next(morsels.Length)]); break;
            case 6: bytes.InsertRange(place, bytes.GetRange(place, length)); break;
            case 7: bytes.InsertRange(place, original[..random.Next(original.Length)]); break;
            case 8: bytes.InsertRange(place, Enumerable.Repeat("[{\""u8[random.Next(3)], random.Next(2000))); break;
            case 9: Duplicate(bytes, place); break;
            case 10: Number(bytes, place); break;
            default: Prefix(bytes); break;
        }
    }

    static void Replace(List<byte> bytes, int place, byte[] morsel)
    {
        bytes.RemoveRange(place, Math.Min(morsel.Length, bytes.Count - place));
        bytes.InsertRange(place, morsel);
    }

    // A key and its value once more: from one quotation mark behind a comma or a brace to the next comma.
    static void Duplicate(List<byte> bytes, int place)
    {
        int from = bytes.IndexOf((byte)'"', place);
        int to = from < 0 ? -1 : bytes.IndexOf((byte)',', from);
        if (to >= 0)
            bytes.InsertRange(from, bytes.GetRange(from, to + 1 - from));
    }

    // Another number in place of the next one.
    void Number(List<byte> bytes, int place)
    {
        int from = bytes.FindIndex(place, letter => letter is >= (byte)'0' and <= (byte)'9');
        if (from < 0)
            return;
        int to = bytes.FindIndex(from, letter => letter is < (byte)'0' or > (byte)'9');
        bytes.RemoveRange(from, (to < 0 ? bytes.Count : to) - from);
        bytes.InsertRange(from, Encoding.ASCII.GetBytes(random.Next(4) switch
        {
            0 => $"{random.NextInt64()}",
            1 => $"-{random.Next(10)}",
            2 => new string('9', random.Next(1, 400)),
            _ => $"{random.Next(1000)}",
        }));
    }

    // What a safetensors file begins with: how long its header is.
    void Prefix(List<byte> bytes)
    {
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, random.Next(5) switch
        {
            0 => random.NextInt64(),
            1 => -random.NextInt64(),
            2 => 100_000_000 + random.Next(2) - 1,
            3 => bytes.Count - 8 + random.Next(3) - 1,
            _ => random.Next(bytes.Count),
        });
        Replace(bytes, 0, prefix);
    }
}
