using System.Globalization;
using RLSquared.Language.Files;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Files;

namespace RLSquared.Language.Models;

/// <summary>
/// Models in Hugging Face folders: what is read is checked against the configuration, tensor by tensor.
/// </summary>
static class ModelFolder
{
    /// <param name="folder">The folder.</param>
    /// <param name="device">Where the model computes; null for the processor.</param>
    /// <param name="isClassifier">Whether numbers for each token are wanted, or scores of the vocabulary.</param>
    public static LanguageModel Load(string folder, Device? device, bool isClassifier = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"there is no folder {folder}");
        ModelConfiguration configuration = ModelConfigurationFile.Load(folder);
        if (configuration.Labels > 0 != isClassifier)
        {
            throw JsonField.Refusal(folder, isClassifier
                ? "it holds a language model, and no classifier such as LlamaForSequenceClassification"
                : $"it holds a classifier of {configuration.Labels} labels, and no language model");
        }
        WeightIndex index = WeightIndex.Find(folder);
        index.Require(configuration, folder);
        Dictionary<string, SafetensorsReader> readers = new(StringComparer.Ordinal);
        try
        {
            foreach (string file in index.Files)
                readers.Add(file, SafetensorsReader.Open(Path.Combine(folder, file)));
            SafetensorsReader ReaderOf(string name) => readers[index.Tensors?[name] ?? index.Files[0]];
            // Before memory is taken: a configuration can ask for anything, but the files are as long as they are.
            foreach ((string name, int[] shape) in configuration.Tensors())
                Require(ReaderOf(name), name, shape);
            LanguageModel model = LanguageModel.Empty(configuration, device);
            try
            {
                foreach (Parameter parameter in model.Parameters.All)
                    ReaderOf(parameter.Name).Read(parameter.Name, parameter.Value);
                if (!model.Parameters.AreFinite())
                    throw JsonField.Refusal(folder, "its weights hold what is no finite number");
                return model;
            }
            catch
            {
                model.Dispose();
                throw;
            }
        }
        finally
        {
            foreach (SafetensorsReader reader in readers.Values)
                reader.Dispose();
        }
    }

    internal static void Require(SafetensorsReader reader, string name, int[] shape)
    {
        string wanted = $"[{string.Join(", ", shape)}]";
        if (reader.Find(name) is not { } entry)
            throw JsonField.Refusal(reader.Source, $"it lacks the tensor '{name}', which the configuration wants");
        if (entry.Shape != wanted)
            throw JsonField.Refusal(reader.Source, $"'{name}' is {entry.Shape}, and the configuration wants {wanted}");
        if (entry.Type is not ("F32" or "F16" or "BF16"))
        {
            throw JsonField.Refusal(reader.Source,
                $"'{name}' holds {entry.Type} numbers; F32, F16 and BF16 can be read as weights");
        }
    }

    public static void Save(LanguageModel model, string folder, long bytesPerFile, WeightType weights)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytesPerFile, 1);
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"),
            ModelConfigurationFile.Write(model.Configuration with { WeightType = weights }));
        Parameter[] own = [.. model.Parameters.All.Where(one => one.Group.Name != LowRankAdapter.Group)];
        int size = weights == WeightType.Float32 ? 4 : 2;
        List<List<Parameter>> files = Cut(own, bytesPerFile, size);
        string index = Path.Combine(folder, "model.safetensors.index.json");
        if (files.Count == 1)
        {
            Write(Path.Combine(folder, "model.safetensors"), files[0], weights);
            File.Delete(index);
            return;
        }
        SortedDictionary<string, string> map = new(StringComparer.Ordinal);
        for (int i = 0; i < files.Count; i++)
        {
            string name = string.Create(CultureInfo.InvariantCulture,
                $"model-{i + 1:D5}-of-{files.Count:D5}.safetensors");
            Write(Path.Combine(folder, name), files[i], weights);
            foreach (Parameter parameter in files[i])
                map.Add(parameter.Name, name);
        }
        File.WriteAllText(index, WeightIndex.Write(map, size * own.Sum(one => one.Value.Shape.Count)));
    }

    static List<List<Parameter>> Cut(Parameter[] parameters, long bytesPerFile, int size)
    {
        List<List<Parameter>> files = [[]];
        long bytes = 0;
        foreach (Parameter parameter in parameters)
        {
            long own = size * parameter.Value.Shape.Count;
            if (bytes + own > bytesPerFile && files[^1].Count > 0)
            {
                files.Add([]);
                bytes = 0;
            }
            files[^1].Add(parameter);
            bytes += own;
        }
        return files;
    }

    static void Write(string path, List<Parameter> parameters, WeightType weights) =>
        Write(path, parameters.Select(parameter => (parameter.Name, parameter.Value)), weights);

    internal static void Write(
        string path, IEnumerable<(string Name, Tensor Value)> tensors, WeightType weights = WeightType.Float32)
    {
        string type = weights switch { WeightType.BFloat16 => "BF16", WeightType.Float16 => "F16", _ => "F32" };
        var writer = new SafetensorsWriter();
        writer.Metadata["format"] = "pt";
        foreach ((string name, Tensor value) in tensors)
            writer.Add(name, value, type);
        // To a temporary name first: whoever reads meanwhile finds the old weights or the new ones.
        string temporary = path + ".tmp";
        using (FileStream stream = File.Create(temporary))
            writer.WriteTo(stream);
        File.Move(temporary, path, overwrite: true);
    }
}
