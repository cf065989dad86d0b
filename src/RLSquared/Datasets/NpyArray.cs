using System.Buffers.Binary;
using System.IO.Compression;
using RLSquared.Files;

namespace RLSquared.Datasets;

/// <summary>
/// An array within a file of NumPy's arrays (.npz), read from its beginning to its end, as many numbers at a time as
/// are asked for. Its length is checked before anything is allocated, its check sum when the last number was read.
/// </summary>
sealed class NpyArray : IDisposable
{
    const int BufferBytes = 1 << 16;

    // No deflated byte stands for more.
    const long MostInflation = 1032;

    readonly ZipArchive archive;
    readonly ZipArchiveEntry entry;
    readonly Stream stream;
    readonly byte[] buffer = new byte[BufferBytes];
    uint sum;
    long left;

    NpyArray(string what, ZipArchive archive, ZipArchiveEntry entry)
    {
        (this.archive, this.entry, What) = (archive, entry, what);
        if (entry.Length > (entry.CompressedLength + 1) * MostInflation)
        {
            throw new InvalidDataException(
                $"{what} says that it has {entry.Length:N0} bytes, more than can be packed in it");
        }
        stream = entry.Open();
        Header = NpyHeader.Read(what, stream, out byte[] read);
        long bytes;
        try
        {
            left = Header.Count;
            bytes = checked(left * Header.Size + Header.Length);
        }
        catch (OverflowException)
        {
            bytes = -1;
        }
        if (bytes != entry.Length)
        {
            string shape = string.Join(", ", Header.Shape);
            throw new InvalidDataException(
                $"{what} has {entry.Length:N0} bytes, which do not fit its shape ({shape}) of {Header.Type}");
        }
        sum = Crc32.Append(0, read);
        CheckEnd();
    }

    /// <summary>The array's name in messages: that of the file and its own.</summary>
    public string What { get; }

    /// <summary>The type of its numbers, and how many there are.</summary>
    public NpyHeader Header { get; }

    /// <summary>The array of a name in a file.</summary>
    /// <returns>Null if the file has none of the name.</returns>
    /// <exception cref="InvalidDataException">
    /// The file is no zip file, or the array no array that can be read.
    /// </exception>
    public static NpyArray? Open(string path, string name)
    {
        ZipArchive archive = OpenArchive(path);
        try
        {
            ZipArchiveEntry? entry = archive.Entries.FirstOrDefault(entry => entry.FullName == name + ".npy");
            if (entry is not null)
                return new NpyArray($"{Path.GetFileName(path)}: {name}", archive, entry);
            archive.Dispose();
            return null;
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    /// <summary>The names of all arrays of a file, but for those that cannot be shown.</summary>
    public static string[] NamesIn(string path)
    {
        using ZipArchive archive = OpenArchive(path);
        return [.. archive.Entries.Select(entry => Path.GetFileNameWithoutExtension(entry.FullName))
            .Where(name => name.Length < 60 && !name.Any(char.IsControl))];
    }

    /// <summary>Reads the next numbers as floats.</summary>
    public void Read(Span<float> numbers)
    {
        for (int size = Header.Size; numbers.Length > 0;)
        {
            ReadOnlySpan<byte> bytes = Next(numbers.Length);
            int count = bytes.Length / size;
            for (int i = 0; i < count; i++)
                numbers[i] = (float)NumberAt(bytes[(i * size)..]);
            numbers = numbers[count..];
        }
    }

    /// <summary>Reads the next numbers as whole ones.</summary>
    /// <exception cref="InvalidDataException">One is not whole, or beyond what an int can hold.</exception>
    public void Read(Span<int> numbers)
    {
        for (int size = Header.Size; numbers.Length > 0;)
        {
            ReadOnlySpan<byte> bytes = Next(numbers.Length);
            int count = bytes.Length / size;
            for (int i = 0; i < count; i++)
            {
                double number = NumberAt(bytes[(i * size)..]);
                if (number != Math.Floor(number) || Math.Abs(number) > int.MaxValue)
                {
                    throw new InvalidDataException(FormattableString.Invariant(
                        $"{What} has the number {number}, where whole ones are expected"));
                }
                numbers[i] = (int)number;
            }
            numbers = numbers[count..];
        }
    }

    public void Dispose()
    {
        stream.Dispose();
        archive.Dispose();
    }

    static ZipArchive OpenArchive(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"there is no file {path}");
        try
        {
            return ZipFile.OpenRead(path);
        }
        catch (InvalidDataException failure)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} is no whole zip file, as .npz files are; " +
                "it may have been cut short on its way", failure);
        }
    }

    // The bytes of up to so many numbers, at least of one.
    ReadOnlySpan<byte> Next(int count)
    {
        int bytes = (int)Math.Min(BufferBytes, (long)count * Header.Size) / Header.Size * Header.Size;
        stream.ReadExactly(buffer, 0, bytes);
        sum = Crc32.Append(sum, buffer.AsSpan(0, bytes));
        left -= bytes / Header.Size;
        CheckEnd();
        return buffer.AsSpan(0, bytes);
    }

    void CheckEnd()
    {
        if (left == 0 && (sum != entry.Crc32 || stream.ReadByte() >= 0))
            throw new InvalidDataException($"{What} is damaged: its check sum is not that of its bytes");
    }

    double NumberAt(ReadOnlySpan<byte> bytes) => Header.Type switch
    {
        NpyType.Boolean or NpyType.UInt8 => bytes[0],
        NpyType.Int8 => (sbyte)bytes[0],
        NpyType.Int16 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
        NpyType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        NpyType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(bytes),
        NpyType.Float16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        NpyType.Float32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        _ => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
    };
}
