using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using RLSquared.Cluster.Messages;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Snapshots;

/// <summary>
/// Weights as a file that never changes:
/// <code>
///   'RL2W'                                   4 bytes
///   the version of the weights               int
///   what model they are of                   32 bytes: SHA-256 of the names and shapes of all parameters
///   1 for those that stay, 0 for the others  int
///   the weights of each parameter in order   float each
/// </code>
/// </summary>
internal static class WeightFile
{
    const int Head = 4 + sizeof(int) + SHA256.HashSizeInBytes + sizeof(int);

    static ReadOnlySpan<byte> Magic => "RL2W"u8;

    /// <summary>What a model is: the names and shapes of its parameters.</summary>
    public static byte[] Model(ParameterSet parameters) => SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Join('\n', parameters.All.Select(one => $"{one.Name} {one.Value.Shape}"))));

    /// <summary>Whether any weights stay as they are.</summary>
    public static bool HasStill(ParameterSet parameters) => parameters.Groups.Any(group => group.Frozen);

    /// <summary>Writes weights.</summary>
    /// <param name="path">The file; it is made.</param>
    /// <param name="snapshot">The weights.</param>
    /// <param name="still">Whether those that stay, or those that are trained.</param>
    /// <param name="version">Their version.</param>
    /// <returns>Its name.</returns>
    public static WeightName Write(string path, WeightSnapshot snapshot, bool still, int version)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FileStream file = File.Create(path);
        byte[] head = new byte[Head];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(4), version);
        Model(snapshot.Parameters).CopyTo(head, 8);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(Head - sizeof(int)), still ? 1 : 0);
        Put(head);
        foreach (Parameter parameter in Chosen(snapshot.Parameters, still))
        {
            int length = checked((int)parameter.Value.Shape.Count * sizeof(float));
            byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
            snapshot[parameter].CopyTo(MemoryMarshal.Cast<byte, float>(bytes.AsSpan(0, length)));
            Put(bytes.AsSpan(0, length));
            ArrayPool<byte>.Shared.Return(bytes);
        }
        return new WeightName(version, Convert.ToHexStringLower(hash.GetHashAndReset()), file.Length);

        void Put(ReadOnlySpan<byte> bytes)
        {
            hash.AppendData(bytes);
            file.Write(bytes);
        }
    }

    /// <summary>Writes what a file holds over a model's weights.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">What it is said to be.</param>
    /// <param name="parameters">The model's.</param>
    /// <param name="still">Whether those that stay are wanted.</param>
    /// <exception cref="InvalidDataException">
    /// It is another file, or of another model or version; nothing is written then. The message says which.
    /// </exception>
    public static void Read(string path, WeightName name, ParameterSet parameters, bool still)
    {
        using FileStream file = File.OpenRead(path);
        if (Convert.ToHexStringLower(SHA256.HashData(file)) != name.Hash)
        {
            throw new InvalidDataException(
                $"weights of version {name.Version} came with other bytes than their name says");
        }
        file.Position = 0;
        byte[] head = new byte[Head];
        long wanted = Head + Chosen(parameters, still).Sum(one => one.Value.Shape.Count * sizeof(float));
        if (file.ReadAtLeast(head, Head, throwOnEndOfStream: false) < Head || !head.AsSpan(0, 4).SequenceEqual(Magic))
            throw new InvalidDataException($"weights of version {name.Version} are no file of weights");
        if (BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(4)) is var version && version != name.Version)
            throw new InvalidDataException($"weights of version {version} were sent as version {name.Version}");
        if (!head.AsSpan(8, SHA256.HashSizeInBytes).SequenceEqual(Model(parameters))
            || BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(Head - sizeof(int))) != (still ? 1 : 0)
            || file.Length != wanted)
        {
            throw new InvalidDataException($"weights of version {name.Version} are of another model than the " +
                "worker's; use the same build, options and folder of a model on both sides");
        }
        foreach (Parameter parameter in Chosen(parameters, still))
        {
            int length = checked((int)parameter.Value.Shape.Count * sizeof(float));
            byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
            file.ReadExactly(bytes, 0, length);
            parameter.Value.CopyFrom(MemoryMarshal.Cast<byte, float>(bytes.AsSpan(0, length)));
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    static IEnumerable<Parameter> Chosen(ParameterSet parameters, bool still) =>
        parameters.Groups.Where(group => group.Frozen == still).SelectMany(group => group.All);
}
