using RLSquared.Tensors.Files;

namespace RLSquared.Tensors.Tests.Files;

public sealed class ProtobufWriterTests
{
    // The examples of the encoding guide: field 1 = 150 is 08 96 01; field 2 = "testing" is 12 07 and the letters; an
    // inner message {1: 150} as field 3 is 1a 03 08 96 01; field 6 packed 3, 270, 86942 is 32 06 03 8e 02 9e a7 05.
    [Fact]
    public void The_examples_of_the_encoding_guide_come_out_byte_for_byte()
    {
        Assert.Equal("089601", Hex(writer => writer.Integer(1, 150)));
        Assert.Equal("120774657374696e67", Hex(writer => writer.Text(2, "testing")));
        Assert.Equal("1a03089601", Hex(writer => writer.Message(3, inner => inner.Integer(1, 150))));
        Assert.Equal("3206038e029ea705", Hex(writer => writer.Packed(6, [3L, 270, 86942])));
    }

    // −2 as int64 is 2^64 − 2: ten groups of seven bits. 1.0f is 3f800000 and 1.0 is 3ff0…, both little-endian.
    [Fact]
    public void Negative_numbers_take_ten_bytes_and_fractions_four_or_eight()
    {
        Assert.Equal("08feffffffffffffffff01", Hex(writer => writer.Integer(1, -2)));
        Assert.Equal("150000803f", Hex(writer => writer.Single(2, 1)));
        Assert.Equal("19000000000000f03f", Hex(writer => writer.Double(3, 1)));
        Assert.Equal("0a08000000000000f03f", Hex(writer => writer.Packed(1, [1.0])));
    }

    [Fact]
    public void An_empty_text_is_a_length_of_zero_and_a_letter_outside_of_ascii_counts_its_bytes()
    {
        Assert.Equal("0a00", Hex(writer => writer.Text(1, "")));
        Assert.Equal("0a02c2b2", Hex(writer => writer.Text(1, "²")));
    }

    [Fact]
    public void After_clear_it_begins_anew()
    {
        var writer = new ProtobufWriter();
        writer.Integer(1, 1);
        writer.Clear();
        writer.Integer(1, 2);
        Assert.Equal([0x08, 0x02], writer.Written.ToArray());
    }

    static string Hex(Action<ProtobufWriter> write)
    {
        var writer = new ProtobufWriter();
        write(writer);
        return Convert.ToHexStringLower(writer.Written);
    }
}
