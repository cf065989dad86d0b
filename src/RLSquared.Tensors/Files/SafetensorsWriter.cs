using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RLSquared.Tensors.Files;

/// <summary>
/// Writes a safetensors file: <c>Add</c> what it is to hold, then <see cref="WriteTo"/>. Numbers are copied when the
/// file is written and not before. The same content gives the same bytes.
/// </summary>
public sealed class SafetensorsWriter
{
    const int Alignment = 8;

    readonly List<Item> items = [];
    readonly HashSet<string> names = [];
    readonly SortedDictionary<string, string> metadata = new(StringComparer.Ordinal);

    /// <summary>Texts that travel with the tensors; written in the order of their keys.</summary>
    public IDictionary<string, string> Metadata => metadata;

    /// <summary>Adds a tensor. It must be alive when the file is written.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="tensor">Its numbers.</param>
    /// <param name="type">
    /// What they are written as: <c>F32</c>, or rounded to the nearest number of <c>BF16</c> or <c>F16</c>, of two the
    /// even one.
    /// </param>
    /// <exception cref="ArgumentException">
    /// There is one of that name already, or it is reserved; or there is no such type.
    /// </exception>
    public void Add(string name, Tensor tensor, string type = "F32")
    {
        if (type is not ("F32" or "BF16" or "F16"))
            throw new ArgumentException($"floats can be written as F32, BF16 or F16, and not as {type}");
        long[] axes = new long[tensor.Shape.Rank];
        for (int axis = 0; axis < axes.Length; axis++)
            axes[axis] = tensor.Shape[axis];
        Add(new Item(name, type, axes, tensor.Shape.Count * (type == "F32" ? 4 : 2), Tensor: tensor));
    }

    /// <summary>Adds an array of floats (F32).</summary>
    /// <exception cref="ArgumentException">
    /// The values do not fill the shape, or there is one of that name already, or it is reserved.
    /// </exception>
    public void Add(string name, Shape shape, ReadOnlyMemory<float> values)
    {
        if (values.Length != shape.Count)
            throw new ArgumentException($"{values.Length} values do not fill '{name}' of shape {shape}");
        long[] axes = new long[shape.Rank];
        for (int axis = 0; axis < axes.Length; axis++)
            axes[axis] = shape[axis];
        Add(new Item(name, "F32", axes, (long)values.Length * sizeof(float), Floats: values));
    }

    /// <summary>Adds a vector of whole numbers (I64).</summary>
    /// <exception cref="ArgumentException">There is one of that name already, or it is reserved.</exception>
    public void Add(string name, ReadOnlyMemory<long> values) =>
        Add(new Item(name, "I64", [values.Length], (long)values.Length * sizeof(long), Integers: values));

    /// <summary>Writes prefix, header and numbers.</summary>
    /// <exception cref="InvalidDataException">A finite number is beyond the largest of its type.</exception>
    public void WriteTo(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        byte[] header = Header();
        Span<byte> prefix = stackalloc byte[Safetensors.PrefixLength];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, (ulong)header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (Item item in items)
        {
            if (item.Type == "I64")
                WriteLittleEndian(stream, item.Integers.Span);
            else if (item.Type != "F32")
                WriteLittleEndian<ushort>(stream, Narrow(item));
            else if (item.Tensor.Exists)
                WriteLittleEndian<float>(stream, item.Tensor.ToArray());
            else
                WriteLittleEndian(stream, item.Floats.Span);
        }
    }

    byte[] Header()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata.Count > 0)
            {
                json.WriteStartObject(Safetensors.MetadataKey);
                foreach ((string key, string value) in metadata)
                    json.WriteString(key, value);
                json.WriteEndObject();
            }
            long offset = 0;
            foreach (Item item in items)
            {
                json.WriteStartObject(item.Name);
                json.WriteString("dtype", item.Type);
                json.WriteStartArray("shape");
                foreach (long axis in item.Axes)
                    json.WriteNumberValue(axis);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += item.Bytes);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        // Spaces after the JSON let the numbers begin at a multiple of eight, as other writers do it.
        int length = (buffer.WrittenCount + Alignment - 1) / Alignment * Alignment;
        byte[] header = new byte[length];
        header.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header);
        return header;
    }

    void Add(Item item)
    {
        if (item.Name == Safetensors.MetadataKey)
            throw new ArgumentException($"the name '{item.Name}' is reserved by the format");
        if (!names.Add(item.Name))
            throw new ArgumentException($"there is a tensor '{item.Name}' already; each needs a name of its own");
        items.Add(item);
    }

    static ushort[] Narrow(Item item)
    {
        float[] numbers = item.Tensor.ToArray();
        ushort[] halves = new ushort[numbers.Length];
        for (int i = 0; i < numbers.Length; i++)
        {
            halves[i] = item.Type == "F16" ? BitConverter.HalfToUInt16Bits((Half)numbers[i]) : RoundToBf16(numbers[i]);
            bool isFinite = item.Type == "F16" ? Half.IsFinite(BitConverter.UInt16BitsToHalf(halves[i]))
                : float.IsFinite(BitConverter.UInt32BitsToSingle((uint)halves[i] << 16));
            if (!isFinite && float.IsFinite(numbers[i]))
            {
                throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
                    $"'{item.Name}' holds {numbers[i]:g4}, which {item.Type} cannot; write it as F32"));
            }
        }
        return halves;
    }

    // The upper half of a float's bits, rounded to the nearest, of two to the even one; NaN stays NaN.
    static ushort RoundToBf16(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        return float.IsNaN(number) ? (ushort)(bits >> 16 | 0x40)
            : (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    static void WriteLittleEndian<T>(Stream stream, ReadOnlySpan<T> values) where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors files are written on little-endian machines only");
        const int piece = 1 << 24;                  // a span of bytes holds less than 2 GiB
        for (; values.Length > piece; values = values[piece..])
            stream.Write(MemoryMarshal.AsBytes(values[..piece]));
        stream.Write(MemoryMarshal.AsBytes(values));
    }

    sealed record Item(
        string Name, string Type, long[] Axes, long Bytes,
        Tensor Tensor = default, ReadOnlyMemory<float> Floats = default, ReadOnlyMemory<long> Integers = default);
}
