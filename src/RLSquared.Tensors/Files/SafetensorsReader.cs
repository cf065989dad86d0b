using System.Buffers;
using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RLSquared.Tensors.Files;

/// <summary>
/// Reads a safetensors file: the header at once, the numbers when they are asked for, straight into the caller's
/// memory. A file that is not as the format wants it is refused with an <see cref="InvalidDataException"/> that says
/// what is wrong; never more memory is taken than the length of the file justifies.
/// </summary>
public sealed class SafetensorsReader : IDisposable
{
    readonly Stream stream;
    readonly Dictionary<string, SafetensorsEntry> entries = new(StringComparer.Ordinal);
    readonly List<SafetensorsEntry> inOrder = [];
    readonly SortedDictionary<string, string> metadata = new(StringComparer.Ordinal);

    /// <summary>Reads the header.</summary>
    /// <param name="stream">Readable and seekable, from its beginning; disposed with the reader.</param>
    /// <param name="source">What messages call the file.</param>
    /// <exception cref="InvalidDataException">The header is not as the format wants it.</exception>
    public SafetensorsReader(Stream stream, string source = "the stream")
    {
        ArgumentNullException.ThrowIfNull(stream);
        this.stream = stream;
        Source = source;
        try
        {
            ReadHeader();
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The header is not as the format wants it.</exception>
    public static SafetensorsReader Open(string path) =>
        new(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0), path);

    /// <summary>What messages call the file.</summary>
    public string Source { get; }

    /// <summary>How many bytes the file has.</summary>
    internal long Length => stream.Length;

    /// <summary>The texts that travel with the tensors.</summary>
    public IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <summary>All tensors in the order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries => inOrder;

    /// <summary>The tensor of this name, or null.</summary>
    public SafetensorsEntry? Find(string name) => entries.GetValueOrDefault(name);

    /// <summary>Reads a tensor of F32, F16 or BF16 numbers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="destination">Receives the numbers; exactly as long as the tensor.</param>
    /// <exception cref="InvalidDataException">
    /// There is no such tensor, its numbers are of another type, or there are more or fewer of them.
    /// </exception>
    public void Read(string name, Span<float> destination)
    {
        SafetensorsEntry entry = Require(name, destination.Length);
        stream.Position = entry.Start;
        switch (entry.Type)
        {
            case "F32":
                ReadExactly(destination);
                break;
            case "F16":
                Widen(destination, static (ReadOnlySpan<ushort> halves, Span<float> floats) =>
                    TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<ushort, Half>(halves), floats));
                break;
            case "BF16":
                Widen(destination, static (ReadOnlySpan<ushort> halves, Span<float> floats) =>
                {
                    // The upper half of a float's bits.
                    for (int i = 0; i < halves.Length; i++)
                        floats[i] = BitConverter.UInt32BitsToSingle((uint)halves[i] << 16);
                });
                break;
            default:
                throw Wrong($"'{name}' holds {entry.Type} numbers; F32, F16 and BF16 can be read as floats");
        }
    }

    /// <summary>Reads a tensor of F32, F16 or BF16 numbers into the memory of a device.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="destination">Receives the numbers; of exactly as many, of any shape.</param>
    /// <exception cref="InvalidDataException">
    /// There is no such tensor, its numbers are of another type, or there are more or fewer of them.
    /// </exception>
    public void Read(string name, Tensor destination)
    {
        Require(name, checked((int)destination.Shape.Count));
        if (destination.Device.IsHost)
        {
            Read(name, destination.Span);           // no second copy of what may be half a gigabyte
            destination.Arena.NoteWrite();
            return;
        }
        float[] numbers = new float[destination.Shape.Count];
        Read(name, numbers);
        destination.CopyFrom(numbers);
    }

