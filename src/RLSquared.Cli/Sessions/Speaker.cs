using RLSquared.Language.Algorithms;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Templates;
using RLSquared.Language.Tokenizers;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cli.Sessions;

/// <summary>A language model that can be spoken to: of a folder, or of a run.</summary>
internal sealed class Speaker : IDisposable
{
    readonly IDisposable owner;
    readonly Workers workers;

    Speaker(IDisposable owner, LanguageModel model, Tokenizer tokenizer, ChatTemplate? template,
        IReadOnlyList<int> endTokens, int threads)
    {
        (this.owner, Model, Tokenizer, Template) = (owner, model, tokenizer, template);
        workers = new Workers(threads);
        Sampling = new SamplingOptions { StopTokens = endTokens };
    }

    /// <summary>Who speaks.</summary>
    public LanguageModel Model { get; }

    /// <summary>How texts become ids.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>How conversations are written; null where the model has no say in that.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>What ends a text.</summary>
    public SamplingOptions Sampling { get; }

    /// <summary>Opens a model.</summary>
    /// <param name="catalogues">Where the task and the algorithm of a run are looked up.</param>
    /// <param name="path">The folder of a model or of a run.</param>
    /// <param name="checkpoint">Which of a run's checkpoints.</param>
    /// <param name="threads">How many compute.</param>
    /// <exception cref="OptionException">There is none.</exception>
    public static Speaker Open(Catalogues catalogues, string path, string checkpoint, int threads)
    {
        if (!Directory.Exists(path))
            throw new OptionException("model", $"there is no folder {path}");
        if (File.Exists(Path.Combine(path, "tokenizer.json")))
        {
            var tokenizer = Tokenizer.Load(path);
            var template = ChatTemplate.Load(path);
            string settings = Path.Combine(path, "generation_config.json");
            IReadOnlyList<int> ends = File.Exists(settings) ? GenerationConfiguration.Load(path).EndTokens : [];
            var model = LanguageModel.Load(path);
            return new Speaker(model, model, tokenizer, template,
                ends.Count > 0 ? ends : model.Configuration.EndTokens, threads);
        }
        var run = TrainedRun.Open(catalogues, path, checkpoint, threads: 1);
        if (run.Algorithm is not ILanguageAlgorithm learned)
        {
            run.Dispose();
            throw new OptionException(
                "model", $"{path} is a run of {run.Problem.Name}, which trains no language model");
        }
        run.Restore();
        return new Speaker(run, learned.Model, learned.Task.Tokenizer, null, learned.Task.EndTokens, threads);
    }

    /// <summary>The ids of a prompt that leaves room for an answer.</summary>
    /// <exception cref="OptionException">It has no ids, or as many as the model sees.</exception>
    public int[] Encode(string prompt, bool isRendered = false)
    {
        int[] ids = Tokenizer.Encode(prompt, addTemplate: !isRendered);
        int most = Model.Configuration.MaximumPositions;
        return ids.Length == 0 ? throw new OptionException("--prompt",
                "the prompt has no tokens that the model knows; write at least one")
            : ids.Length < most ? ids : throw new OptionException("--prompt",
                $"the prompt has {ids.Length} tokens, and the model sees {most} with what it says; shorten it");
    }

    /// <summary>What draws texts.</summary>
    public Generator Generator(int inFlight = 1) =>
        new(Model, new GeneratorOptions { MostInFlight = inFlight }, Tokenizer, workers);

    public void Dispose()
    {
        workers.Dispose();
        owner.Dispose();
    }
}
