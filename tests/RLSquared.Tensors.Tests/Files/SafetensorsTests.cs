using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using RLSquared.Tensors.Files;

namespace RLSquared.Tensors.Tests.Files;

public sealed class SafetensorsTests
{
    // ---- known bytes -----------------------------------------------------------------------------------------------

    // A file written by hand: eight bytes of header length, the header, then 1.0f = 3F800000 and
    // −2.5f = C0200000, little endian.
    // {"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}} has 81 letters; 7 spaces
    // fill it up to 88 = 0x58.
    static readonly byte[] fixture =
    [
        0x58, 0, 0, 0, 0, 0, 0, 0,
        .. """{"__metadata__":{"k":"v"},"w":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}"""u8,
        .. "       "u8,
        0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x20, 0xC0,
    ];

    [Fact]
    public void The_fixture_is_read()
    {
        using SafetensorsReader reader = Open(fixture);
        Assert.Equal("v", reader.Metadata["k"]);
        SafetensorsEntry entry = Assert.Single(reader.Entries);
        Assert.Equal(("w", "F32", "[2, 1]"), (entry.Name, entry.Type, entry.Shape));
        float[] values = new float[2];
        reader.Read("w", values);
        Assert.Equal([1f, -2.5f], values);
    }

    [Fact]
    public void The_fixture_is_written_byte_for_byte()
    {
        var writer = new SafetensorsWriter();
        writer.Metadata["k"] = "v";
        writer.Add("w", new Shape(2, 1), new[] { 1f, -2.5f });
        Assert.Equal(fixture, Bytes(writer));
    }

    [Fact]
    public void Half_precision_and_whole_numbers_are_read()
    {
        // 1.5 is 0x3E00 as a half and 0x3FC0 as a bfloat16; −2 is 0xC000 as both.
        byte[] data = [0x00, 0x3E, 0x00, 0xC0, 0xC0, 0x3F, 0x00, 0xC0, 7, 0, 0, 0, 0, 0, 0, 0];
        using SafetensorsReader reader = Open(File("""
            {"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]},
            "i":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}
            """, data));
        float[] half = new float[2], brain = new float[2];
        long[] whole = new long[1];
        reader.Read("h", half);
        reader.Read("b", brain);
        reader.Read("i", whole);
        Assert.Equal([1.5f, -2f], half);
        Assert.Equal([1.5f, -2f], brain);
        Assert.Equal([7L], whole);
    }

    // The types of the reference, version 0.6, with the bytes of eight numbers.
    [Theory]
    [InlineData("BOOL", 8)]
    [InlineData("F4", 4)]
    [InlineData("F6_E2M3", 6)]
    [InlineData("F6_E3M2", 6)]
    [InlineData("U8", 8)]
    [InlineData("I8", 8)]
    [InlineData("F8_E5M2", 8)]
    [InlineData("F8_E4M3", 8)]
    [InlineData("F8_E8M0", 8)]
    [InlineData("F8_E4M3FNUZ", 8)]
    [InlineData("F8_E5M2FNUZ", 8)]
    [InlineData("I16", 16)]
    [InlineData("U16", 16)]
    [InlineData("F16", 16)]
    [InlineData("BF16", 16)]
    [InlineData("I32", 32)]
    [InlineData("U32", 32)]
    [InlineData("F32", 32)]
    [InlineData("C64", 64)]
    [InlineData("F64", 64)]
    [InlineData("I64", 64)]
    [InlineData("U64", 64)]
    public void Every_type_of_the_format_is_known_with_its_size(string type, int bytes)
    {
        string header = $$$"""
            {"a":{"dtype":"{{{type}}}","shape":[2,4],"data_offsets":[0,{{{bytes}}}]},
             "w":{"dtype":"F32","shape":[1],"data_offsets":[{{{bytes}}},{{{bytes + 4}}}]}}
            """;
        using SafetensorsReader reader = Open(File(header, [.. new byte[bytes], 0x00, 0x00, 0x80, 0x3F]));
        SafetensorsEntry entry = reader.Find("a")!;
        Assert.Equal((type, 8L, (long)bytes, "[2, 4]"), (entry.Type, entry.Count, entry.Bytes, entry.Shape));
        float[] one = new float[1];
        reader.Read("w", one);
        Assert.Equal([1f], one);
        if (type is not ("F32" or "F16" or "BF16"))
            Refuses($"'a' holds {type} numbers; F32, F16 and BF16 can be", () => reader.Read("a", new float[8]));
        Refuses($"of {type}, which {bytes - 1} bytes do not fill", () => Open(File(
            $$$"""{"a":{"dtype":"{{{type}}}","shape":[8],"data_offsets":[0,{{{bytes - 1}}}]}}""",
            new byte[bytes - 1])));
    }

