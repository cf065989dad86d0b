using RLSquared.Language.Algorithms;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Templates;
using RLSquared.Language.Tokenizers;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cli.Serving;

/// <summary>A language model with all that is needed to talk with it: of a folder, or of a run.</summary>
internal sealed class ServedModel : IDisposable
{
    readonly IDisposable owner;

    ServedModel(string path, IDisposable owner, LanguageModel model, Tokenizer tokenizer, ChatTemplate? template,
        IReadOnlyList<int> endTokens)
    {
        Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        (this.owner, Model, Tokenizer, Template, EndTokens) = (owner, model, tokenizer, template, endTokens);
    }

    /// <summary>What clients call it: the name of its folder.</summary>
    public string Name { get; }

    /// <summary>The model; disposed with this.</summary>
    public LanguageModel Model { get; }

    /// <summary>How texts become ids.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>How it wants conversations written; null for a model that only completes texts.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>Tokens that end a text.</summary>
    public IReadOnlyList<int> EndTokens { get; }

    /// <summary>Tokens of prompt and completion together.</summary>
    public int Context => Model.Configuration.MaximumPositions;

    /// <summary>Opens a Hugging Face folder, or the folder of a run that trains a language model.</summary>
    /// <param name="catalogues">Where the task and the algorithm of a run are looked up.</param>
    /// <param name="path">The folder.</param>
    /// <param name="checkpoint">Which of a run's checkpoints.</param>
    /// <exception cref="OptionException">There is no such folder, or it holds no language model.</exception>
    /// <exception cref="InvalidDataException">A file cannot be used; the message says why.</exception>
    public static ServedModel Open(Catalogues catalogues, string path, string checkpoint = "last")
    {
        if (!Directory.Exists(path))
            throw new OptionException("MODEL", $"there is no folder {path}");
        if (File.Exists(Path.Combine(path, "tokenizer.json")))
            return OpenFolder(path);
        if (!File.Exists(Path.Combine(path, "command.txt")) && !SeedRuns.IsFolder(path))
        {
            throw new OptionException("MODEL", $"{path} is no folder of a language model; " +
                "one has config.json, tokenizer.json and model.safetensors, or is that of a run");
        }
        (TrainedRun run, ILanguageAlgorithm learned) = OpenRun(catalogues, path, checkpoint);
        bool hasFolder = learned.BaseModel.Length > 0 && Directory.Exists(learned.BaseModel);
        return new ServedModel(path, run, learned.Model, learned.Tokenizer,
            hasFolder ? ChatTemplate.Load(learned.BaseModel) : null, learned.EndTokens);
    }

    /// <summary>A run that trains a language model, at a checkpoint.</summary>
    /// <inheritdoc cref="Open"/>
    public static (TrainedRun Run, ILanguageAlgorithm Learned) OpenRun(
        Catalogues catalogues, string path, string checkpoint)
    {
        var run = TrainedRun.Open(catalogues, path, checkpoint, threads: 1);
        if (run.Algorithm is not ILanguageAlgorithm learned)
        {
            run.Dispose();
            throw new OptionException(
                "MODEL", $"{path} is a run of {run.Problem.Name}, which trains no language model");
        }
        run.Restore();
        return (run, learned);
    }

    static ServedModel OpenFolder(string folder)
    {
        var tokenizer = Tokenizer.Load(folder);
        var template = ChatTemplate.Load(folder);
        IReadOnlyList<int> ends = GenerationConfiguration.Load(folder).EndTokens;
        var model = LanguageModel.Load(folder);
        return new ServedModel(
            folder, model, model, tokenizer, template, ends.Count > 0 ? ends : model.Configuration.EndTokens);
    }

    /// <summary>The ids of a prompt that leaves room for an answer.</summary>
    /// <param name="prompt">The text.</param>
    /// <param name="isRendered">Whether a chat template wrote it, with all its special tokens.</param>
    /// <exception cref="OptionException">It has no ids, or as many as the model sees.</exception>
    public int[] Encode(string prompt, bool isRendered = false)
    {
        int[] ids = Tokenizer.Encode(prompt, addTemplate: !isRendered);
        return ids.Length == 0 ? throw new OptionException("--prompt",
                "the prompt has no tokens that the model knows; write at least one")
            : ids.Length < Context ? ids : throw new OptionException("--prompt",
                $"the prompt has {ids.Length} tokens, and the model sees {Context} with what it says; shorten it");
    }

    /// <summary>What draws texts.</summary>
    /// <param name="workers">Whose threads compute; not owned.</param>
    /// <param name="options">How it works; null for one text after the other.</param>
    public Generator Generator(Workers workers, GeneratorOptions? options = null) =>
        new(Model, options ?? new GeneratorOptions { MostInFlight = 1 }, Tokenizer, workers);

    /// <inheritdoc/>
    public void Dispose() => owner.Dispose();
}
