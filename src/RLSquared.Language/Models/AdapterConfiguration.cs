using System.Text.Json;
using System.Text.RegularExpressions;
using RLSquared.Language.Files;

namespace RLSquared.Language.Models;

/// <summary>
/// A low-rank adapter (LoRA, Hu et al. 2021) as PEFT's <c>adapter_config.json</c> describes it: W + scale · B·A for the
/// chosen projections.
/// </summary>
public sealed record AdapterConfiguration
{
    const long Longest = 4 << 20;
    static readonly TimeSpan longestMatch = TimeSpan.FromSeconds(1);

    /// <summary>The projections of a layer that can have one.</summary>
    public static IReadOnlyList<string> AllModules { get; } =
        ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>r: 8 unless told; 16 is usual.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>α, which the scale has over r.</summary>
    public double Alpha { get; init; } = 8;

    /// <summary>The share of inputs that are dropped in training.</summary>
    public double Dropout { get; init; }

    /// <summary>Whether the scale is α/√r instead of α/r.</summary>
    public bool IsRankStabilised { get; init; }

    /// <summary>The ends of module names, such as <c>q_proj</c>.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = AllModules;

    /// <summary>A pattern for whole module names in place of the list; null where there is the list.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Ranks of modules that have others.</summary>
    public IReadOnlyDictionary<string, int> Ranks { get; init; } = new Dictionary<string, int>();

    /// <summary>α of modules that have others.</summary>
    public IReadOnlyDictionary<string, double> Alphas { get; init; } = new Dictionary<string, double>();

    /// <summary>The model that it belongs to, where it says so.</summary>
    public string? BaseModel { get; init; }

    /// <summary>Reads a configuration.</summary>
    /// <param name="path">An <c>adapter_config.json</c>, or the folder that holds it.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no adapter that is known; one sentence says why.</exception>
    public static AdapterConfiguration Load(string path) =>
        JsonField.ReadFile(Directory.Exists(path) ? Path.Combine(path, "adapter_config.json") : path, Longest, Read);

    /// <summary>Reads a configuration from memory.</summary>
    /// <param name="json">What the file holds, all its bytes in UTF-8 as one length.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="InvalidDataException">It is no adapter that is known; one sentence says why.</exception>
    public static AdapterConfiguration Parse(ReadOnlyMemory<byte> json, string source = "the adapter") =>
        JsonField.Read(json, source, Read);

    static AdapterConfiguration Read(JsonField file)
    {
        JsonField type = file.Get("peft_type");
        if (type.Text() != "LORA")
            throw type.Wrong($"is '{type.Text()}'; LORA can be read");
        if (file.Find("use_dora") is { } dora && dora.Flag())
            throw dora.Wrong("is true; adapters with DoRA cannot be read");
        if (file.Find("fan_in_fan_out") is { } fan && fan.Flag())
            throw fan.Wrong("is true; these models' weights are [out, in]");
        if (file.Find("bias") is { } bias && bias.Text() != "none")
            throw bias.Wrong($"is '{bias.Text()}'; adapters without biases can be read");
        if (file.Find("modules_to_save") is { } saved && saved.Items().Any())
            throw saved.Wrong("is not empty; adapters that hold whole modules cannot be read");
        JsonField target = file.Get("target_modules");
        bool isText = target.Kind == JsonValueKind.String;
        string? pattern = isText && target.Text() != "all-linear" ? Checked(target) : null;
        return new AdapterConfiguration
        {
            Rank = file.Find("r")?.Whole(1, 65536) ?? 8,
            Alpha = file.Find("lora_alpha")?.Number(-1e6, 1e6) ?? 8,
            Dropout = file.Find("lora_dropout")?.Number(0, 1) ?? 0,
            IsRankStabilised = file.Find("use_rslora")?.Flag() ?? false,
            TargetModules = isText ? AllModules : Modules(target),
            TargetPattern = pattern,
            Ranks = file.Find("rank_pattern")?.Members().ToDictionary(one => one.Name, one => one.Value.Whole(1, 65536))
                ?? [],
            Alphas = file.Find("alpha_pattern")?.Members()
                .ToDictionary(one => one.Name, one => one.Value.Number(-1e6, 1e6)) ?? [],
            BaseModel = file.Find("base_model_name_or_path")?.Text(),
        };
    }

