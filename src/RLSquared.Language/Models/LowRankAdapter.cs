using RLSquared.Language.Files;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Files;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Models;

/// <summary>
/// A low-rank adapter on a model (LoRA, Hu et al. 2021): a projection y = x Wᵀ becomes y + scale · (x Aᵀ) Bᵀ, W stays
/// and A [r, in] and B [out, r] learn. B begins at 0, so that the model begins as it was.
/// </summary>
sealed class LowRankAdapter
{
    /// <summary>The group of its parameters.</summary>
    public const string Group = "adapter";

    const string FileName = "adapter_model.safetensors";

    readonly List<Projection> projections = [];

    LowRankAdapter(AdapterConfiguration configuration) => Configuration = configuration;

    public AdapterConfiguration Configuration { get; }

    /// <summary>Adds an adapter of zeros, and freezes all other groups.</summary>
    public static void Add(LanguageModel model, AdapterConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (model.Adapter is not null)
            throw new InvalidOperationException("the model has an adapter already; merge it first");
        var adapter = new LowRankAdapter(configuration);
        adapter.projections.AddRange(model.Layers.SelectMany(layer => layer.Projections)
            .Where(projection => configuration.Targets(projection.Module)));
        if (adapter.projections.Count == 0)
        {
            throw new ArgumentException("the adapter names no projection of the model; these have one: " +
                string.Join(", ", AdapterConfiguration.AllModules));
        }
        foreach (ParameterGroup group in model.Parameters.Groups)
            group.Frozen = true;
        foreach (Projection projection in adapter.projections)
        {
            Shape shape = projection.Weight.Value.Shape;
            int rank = configuration.RankOf(projection.Module);
            Parameter a = model.Parameters.Add($"{Group}.{projection.Module}.lora_A.weight", new Shape(rank, shape[1]));
            Parameter b = model.Parameters.Add($"{Group}.{projection.Module}.lora_B.weight", new Shape(shape[0], rank));
            projection.Adapter = new LowRank(a, b, (float)configuration.ScaleOf(projection.Module));
        }
        model.Parameters.Group(Group).Frozen = false;
        model.Adapter = adapter;
    }

    /// <summary>A uniform within ±1/√in, as PEFT begins; B stays 0.</summary>
    public void Initialise(ulong seed)
    {
        var random = new RandomKey(seed, RandomKey.Weights, 0);
        foreach (Projection projection in projections)
        {
            Parameter a = projection.Adapter!.A;
            RandomSequence sequence = Initialisers.SequenceOf(a.Name, random);
            float[] numbers = new float[a.Value.Shape.Count];
            double bound = 1 / Math.Sqrt(a.Value.Shape[1]);
            foreach (ref float number in numbers.AsSpan())
                number = (float)((2 * sequence.NextUniform() - 1) * bound);
            a.Value.CopyFrom(numbers);
        }
    }

    public static void Load(LanguageModel model, string folder)
    {
        AdapterConfiguration configuration = AdapterConfiguration.Load(folder);
        using SafetensorsReader reader = SafetensorsReader.Open(Path.Combine(folder, FileName));
        (string Name, int[] Shape)[] wanted = [.. configuration.Tensors(model.Configuration)];
        if (wanted.Length == 0)
            throw JsonField.Refusal(folder, "the adapter names no projection of the model");
        foreach ((string name, int[] shape) in wanted)
            ModelFolder.Require(reader, name, shape);
        if (reader.Entries.FirstOrDefault(entry => !wanted.Any(one => one.Name == entry.Name)) is { } strange)
            throw JsonField.Refusal(reader.Source, $"it has the tensor '{strange.Name}', for which there is no place");
        // All is there and fits; only now the model changes.
        Dictionary<string, float[]> numbers = new(StringComparer.Ordinal);
        foreach (SafetensorsEntry entry in reader.Entries)
        {
            float[] values = new float[entry.Count];
            reader.Read(entry.Name, values);
            if (Array.Exists(values, value => !float.IsFinite(value)))
                throw JsonField.Refusal(reader.Source, $"'{entry.Name}' holds what is no finite number");
            numbers.Add(entry.Name, values);
        }
        Add(model, configuration);
        foreach (Projection projection in model.Adapter!.projections)
        {
            projection.Adapter!.A.Value.CopyFrom(numbers[NameOf(projection, "lora_A")]);
            projection.Adapter!.B.Value.CopyFrom(numbers[NameOf(projection, "lora_B")]);
        }
    }

    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "adapter_config.json"), Configuration.Write());
        ModelFolder.Write(Path.Combine(folder, FileName), projections.SelectMany(projection =>
            ((string, Tensor)[])[(NameOf(projection, "lora_A"), projection.Adapter!.A.Value),
                (NameOf(projection, "lora_B"), projection.Adapter.B.Value)]));
    }

    /// <summary>W ← W + scale · B A in a model of the same matrices, in 32 bits.</summary>
    public void MergeInto(LanguageModel model)
    {
        Device device = model.Parameters.Device;
        Dictionary<string, Projection> targets = model.Layers.SelectMany(layer => layer.Projections)
            .ToDictionary(projection => projection.Module, StringComparer.Ordinal);
        using var scratch = new Arena(device);
        foreach (Projection projection in projections)
        {
            LowRank own = projection.Adapter!;
            Tensor weight = targets[projection.Module].Weight.Value, change = scratch.Allocate(weight.Shape);
            device.Product(false, false, own.B.Value, own.A.Value, change);
            device.Affine(change, own.Scale, 0, change);
            device.Zip(Combination.Add, weight, change, Repeat.None, weight);
            scratch.Reset();
        }
        model.Parameters.NoteChange();
    }

    static string NameOf(Projection projection, string part) =>
        $"base_model.model.{projection.Module}.{part}.weight";
}