    /// <summary>Reads a tensor of I64 numbers.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="destination">Receives the numbers; exactly as long as the tensor.</param>
    /// <exception cref="InvalidDataException">
    /// There is no such tensor, its numbers are of another type, or there are more or fewer of them.
    /// </exception>
    public void Read(string name, Span<long> destination)
    {
        SafetensorsEntry entry = Require(name, destination.Length);
        if (entry.Type != "I64")
            throw Wrong($"'{name}' holds {entry.Type} numbers; I64 can be read as whole numbers");
        stream.Position = entry.Start;
        ReadExactly(destination);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => stream.Dispose();

    // ---- the header ------------------------------------------------------------------------------------------------

    void ReadHeader()
    {
        long length = stream.Length;
        Span<byte> prefix = stackalloc byte[Safetensors.PrefixLength];
        if (length < prefix.Length)
            throw Wrong($"it has {length} bytes, and a safetensors file begins with 8 that give its header's length");
        stream.Position = 0;
        stream.ReadExactly(prefix);
        ulong announced = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        ulong most = (ulong)Math.Min(length - prefix.Length, Safetensors.LongestHeader);
        if (announced > most)
        {
            throw Wrong($"it announces a header of {announced} bytes where at most {most} can be: " +
                "it is truncated or no safetensors file");
        }
        byte[] header = new byte[announced];
        stream.ReadExactly(header);
        try
        {
            Parse(header, dataStart: prefix.Length + header.Length, length);
        }
        catch (JsonException failure)
        {
            throw Wrong($"its header is no valid JSON ({failure.Message.TrimEnd('.')})");
        }
        catch (InvalidOperationException failure)          // a string whose escapes are no text
        {
            throw Wrong($"its header holds what is no text ({failure.Message.TrimEnd('.')})");
        }
        RequireNoGaps(dataStart: prefix.Length + header.Length, length);
    }

    void Parse(ReadOnlySpan<byte> header, long dataStart, long fileLength)
    {
        if (header.Length == 0 || header[0] != (byte)'{')
            throw Wrong("its header does not begin with '{': it is no safetensors file");
        var json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 4 });
        json.Read();
        bool metadataSeen = false;
        while (NextName(ref json, out string name))
        {
            if (name == Safetensors.MetadataKey)
            {
                if (metadataSeen)
                    throw Wrong($"its header has '{name}' twice");
                metadataSeen = true;
                ParseMetadata(ref json);
            }
            else if (!entries.TryAdd(name, ParseEntry(ref json, name, dataStart, fileLength)))
            {
                throw Wrong($"its header has '{name}' twice");
            }
        }
        while (json.Read()) { }                            // whatever follows the object is a JsonException
    }

    void ParseMetadata(ref Utf8JsonReader json)
    {
        // The format's own library writes null where there are no texts, and so may others.
        if (!json.Read() || json.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null))
            throw Wrong($"'{Safetensors.MetadataKey}' is not an object of texts");
        if (json.TokenType == JsonTokenType.Null)
            return;
        while (NextName(ref json, out string key))
        {
            Expect(ref json, JsonTokenType.String, key, "a text");
            if (!metadata.TryAdd(key, json.GetString()!))
                throw Wrong($"its metadata has '{key}' twice");
        }
    }

    SafetensorsEntry ParseEntry(ref Utf8JsonReader json, string name, long dataStart, long fileLength)
    {
        string? type = null;
        List<long>? axes = null, offsets = null;
        Expect(ref json, JsonTokenType.StartObject, name, "an object with dtype, shape and data_offsets");
        while (NextName(ref json, out string key))
        {
            switch (key)
            {
                case "dtype" when type is null:
                    Expect(ref json, JsonTokenType.String, name, "a dtype that is a text");
                    type = json.GetString();
                    break;
                case "shape" when axes is null:
                    axes = Numbers(ref json, name, key);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = Numbers(ref json, name, key);
                    break;
                default:
                    throw Wrong($"'{name}' has the key '{key}' twice or where the format knows none");
            }
        }
        if (type is null || axes is null || offsets is null)
            throw Wrong($"'{name}' lacks its dtype, its shape or its data_offsets");
        if (Safetensors.BitsOf(type) is not { } bits)
            throw Wrong($"'{name}' has the dtype '{type}', which the format does not know");
        if (offsets.Count != 2 || offsets[0] > offsets[1] || offsets[1] > fileLength - dataStart)
        {
            throw Wrong($"'{name}' lies at [{string.Join(", ", offsets)}], and the file holds " +
                $"{fileLength - dataStart} bytes after its header");
        }
        long bytes = offsets[1] - offsets[0];
        string shape = $"[{string.Join(", ", axes)}]";
        Int128? needed = Bits(axes, bits);
        if (needed is { } odd && odd % 8 != 0)
            throw Wrong($"'{name}' has the shape {shape} of {type}, {odd} bits, which do not end with a byte");
        if (needed != 8 * (Int128)bytes)
            throw Wrong($"'{name}' has the shape {shape} of {type}, which {bytes} bytes do not fill");
        return new SafetensorsEntry(name, type, axes, dataStart + offsets[0], bytes);
    }

    // Tensors one after the other, as the format wants it: nothing overlaps, and no byte is hidden between them.
    void RequireNoGaps(long dataStart, long fileLength)
    {
        inOrder.AddRange(entries.Values.OrderBy(entry => entry.Start).ThenBy(entry => entry.Bytes));
        long end = dataStart;
        foreach (SafetensorsEntry entry in inOrder)
        {
            if (entry.Start != end)
            {
                string fault = entry.Start < end ? "overlaps" : "leaves a gap after";
                throw Wrong($"'{entry.Name}' {fault} the tensor before it");
            }
            end += entry.Bytes;
        }
        if (end != fileLength)
            throw Wrong($"{fileLength - end} bytes at its end belong to no tensor");
    }

    static bool NextName(ref Utf8JsonReader json, out string name)
    {
        json.Read();
        bool isName = json.TokenType == JsonTokenType.PropertyName;
        name = isName ? json.GetString()! : "";
        return isName;
    }

    void Expect(ref Utf8JsonReader json, JsonTokenType type, string name, string wanted)
    {
        if (!json.Read() || json.TokenType != type)
            throw Wrong($"'{name}' is not {wanted}");
    }

    List<long> Numbers(ref Utf8JsonReader json, string name, string key)
    {
        Expect(ref json, JsonTokenType.StartArray, name, $"a tensor whose {key} is a list");
        List<long> numbers = [];
        while (json.Read() && json.TokenType != JsonTokenType.EndArray)
        {
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long number) || number < 0)
                throw Wrong($"'{name}' has something in its {key} that is no whole number of 0 or more");
            numbers.Add(number);
        }
        return numbers;
    }

    // The bits that a shape takes, or null when no file could hold them.
    static Int128? Bits(List<long> axes, int size)
    {
        if (axes.Contains(0))
            return 0;
        Int128 bits = size;
        foreach (long axis in axes)
        {
            bits *= axis;
            if (bits > long.MaxValue)
                return null;
        }
        return bits;
    }

    // ---- the numbers -----------------------------------------------------------------------------------------------

    SafetensorsEntry Require(string name, int count)
    {
        SafetensorsEntry entry = Find(name) ?? throw Wrong($"it holds no tensor '{name}'");
        return entry.Count == count ? entry
            : throw Wrong($"'{name}' is {entry.Shape}, {entry.Count} numbers, where {count} are wanted");
    }

    void ReadExactly<T>(Span<T> destination) where T : unmanaged
    {
        const int piece = 1 << 24;                         // a span of bytes holds less than 2 GiB
        while (destination.Length > 0)
        {
            Span<T> head = destination[..Math.Min(piece, destination.Length)];
            stream.ReadExactly(MemoryMarshal.AsBytes(head));
            destination = destination[head.Length..];
        }
    }

    void Widen(Span<float> destination, Widening widening)
    {
        ushort[] halves = ArrayPool<ushort>.Shared.Rent(Math.Min(destination.Length, 1 << 15));
        try
        {
            while (destination.Length > 0)
            {
                Span<ushort> head = halves.AsSpan(0, Math.Min(halves.Length, destination.Length));
                ReadExactly(head);
                widening(head, destination);
                destination = destination[head.Length..];
            }
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(halves);
        }
    }

    delegate void Widening(ReadOnlySpan<ushort> halves, Span<float> floats);

    InvalidDataException Wrong(string what) => new($"{Source} cannot be read: {Excerpt.Of(what)}");
}
