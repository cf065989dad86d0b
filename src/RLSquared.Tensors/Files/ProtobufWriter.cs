using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace RLSquared.Tensors.Files;

/// <summary>
/// Writes the wire format of Protocol Buffers: what TensorBoard's event files and ONNX models are made of. A message is
/// a sequence of fields, each a tag (number · 8 + wire type) and a value; a message within a message is a field of
/// bytes.
/// <code>
///   writer.Text(2, "rlsquared");
///   writer.Message(7, graph => graph.Text(2, "policy"));
/// </code>
/// Source: the encoding guide of Protocol Buffers. Wire types: 0 varint, 1 eight bytes, 2 length and bytes, 5 four
/// bytes.
/// </summary>
public sealed class ProtobufWriter
{
    const int Varint = 0, EightBytes = 1, LengthAndBytes = 2, FourBytes = 5;

    readonly ArrayBufferWriter<byte> buffer = new();

    /// <summary>What was written so far.</summary>
    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    /// <summary>Forgets what was written, and keeps the memory.</summary>
    public void Clear() => buffer.ResetWrittenCount();

    /// <summary>A whole number (int32, int64, uint64, bool, enum).</summary>
    public void Integer(int field, long value)
    {
        Tag(field, Varint);
        WriteVarint((ulong)value);
    }

    /// <summary>A float.</summary>
    public void Single(int field, float value)
    {
        Tag(field, FourBytes);
        BinaryPrimitives.WriteSingleLittleEndian(Take(sizeof(float)), value);
    }

    /// <summary>A double.</summary>
    public void Double(int field, double value)
    {
        Tag(field, EightBytes);
        BinaryPrimitives.WriteDoubleLittleEndian(Take(sizeof(double)), value);
    }

    /// <summary>A text, as UTF-8.</summary>
    public void Text(int field, string value)
    {
        Tag(field, LengthAndBytes);
        int length = Encoding.UTF8.GetByteCount(value);
        WriteVarint((ulong)length);
        Encoding.UTF8.GetBytes(value, Take(length));
    }

    /// <summary>Bytes as they are.</summary>
    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Tag(field, LengthAndBytes);
        WriteVarint((ulong)value.Length);
        value.CopyTo(Take(value.Length));
    }

    /// <summary>Many doubles in one field ('packed').</summary>
    public void Packed(int field, ReadOnlySpan<double> values)
    {
        Tag(field, LengthAndBytes);
        WriteVarint((ulong)values.Length * sizeof(double));
        foreach (double value in values)
            BinaryPrimitives.WriteDoubleLittleEndian(Take(sizeof(double)), value);
    }

    /// <summary>Many whole numbers in one field ('packed').</summary>
    public void Packed(int field, ReadOnlySpan<long> values)
    {
        int length = 0;
        foreach (long value in values)
            length += VarintLength((ulong)value);
        Tag(field, LengthAndBytes);
        WriteVarint((ulong)length);
        foreach (long value in values)
            WriteVarint((ulong)value);
    }

    /// <summary>A message within this one.</summary>
    /// <param name="field">Its number.</param>
    /// <param name="write">Writes the fields of the inner message.</param>
    public void Message(int field, Action<ProtobufWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        var inner = new ProtobufWriter();
        write(inner);
        Bytes(field, inner.Written);
    }

    void Tag(int field, int wireType)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(field, 1);
        WriteVarint((ulong)field << 3 | (uint)wireType);
    }

    void WriteVarint(ulong value)
    {
        Span<byte> room = Take(VarintLength(value));
        foreach (ref byte part in room)
        {
            part = (byte)(value | 0x80);
            value >>= 7;
        }
        room[^1] &= 0x7f;                                       // no more to come
    }

    static int VarintLength(ulong value)
    {
        int length = 1;
        while ((value >>= 7) != 0)
            length++;
        return length;
    }

    Span<byte> Take(int count)
    {
        Span<byte> room = buffer.GetSpan(count)[..count];
        buffer.Advance(count);
        return room;
    }
}