    static List<string> Modules(JsonField target)
    {
        List<string> modules = [.. target.Items().Select(one => one.Text()).Distinct(StringComparer.Ordinal)];
        return modules.Count > 0 ? modules : throw target.Wrong("names no module");
    }

    static string Checked(JsonField target)
    {
        try
        {
            _ = new Regex(target.Text(), RegexOptions.CultureInvariant, longestMatch);
            return target.Text();
        }
        catch (ArgumentException failure)
        {
            throw target.Wrong($"is no pattern ({failure.Message})");
        }
    }

    /// <summary>Whether a module, such as <c>model.layers.0.self_attn.q_proj</c>, has an adapter.</summary>
    public bool Targets(string module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return TargetPattern is { } pattern
            ? Regex.IsMatch(module, $"^(?:{pattern})$", RegexOptions.CultureInvariant, longestMatch)
            : TargetModules.Any(name => module == name || module.EndsWith($".{name}", StringComparison.Ordinal));
    }

    /// <summary>The rank of a module.</summary>
    public int RankOf(string module) => Own(Ranks, module) ?? Rank;

    /// <summary>What B·A is multiplied with: α/r, or α/√r.</summary>
    public double ScaleOf(string module)
    {
        double alpha = Own(Alphas, module) ?? Alpha;
        return alpha / (IsRankStabilised ? Math.Sqrt(RankOf(module)) : RankOf(module));
    }

    static T? Own<T>(IReadOnlyDictionary<string, T> values, string module) where T : struct
    {
        foreach ((string name, T value) in values)
        {
            if (module == name || module.EndsWith($".{name}", StringComparison.Ordinal))
                return value;
        }
        return null;
    }

    /// <summary>
    /// The adapter's tensors by PEFT's names with their shapes: A is [r, in], B is [out, r].
    /// </summary>
    /// <param name="configuration">The model.</param>
    public IEnumerable<(string Name, int[] Shape)> Tensors(ModelConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        foreach ((string name, int[] shape) in configuration.Tensors())
        {
            string module = name.EndsWith(".weight", StringComparison.Ordinal) ? name[..^".weight".Length] : "";
            if (!module.EndsWith("_proj", StringComparison.Ordinal) || !Targets(module))
                continue;
            yield return ($"base_model.model.{module}.lora_A.weight", [RankOf(module), shape[1]]);
            yield return ($"base_model.model.{module}.lora_B.weight", [shape[0], RankOf(module)]);
        }
    }

    /// <summary>The text of <c>adapter_config.json</c>, which PEFT reads.</summary>
    public string Write()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("peft_type", "LORA");
            json.WriteString("task_type", "CAUSAL_LM");
            json.WriteNumber("r", Rank);
            json.WriteNumber("lora_alpha", Alpha);
            json.WriteNumber("lora_dropout", Dropout);
            if (TargetPattern is { } pattern)
                json.WriteString("target_modules", pattern);
            else
                WriteNames(json);
            json.WriteString("bias", "none");
            json.WriteBoolean("fan_in_fan_out", false);
            json.WriteBoolean("use_rslora", IsRankStabilised);
            json.WriteBoolean("use_dora", false);
            json.WriteStartObject("rank_pattern");
            foreach ((string name, int rank) in Ranks)
                json.WriteNumber(name, rank);
            json.WriteEndObject();
            json.WriteStartObject("alpha_pattern");
            foreach ((string name, double alpha) in Alphas)
                json.WriteNumber(name, alpha);
            json.WriteEndObject();
            json.WriteNull("modules_to_save");
            json.WriteString("base_model_name_or_path", BaseModel);
            json.WriteBoolean("inference_mode", true);
            json.WriteEndObject();
        }
        return System.Text.Encoding.UTF8.GetString(stream.ToArray());
    }

    void WriteNames(Utf8JsonWriter json)
    {
        json.WriteStartArray("target_modules");
        foreach (string name in TargetModules)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }
}
