using System.Text.Json;
using RLSquared.Language.Files;

namespace RLSquared.Language.Models;

/// <summary>
/// Which file of a folder holds which tensor: <c>model.safetensors.index.json</c> of a model in several files, or the
/// one
/// <c>model.safetensors</c>.
/// </summary>
public sealed class WeightIndex
{
    const long Longest = 64 << 20;
    const string OneFile = "model.safetensors";

    WeightIndex(IReadOnlyDictionary<string, string>? tensors, IReadOnlyList<string> files, long? totalBytes) =>
        (Tensors, Files, TotalBytes) = (tensors, files, totalBytes);

    /// <summary>The file name of each tensor; null for a model in one file, whose header says it.</summary>
    public IReadOnlyDictionary<string, string>? Tensors { get; }

    /// <summary>All file names, in order, none with a folder.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>The bytes of all tensors, where the index says so.</summary>
    public long? TotalBytes { get; }

    /// <summary>Finds the weights of a folder.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// There are no weights, the index is none, or a file that it names is missing.
    /// </exception>
    public static WeightIndex Find(string folder)
    {
        string path = Path.Combine(folder, "model.safetensors.index.json");
        if (!File.Exists(path))
        {
            return File.Exists(Path.Combine(folder, OneFile)) ? new WeightIndex(null, [OneFile], null)
                : throw new InvalidDataException($"{folder} holds neither {OneFile} nor {OneFile}.index.json");
        }
        WeightIndex index = JsonField.ReadFile(path, Longest, Read);
        foreach (string file in index.Files)
        {
            if (!File.Exists(Path.Combine(folder, file)))
                throw JsonField.Refusal(path, $"it names the file '{file}', which is not beside it");
        }
        return index;
    }

    /// <summary>Reads an index from memory.</summary>
    /// <param name="json">What the file holds, all its bytes in UTF-8 as one length.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="InvalidDataException">It is no index; one sentence says why.</exception>
    public static WeightIndex Parse(ReadOnlyMemory<byte> json, string source = "the index") =>
        JsonField.Read(json, source, Read);

    static WeightIndex Read(JsonField file)
    {
        Dictionary<string, string> tensors = new(StringComparer.Ordinal);
        SortedSet<string> files = new(StringComparer.Ordinal);
        foreach ((string name, JsonField place) in file.Get("weight_map").Members())
        {
            string where = place.Text();
            // A name with a folder would read what is not the model's.
            if (where.AsSpan().ContainsAny('/', '\\', ':') || where.Contains("..", StringComparison.Ordinal)
                || !where.EndsWith(".safetensors", StringComparison.Ordinal) || where.Any(char.IsControl))
                throw place.Wrong($"is '{where}', which is no name of a .safetensors file beside the index");
            tensors.Add(name, where);
            files.Add(where);
        }
        if (tensors.Count == 0)
            throw file.Wrong("names no tensors");
        long? bytes = null;
        if (file.Find("metadata")?.Find("total_size") is { } total)
        {
            double size = total.Number(0, long.MaxValue);              // some tools write 988065824.0
            bytes = size < long.MaxValue ? (long)size : throw total.Wrong("is beyond any file");
        }
        return new WeightIndex(tensors, [.. files], bytes);
    }

    /// <summary>The text of an index.</summary>
    internal static string Write(IReadOnlyDictionary<string, string> files, long totalBytes)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", totalBytes);
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            foreach ((string name, string file) in files)
                json.WriteString(name, file);
            json.WriteEndObject();
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    /// <summary>Requires that the index names what a model has, nothing less and nothing more.</summary>
    /// <param name="configuration">The model.</param>
    /// <param name="source">What messages call the index.</param>
    /// <exception cref="InvalidDataException">It does not; the message names the first that differs.</exception>
    public void Require(ModelConfiguration configuration, string source = "the index")
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (Tensors is null)
            return;
        HashSet<string> wanted = new(configuration.Tensors().Select(tensor => tensor.Name), StringComparer.Ordinal);
        if (wanted.FirstOrDefault(name => !Tensors.ContainsKey(name)) is { } missing)
            throw JsonField.Refusal(source, $"it lacks the tensor '{missing}', which the configuration wants");
        // A tied head may be written all the same, and old files have the frequencies of the positions.
        if (Tensors.Keys.FirstOrDefault(name => !wanted.Contains(name) && name != "lm_head.weight"
            && !name.EndsWith("rotary_emb.inv_freq", StringComparison.Ordinal)) is { } strange)
            throw JsonField.Refusal(source, $"it has the tensor '{strange}', which the configuration has no place for");
    }
}
