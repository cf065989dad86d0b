using RLSquared.Algorithms;
using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// An algorithm that trains a language model, on prompts or as an agent. <c>rl2 generate</c>, <c>chat</c>,
/// <c>serve</c> and <c>export</c> take its runs.
/// </summary>
public interface ILanguageAlgorithm : IAlgorithm
{
    /// <summary>What is being trained.</summary>
    LanguageModel Model { get; }

    /// <summary>How the model's texts become ids.</summary>
    Tokenizer Tokenizer { get; }

    /// <summary>The ids that end what it says.</summary>
    IReadOnlyList<int> EndTokens { get; }

    /// <summary>The folder of the model that training began with; empty where it began with a new one.</summary>
    string BaseModel => "";
}
