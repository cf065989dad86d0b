using System.Globalization;
using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Cli.Output;
using RLSquared.Cli.Serving;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Models;
using RLSquared.Runs;

namespace RLSquared.Cli.Commands;

/// <summary>
/// <c>rl2 export</c> of a run that trains a language model: a folder that Hugging Face's library, vLLM and
/// <c>rl2 serve</c> read, or an adapter alone as PEFT reads it.
/// </summary>
internal static class LanguageExport
{
    /// <summary>The whole model; an adapter is added to its weights.</summary>
    public const string HuggingFace = "huggingface";

    /// <summary>The adapter alone.</summary>
    public const string Peft = "peft";

    /// <summary>Whether a run's problem is one of prompts, which language models answer.</summary>
    public static bool IsFor(Catalogues catalogues, RunFolder folder)
    {
        RunConfiguration told = folder.Configuration;
        // By the task's own algorithm, since a task may need a game to connect before it can be made. Of both
        // algorithms called ppo, the one of ordinary tasks trains no language model.
        if (told.Assembly is not null || !catalogues.Tasks.Contains(told.Task))
            return false;
        if (catalogues.Tasks.Find(told.Task) is not { NeedsPeer: false } entry)
            return false;
        string algorithm = catalogues.AlgorithmFor(entry);
        return Language.LanguageCatalogue.Algorithms.Any(known => known.Name == algorithm)
            && !AlgorithmCatalogue.Entries.Contains(algorithm);
    }

    /// <summary>Writes a folder.</summary>
    /// <exception cref="OptionException">
    /// The run trains no language model, or has no adapter; or there are no such weights.
    /// </exception>
    public static void Write(
        Terminal terminal, Catalogues catalogues, RunFolder folder, string checkpoint, string format, string? output,
        string? weights, bool json, bool quiet)
    {
        WeightType type = weights switch
        {
            null or "float32" => WeightType.Float32,
            "bfloat16" => WeightType.BFloat16,
            "float16" => WeightType.Float16,
            _ => throw new OptionException(
                "--weights", $"there are no weights '{weights}'; there are float32, bfloat16, float16"),
        };
        if (weights is not null && format == Peft)
            throw new OptionException("--weights", $"an adapter is written as float32; --weights is for {HuggingFace}");
        (TrainedRun run, ILanguageAlgorithm learned) = ServedModel.OpenRun(catalogues, folder.Path, checkpoint);
        using TrainedRun opened = run;
        string path = output ?? Path.Combine(folder.Path, format == Peft ? "adapter" : "model");
        if (File.Exists(path))
            throw new OptionException("--output", $"{path} is a file; a model is a folder");
        if (format == Peft)
        {
            if (!learned.Model.HasAdapter)
            {
                throw new OptionException("--format", $"{folder.Path} trained the model itself and no adapter " +
                    $"(adapter-rank); write it with --format {HuggingFace}");
            }
            learned.Model.SaveAdapter(path);
        }
        else
        {
            WriteModel(learned, path, type);
        }
        string[] files = [.. Directory.EnumerateFiles(path).Select(file => Path.GetFileName(file)).Order()];
        if (json)
        {
            JsonOutput.Write(terminal, writer =>
            {
                writer.WriteString("folder", path);
                writer.WriteStartArray("files");
                foreach (string file in files)
                    writer.WriteStringValue(file);
                writer.WriteEndArray();
                writer.WriteNumber("parameters", learned.Model.Configuration.ParameterCount);
            });
        }
        else if (!quiet)
        {
            terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{path}: {string.Join(", ", files)}"));
        }
    }

    static void WriteModel(ILanguageAlgorithm learned, string path, WeightType type)
    {
        if (learned.Model.HasAdapter)
        {
            using LanguageModel merged = learned.Model.Merge();
            merged.Save(path, weights: type);
        }
        else
        {
            learned.Model.Save(path, weights: type);
        }
        learned.Tokenizer.Save(path);
        File.WriteAllText(Path.Combine(path, "generation_config.json"), new GenerationConfiguration
        {
            BeginToken = learned.Model.Configuration.BeginToken,
            EndTokens = learned.EndTokens,
            Samples = true,
        }.Write());
        // How conversations are written is what it was in the model that training began with.
        string[] ofBase = ["tokenizer_config.json", "chat_template.jinja", "special_tokens_map.json"];
        foreach (string name in ofBase)
        {
            string from = Path.Combine(learned.BaseModel, name), to = Path.Combine(path, name);
            if (learned.BaseModel.Length > 0 && File.Exists(from) && Path.GetFullPath(from) != Path.GetFullPath(to))
                File.Copy(from, to, overwrite: true);
        }
        string settings = Path.Combine(path, ofBase[0]);
        if (!File.Exists(settings))
            File.WriteAllBytes(settings, Settings(learned));
    }

    // What Hugging Face's library wants beside tokenizer.json.
    static byte[] Settings(ILanguageAlgorithm learned)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("tokenizer_class", "PreTrainedTokenizerFast");
            json.WriteNumber("model_max_length", learned.Model.Configuration.MaximumPositions);
            json.WriteBoolean("clean_up_tokenization_spaces", false);
            if (learned.EndTokens is [int end, ..])
                json.WriteString("eos_token", learned.Tokenizer.TokenText(end));
            json.WriteEndObject();
        }
        return stream.ToArray();
    }
}
