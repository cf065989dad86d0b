namespace RLSquared.Tensors.Files;

/// <summary>
/// The safetensors format, which every deep-learning tool reads: eight bytes with the length of the header (little
/// endian), the header in JSON, then the numbers of all tensors, one after the other without gaps.
/// <code>{"__metadata__": {"key": "text"}, "weight": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}</code>
/// Offsets count from the end of the header. <see cref="SafetensorsWriter"/> writes such files and
/// <see cref="SafetensorsReader"/> reads them.
/// </summary>
internal static class Safetensors
{
    /// <summary>The key of the header's map of texts.</summary>
    internal const string MetadataKey = "__metadata__";

    /// <summary>Bytes before the header.</summary>
    internal const int PrefixLength = sizeof(ulong);

    /// <summary>The longest header that any reader accepts.</summary>
    internal const long LongestHeader = 100_000_000;

    /// <summary>
    /// Bits of one number, or null when the format knows no such type. F4 and F6 are smaller than a byte, and several
    /// numbers of them share one.
    /// </summary>
    internal static int? BitsOf(string dtype) => dtype switch
    {
        "F64" or "I64" or "U64" or "C64" => 64,
        "F32" or "I32" or "U32" => 32,
        "F16" or "BF16" or "I16" or "U16" => 16,
        "I8" or "U8" or "BOOL" => 8,
        "F8_E4M3" or "F8_E5M2" or "F8_E8M0" or "F8_E4M3FNUZ" or "F8_E5M2FNUZ" => 8,
        "F6_E2M3" or "F6_E3M2" => 6,
        "F4" => 4,
        _ => null,
    };
}

/// <summary>One tensor of a file.</summary>
/// <param name="Name">Its name, such as <c>policy.gru.hidden_weight</c>.</param>
/// <param name="Type">The type of its numbers as the file spells it: <c>F32</c>, <c>BF16</c>, <c>I64</c>, ….</param>
/// <param name="Axes">The lengths of its axes; empty for a single number.</param>
/// <param name="Start">Where its bytes begin, counted from the beginning of the file.</param>
/// <param name="Bytes">How many bytes it has.</param>
public sealed record SafetensorsEntry(string Name, string Type, IReadOnlyList<long> Axes, long Start, long Bytes)
{
    /// <summary>The number of elements.</summary>
    public long Count => Axes.Aggregate(1L, (product, axis) => product * axis);

    /// <summary>The axes as in [100, 32, 256].</summary>
    public string Shape => $"[{string.Join(", ", Axes)}]";
}
