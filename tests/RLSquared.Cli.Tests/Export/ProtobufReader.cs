using System.Text;

namespace RLSquared.Cli.Tests.Export;

/// <summary>A message of Protocol Buffers as its fields, in the order in which they stand.</summary>
sealed class ProtobufReader
{
    readonly List<(int Field, long Number, byte[] Bytes)> fields = [];

    public ProtobufReader(ReadOnlySpan<byte> message)
    {
        while (message.Length > 0)
        {
            long tag = Varint(ref message);
            (int field, int wireType) = ((int)(tag >> 3), (int)(tag & 7));
            switch (wireType)
            {
                case 0:
                    fields.Add((field, Varint(ref message), []));
                    break;
                case 2:
                    int length = (int)Varint(ref message);
                    fields.Add((field, 0, message[..length].ToArray()));
                    message = message[length..];
                    break;
                default:
                    throw new InvalidDataException($"field {field} has wire type {wireType}");
            }
        }
    }

    public long Number(int field) => fields.Single(entry => entry.Field == field).Number;

    public long[] Numbers(int field) => [.. Of(field).Select(entry => entry.Number)];

    public string Text(int field) => Texts(field).Single();

    public string[] Texts(int field) => [.. Of(field).Select(entry => Encoding.UTF8.GetString(entry.Bytes))];

    public byte[] Bytes(int field) => Of(field).Single().Bytes;

    public ProtobufReader Message(int field) => new(Bytes(field));

    public ProtobufReader[] Messages(int field) => [.. Of(field).Select(entry => new ProtobufReader(entry.Bytes))];

    IEnumerable<(int Field, long Number, byte[] Bytes)> Of(int field) => fields.Where(entry => entry.Field == field);

    static long Varint(ref ReadOnlySpan<byte> rest)
    {
        long value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte part = rest[0];
            rest = rest[1..];
            value |= (long)(part & 0x7f) << shift;
            if (part < 0x80)
                return value;
        }
    }
}
