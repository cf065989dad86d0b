using System.Text.Json;
using RLSquared.Language.Files;

namespace RLSquared.Language.Models;

/// <summary>
/// What <c>generation_config.json</c> proposes for sampling. It is for chats: reinforcement learning samples at
/// temperature 1 without truncation, else the behaviour's log-probabilities are not the policy's.
/// </summary>
public sealed record GenerationConfiguration
{
    const long Longest = 1 << 20;

    /// <summary>The token that begins a text, or null.</summary>
    public int? BeginToken { get; init; }

    /// <summary>Tokens that end a text; may be none.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>The token that fills a batch, or null.</summary>
    public int? PadToken { get; init; }

    /// <summary>Whether tokens are drawn rather than the likeliest taken.</summary>
    public bool Samples { get; init; }

    /// <summary>The temperature: 1 leaves the distribution as it is.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>How many of the likeliest tokens can be drawn; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>The mass of the likeliest tokens that can be drawn: 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The least probability, as a share of the likeliest token's: 0 for any.</summary>
    public double MinP { get; init; }

    /// <summary>The penalty of tokens that were there before: 1 for none.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>The most new tokens, or null.</summary>
    public int? MaximumNewTokens { get; init; }

    /// <summary>Reads a configuration.</summary>
    /// <param name="path">A <c>generation_config.json</c>, or the folder that holds it.</param>
    /// <returns>The configuration; the defaults where the folder has no such file.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no such file; one sentence says why.</exception>
    public static GenerationConfiguration Load(string path)
    {
        bool isFolder = Directory.Exists(path);
        string file = isFolder ? Path.Combine(path, "generation_config.json") : path;
        return isFolder && !File.Exists(file) ? new() : JsonField.ReadFile(file, Longest, Read);
    }

    /// <summary>Reads a configuration from memory.</summary>
    /// <param name="json">What the file holds, all its bytes in UTF-8 as one length.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="InvalidDataException">It is no such file; one sentence says why.</exception>
    public static GenerationConfiguration Parse(ReadOnlyMemory<byte> json, string source = "the configuration") =>
        JsonField.Read(json, source, Read);

    static GenerationConfiguration Read(JsonField file) => new()
    {
        BeginToken = ModelConfigurationFile.Ids(file, "bos_token_id", int.MaxValue) is [var begin, ..] ? begin : null,
        EndTokens = ModelConfigurationFile.Ids(file, "eos_token_id", int.MaxValue),
        PadToken = file.Find("pad_token_id")?.Whole(0, int.MaxValue),
        Samples = file.Find("do_sample")?.Flag() ?? false,
        Temperature = file.Find("temperature")?.Number(0, 1000) ?? 1,
        TopK = file.Find("top_k")?.Whole(0, int.MaxValue) ?? 0,
        TopP = file.Find("top_p")?.Number(0, 1) ?? 1,
        MinP = file.Find("min_p")?.Number(0, 1) ?? 0,
        RepetitionPenalty = file.Find("repetition_penalty")?.Number(1e-3, 1000) ?? 1,
        MaximumNewTokens = file.Find("max_new_tokens")?.Whole(1, int.MaxValue),
    };

    /// <summary>The text of <c>generation_config.json</c>.</summary>
    public string Write()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            if (BeginToken is { } begin)
                json.WriteNumber("bos_token_id", begin);
            WriteIds(json, "eos_token_id", EndTokens);
            if (PadToken is { } pad)
                json.WriteNumber("pad_token_id", pad);
            json.WriteBoolean("do_sample", Samples);
            json.WriteNumber("temperature", Temperature);
            json.WriteNumber("top_k", TopK);
            json.WriteNumber("top_p", TopP);
            if (MinP > 0)
                json.WriteNumber("min_p", MinP);
            json.WriteNumber("repetition_penalty", RepetitionPenalty);
            if (MaximumNewTokens is { } most)
                json.WriteNumber("max_new_tokens", most);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    internal static void WriteIds(Utf8JsonWriter json, string name, IReadOnlyList<int> ids)
    {
        if (ids.Count == 1)
        {
            json.WriteNumber(name, ids[0]);
        }
        else if (ids.Count > 1)
        {
            json.WriteStartArray(name);
            foreach (int id in ids)
                json.WriteNumberValue(id);
            json.WriteEndArray();
        }
    }
}
