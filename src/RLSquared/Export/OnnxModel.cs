using RLSquared.Files;

namespace RLSquared.Export;

/// <summary>A policy as an ONNX model: the bytes of the file and what is in it.</summary>
public sealed class OnnxModel
{
    // How every file of ours begins, after the version of the layout (two bytes): field 2, nine bytes.
    static ReadOnlySpan<byte> Producer => "\x12\x09RLSquared"u8;

    readonly byte[] bytes;

    internal OnnxModel(byte[] bytes, OnnxGraph graph, IReadOnlyList<KeyValuePair<string, string>> metadata) =>
        (this.bytes, Inputs, Outputs, Metadata) = (bytes, graph.Inputs, graph.Outputs, metadata);

    /// <summary>What the model reads at each step.</summary>
    public IReadOnlyList<OnnxPort> Inputs { get; }

    /// <summary>What it gives.</summary>
    public IReadOnlyList<OnnxPort> Outputs { get; }

    /// <summary>
    /// What travels with it (<c>metadata_props</c>): where it comes from and how its input is laid out.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; }

    /// <summary>The file's content; the same policy and options give the same bytes.</summary>
    public ReadOnlyMemory<byte> Bytes => bytes;

    /// <summary>Writes the file, which appears whole or not at all. A model that we wrote before is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="OptionException">There is another file of that name, or no such folder.</exception>
    /// <exception cref="IOException">It cannot be written; what was there before is still there.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            string example = Path.Combine(path, "policy.onnx");
            throw new OptionException("output", $"{path} is a folder; name a file, such as {example}");
        }
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (!Directory.Exists(folder))
            throw new OptionException("output", $"there is no folder {folder} to write {Path.GetFileName(path)} to");
        if (File.Exists(path) && !IsOurs(path))
        {
            throw new OptionException(
                "output", $"{path} is there already and is no model that RLSquared wrote; name another file");
        }
        WholeFile.Write(path, bytes);
    }

    static bool IsOurs(string path)
    {
        using FileStream file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[2 + Producer.Length];
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
            && start[2..].SequenceEqual(Producer);
    }
}

/// <summary>An input or an output of a model.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Element">What its numbers are.</param>
/// <param name="Shape">Its dimensions; −1, always the first, is the number of lanes.</param>
public sealed record OnnxPort(string Name, OnnxElement Element, IReadOnlyList<int> Shape);

/// <summary>What the numbers of an input or an output are, as ONNX numbers them.</summary>
public enum OnnxElement
{
    /// <summary>Floats of 32 bits.</summary>
    Float32 = 1,
    /// <summary>Whole numbers of 64 bits.</summary>
    Int64 = 7,
}
