using System.Globalization;
using System.Text;

namespace RLSquared.Datasets;

/// <summary>The types of numbers that an array of NumPy may have and that are read.</summary>
enum NpyType
{
    Boolean,
    UInt8,
    Int8,
    Int16,
    Int32,
    Int64,
    Float16,
    Float32,
    Float64,
}

/// <summary>
/// What stands before the numbers of an array of NumPy (format versions 1 to 3): their type and how many there are.
/// </summary>
/// <param name="Type">The type of each number.</param>
/// <param name="Shape">The sizes of the array, such as [n, D].</param>
/// <param name="Length">Bytes of the header.</param>
sealed record NpyHeader(NpyType Type, long[] Shape, int Length)
{
    const int MostLength = 1 << 16, Preamble = 10;

    static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Bytes of a number.</summary>
    public int Size => SizeOf(Type);

    /// <summary>How many numbers there are.</summary>
    public long Count => Shape.Aggregate(1L, (product, size) => checked(product * size));

    public static int SizeOf(NpyType type) => type switch
    {
        NpyType.Boolean or NpyType.UInt8 or NpyType.Int8 => 1,
        NpyType.Int16 or NpyType.Float16 => 2,
        NpyType.Int32 or NpyType.Float32 => 4,
        _ => 8,
    };

    /// <summary>Whether the numbers are whole.</summary>
    public bool IsWhole => Type is not (NpyType.Float16 or NpyType.Float32 or NpyType.Float64);

    /// <summary>Reads a header.</summary>
    /// <param name="what">The array's name in messages.</param>
    /// <param name="stream">Where it is.</param>
    /// <param name="read">Receives the bytes that were read.</param>
    /// <exception cref="InvalidDataException">It is none, or one of an array that cannot be read.</exception>
    public static NpyHeader Read(string what, Stream stream, out byte[] read)
    {
        byte[] start = new byte[Preamble + 2];
        stream.ReadExactly(start, 0, Preamble);
        if (!start.AsSpan(0, Magic.Length).SequenceEqual(Magic))
            throw new InvalidDataException($"{what} is no array of NumPy: it does not begin with its mark");
        int version = start[6], length = start[8] | start[9] << 8, preamble = Preamble;
        if (version is 2 or 3)
        {
            stream.ReadExactly(start, Preamble, 2);
            length |= start[10] << 16 | start[11] << 24;
            preamble += 2;
        }
        else if (version != 1)
        {
            throw new InvalidDataException($"{what} has version {version} of NumPy's format; 1, 2 and 3 are known");
        }
        if (length is < 0 or > MostLength)
        {
            throw new InvalidDataException(
                $"{what} has a header of {(uint)length:N0} bytes; {MostLength:N0} are the most");
        }
        read = new byte[preamble + length];
        start.AsSpan(0, preamble).CopyTo(read);
        stream.ReadExactly(read, preamble, length);
        return Parse(what, Encoding.Latin1.GetString(read, preamble, length), read.Length);
    }

