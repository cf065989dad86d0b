using RLSquared.Language.Models;
using RLSquared.Language.Templates;
using RLSquared.Language.Tokenizers;

namespace RLSquared.Cli.Serving;

/// <summary>A language model with all that is needed to talk with it.</summary>
/// <param name="Name">What clients call it.</param>
/// <param name="Model">The model; disposed with this.</param>
/// <param name="Tokenizer">Its tokenizer.</param>
/// <param name="Template">How it wants conversations written; null for a model that only completes texts.</param>
internal sealed record ServedModel(string Name, LanguageModel Model, Tokenizer Tokenizer, ChatTemplate? Template)
    : IDisposable
{
    /// <summary>Tokens of prompt and completion together.</summary>
    public int Context => Model.Configuration.MaximumPositions;

    /// <summary>Reads a Hugging Face folder.</summary>
    /// <exception cref="OptionException">There is no such folder, or it holds no model.</exception>
    /// <exception cref="InvalidDataException">A file cannot be used; the message says why.</exception>
    public static ServedModel Open(string folder)
    {
        if (!File.Exists(Path.Combine(folder, "config.json")) || !File.Exists(Path.Combine(folder, "tokenizer.json")))
        {
            throw new OptionException("FOLDER", $"{folder} is no folder of a language model; " +
                "one has config.json, tokenizer.json and model.safetensors");
        }
        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));
        var tokenizer = Tokenizer.Load(Path.Combine(folder, "tokenizer.json"));
        return new ServedModel(name, LanguageModel.Load(folder), tokenizer, ChatTemplate.Load(folder));
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