    [Theory]
    [InlineData("F4", "[3]", 12)]
    [InlineData("F4", "[]", 4)]
    [InlineData("F6_E2M3", "[2]", 12)]
    [InlineData("F6_E3M2", "[3, 5]", 90)]
    public void Numbers_smaller_than_a_byte_must_fill_their_last_byte(string type, string shape, int bits) => Refuses(
        $"'w' has the shape {shape} of {type}, {bits} bits, which do not end with a byte", () => Open(File(
            $$$"""{"w":{"dtype":"{{{type}}}","shape":{{{shape}}},"data_offsets":[0,8]}}""", new byte[8])));

    [Theory]
    [InlineData("""{"__metadata__":null,"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 0)]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":null}""", 0)]
    [InlineData("""{"__metadata__":{},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 0)]
    [InlineData("""{"__metadata__":{"k":""},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 1)]
    public void Metadata_may_be_null_or_empty(string header, int texts)
    {
        using SafetensorsReader reader = Open(File(header, new byte[8]));
        Assert.Equal(texts, reader.Metadata.Count);
        Assert.Single(reader.Entries);
    }

    [Fact]
    public void A_tensor_on_an_arena_is_written_like_an_array()
    {
        using var arena = new Arena();
        var fromTensor = new SafetensorsWriter();
        fromTensor.Add("w", arena.Copy(new Shape(2, 3), [1, 2, 3, 4, 5, 6]));
        var fromArray = new SafetensorsWriter();
        fromArray.Add("w", new Shape(2, 3), new float[] { 1, 2, 3, 4, 5, 6 });
        Assert.Equal(Bytes(fromArray), Bytes(fromTensor));
    }

    [Fact]
    public void Names_are_unique_and_the_reserved_one_is_refused()
    {
        var writer = new SafetensorsWriter();
        writer.Add("w", new long[] { 1 });
        Assert.Contains("already", Assert.Throws<ArgumentException>(() => writer.Add("w", new long[] { 1 })).Message);
        Assert.Throws<ArgumentException>(() => writer.Add("__metadata__", new long[] { 1 }));
        Assert.Throws<ArgumentException>(() => writer.Add("v", new Shape(3), new float[2]));
    }

    [Fact]
    public void Asking_for_what_is_not_there_names_what_is()
    {
        using SafetensorsReader reader = Open(fixture);
        Refuses("no tensor 'x'", () => reader.Read("x", new float[2]));
        Refuses("'w' is [2, 1], 2 numbers, where 3 are wanted", () => reader.Read("w", new float[3]));
        Refuses("'w' holds F32 numbers; I64", () => reader.Read("w", new long[2]));
    }

    // ---- malformed files -------------------------------------------------------------------------------------------

    [Theory]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}""", "no valid JSON")]
    [InlineData("""["w"]""", "does not begin with")]
    [InlineData("""{"w":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}""", "dtype 'F33'")]
    [InlineData("""{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "[3] of F32, which 8 bytes do not fill")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}}""", "lies at [0, 12], and the file holds 8")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "lies at [8, 0]")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "lies at [0, 8, 8]")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "no whole number")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "no whole number")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1e99],"data_offsets":[0,8]}}""", "no whole number")]
    [InlineData("""{"w":{"dtype":"F32","shape":"2","data_offsets":[0,8]}}""", "a tensor whose shape is a list")]
    [InlineData("""{"w":{"dtype":"F32","data_offsets":[0,8]}}""", "lacks")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}}""", "'shape' twice")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":1}}""", "'more'")]
    [InlineData("""{"w":[]}""", "is not an object")]
    [InlineData("""{"__metadata__":{"k":1}}""", "'k' is not a text")]
    [InlineData("""{"__metadata__":{"k":null}}""", "'k' is not a text")]
    [InlineData("""{"__metadata__":[]}""", "'__metadata__' is not an object of texts")]
    [InlineData("""{"__metadata__":null,"__metadata__":null}""", "'__metadata__' twice")]
    [InlineData("""{"w":null}""", "is not an object")]
    [InlineData("""{"w":{"dtype":"f4","shape":[16],"data_offsets":[0,8]}}""", "dtype 'f4'")]
    [InlineData("""{"w":{"dtype":"F6","shape":[8],"data_offsets":[0,6]}}""", "dtype 'F6'")]
    [InlineData("""
        {"w":{"dtype":"F4","shape":[9223372036854775807,3],"data_offsets":[0,8]}}
        """, "8 bytes do not fill")]
    [InlineData("""{"__metadata__":{"k":"1","k":"2"}}""", "'k' twice")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", "'__metadata__' twice")]
    [InlineData("""{"\ud800":[]}""", "no text")]
    [InlineData("""{} x""", "no valid JSON")]
    [InlineData("""{}""", "8 bytes at its end belong to no tensor")]
    [InlineData("""
        {"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}
        """, "'w' twice")]
    [InlineData("""
        {"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}
        """, "'b' overlaps")]
    [InlineData("""
        {"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}
        """, "'b' leaves a gap")]
    [InlineData("""
        {"w":{"dtype":"F32","shape":[4294967296,4294967296,4294967296],"data_offsets":[0,8]}}
        """, "8 bytes do not fill")]
    public void A_wrong_header_is_refused(string header, string expected) =>
        Refuses(expected, () => Open(File(header, new byte[8])));

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(50)]
    [InlineData(103)]
    public void A_truncated_file_is_refused(int length) => Refuses("cannot be read", () => Open(fixture[..length]));

    [Fact]
    public void A_header_length_that_lies_is_refused_without_taking_the_memory()
    {
        byte[] file = [.. fixture];
        BinaryPrimitives.WriteUInt64LittleEndian(file, ulong.MaxValue);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refuses("announces a header of 18446744073709551615 bytes where at most 96 can be", () => Open(file));
        BinaryPrimitives.WriteUInt64LittleEndian(file, 90_000_000);
        Refuses("announces a header of 90000000 bytes", () => Open(file));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    // ---- properties ------------------------------------------------------------------------------------------------

    [Fact]
    public void Whatever_is_written_is_read_back()
    {
        Gen<(string Name, float[] Values)> tensor =
            from name in ArbMap.Default.GeneratorFor<NonNull<string>>()
            from values in ArbMap.Default.GeneratorFor<float[]>()
            select (name.Get, values);
        Prop.ForAll(tensor.ListOf().ToArbitrary(), list =>
        {
            // Half of a surrogate pair is no text and becomes U+FFFD, in which two names may meet.
            var tensors = list.Select(item => (Name: Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(item.Name)),
                item.Values)).DistinctBy(item => item.Name).ToList();
            var writer = new SafetensorsWriter();
            foreach ((string name, float[] values) in tensors)
            {
                writer.Add(name, new Shape(values.Length), values);
                writer.Metadata[name] = name + "!";
            }
            using SafetensorsReader reader = Open(Bytes(writer));
            return tensors.All(item =>
            {
                float[] values = new float[item.Values.Length];
                reader.Read(item.Name, values);
                return values.AsSpan().SequenceEqual(item.Values) && reader.Metadata[item.Name] == item.Name + "!";
            });
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(11, 13));
    }

    static SafetensorsReader Open(byte[] file) => new(new MemoryStream(file), "test.safetensors");

    static byte[] Bytes(SafetensorsWriter writer)
    {
        using var stream = new MemoryStream();
        writer.WriteTo(stream);
        return stream.ToArray();
    }

    static byte[] File(string header, byte[] data)
    {
        byte[] text = Encoding.UTF8.GetBytes(header), prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, text.Length);
        return [.. prefix, .. text, .. data];
    }

    static void Refuses(string expected, Action action)
    {
        string message = Assert.Throws<InvalidDataException>(action).Message;
        Assert.Contains(expected, message, StringComparison.Ordinal);
        Assert.Contains("test.safetensors", message, StringComparison.Ordinal);
    }
}