    /// <summary>A header as NumPy writes it, padded to 64 bytes.</summary>
    public static byte[] Write(string type, params ReadOnlySpan<long> shape)
    {
        string sizes = shape.Length == 1
            ? string.Create(CultureInfo.InvariantCulture, $"({shape[0]},)")
            : string.Create(CultureInfo.InvariantCulture, $"({shape[0]}, {shape[1]})");
        string text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {sizes}, }}";
        int length = (Preamble + text.Length + 1 + 63) / 64 * 64 - Preamble;
        byte[] written = new byte[Preamble + length];
        Magic.CopyTo(written);
        (written[6], written[7], written[8], written[9]) = (1, 0, (byte)length, (byte)(length >> 8));
        Encoding.ASCII.GetBytes(text.PadRight(length - 1) + "\n", written.AsSpan(Preamble));
        return written;
    }

    // {'descr': '<f4', 'fortran_order': False, 'shape': (1000, 2), }, in any order and with any blanks.
    static NpyHeader Parse(string what, string text, int length)
    {
        string body = text.Trim();
        if (body.Length < 2 || body[0] != '{' || body[^1] != '}')
            throw Unreadable(what, text);
        string? type = null, order = null, shape = null;
        string rest = body[1..^1].Trim();
        while (rest.Length > 0)
        {
            int colon = rest.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
                throw Unreadable(what, text);
            string key = rest[..colon].Trim().Trim('\'', '"');
            rest = rest[(colon + 1)..].TrimStart();
            int end = EndOfValue(rest);
            string value = rest[..end].Trim();
            rest = end < rest.Length ? rest[(end + 1)..].TrimStart() : "";
            switch (key)
            {
                case "descr" when type is null: type = value; break;
                case "fortran_order" when order is null: order = value; break;
                case "shape" when shape is null: shape = value; break;
                default: throw Unreadable(what, text);
            }
        }
        if (type is null || order is null || shape is null)
            throw Unreadable(what, text);
        long[] sizes = ParseShape(what, shape);
        if (order != "False" && !(order == "True" && sizes.Length < 2))
        {
            throw new InvalidDataException(order == "True"
                ? $"{what} is stored column by column; save np.ascontiguousarray of it"
                : $"{what} has the order '{Shorten(order)}'; it must be False");
        }
        return new NpyHeader(ParseType(what, type), sizes, length);
    }

    // Up to the next comma that is in no brackets and no quotation.
    static int EndOfValue(string text)
    {
        int depth = 0;
        char quote = '\0';
        for (int i = 0; i < text.Length; i++)
        {
            char sign = text[i];
            if (quote != '\0')
                quote = sign == quote ? '\0' : quote;
            else if (sign is '\'' or '"')
                quote = sign;
            else if (sign is '(' or '[')
                depth++;
            else if (sign is ')' or ']')
                depth--;
            else if (sign == ',' && depth == 0)
                return i;
        }
        return text.Length;
    }

    static long[] ParseShape(string what, string text)
    {
        if (text.Length < 2 || text[0] != '(' || text[^1] != ')')
            throw Unreadable(what, text);
        string[] parts = text[1..^1].Split(',', StringSplitOptions.TrimEntries);
        if (parts[^1].Length == 0)
            parts = parts[..^1];
        long[] sizes = new long[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!long.TryParse(parts[i], NumberStyles.None, CultureInfo.InvariantCulture, out sizes[i]))
                throw Unreadable(what, text);
        }
        return sizes;
    }

    static NpyType ParseType(string what, string text)
    {
        string name = text.Trim('\'', '"');
        if (text.StartsWith('[') || name.Contains('V', StringComparison.Ordinal))
            throw new InvalidDataException($"{what} has records of several fields; save one plain array for each");
        if (name.Contains('O', StringComparison.Ordinal))
        {
            throw new InvalidDataException(
                $"{what} holds pickled Python objects, which are never read since they may run code; " +
                "save plain arrays");
        }
        if (name.StartsWith('>') && name is not (">i1" or ">u1" or ">b1"))
        {
            throw new InvalidDataException(
                $"{what} has its bytes in big-endian order ('{Shorten(name)}'); save little-endian");
        }
        return name.TrimStart('<', '|', '=', '>') switch
        {
            "b1" or "?" => NpyType.Boolean,
            "u1" => NpyType.UInt8,
            "i1" => NpyType.Int8,
            "i2" => NpyType.Int16,
            "i4" => NpyType.Int32,
            "i8" => NpyType.Int64,
            "f2" => NpyType.Float16,
            "f4" => NpyType.Float32,
            "f8" => NpyType.Float64,
            _ => throw new InvalidDataException($"{what} has numbers of the type '{Shorten(name)}'; " +
                "float16 to float64, bool, uint8 and int8 to int64 can be read"),
        };
    }

    static InvalidDataException Unreadable(string what, string text) =>
        new($"{what} has the header '{Shorten(text)}', which cannot be understood");

    // A header may hold anything; what is shown of it is short and can be printed.
    static string Shorten(string text)
    {
        string shown = new([.. text.Trim().Select(sign => char.IsControl(sign) ? '?' : sign)]);
        return shown.Length <= 60 ? shown : shown[..60] + "…";
    }
}
