using RLSquared.Algorithms;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// An algorithm that trains a language model on prompts. <c>rl2 generate</c>, <c>chat</c>, <c>serve</c> and
/// <c>export</c> take its runs.
/// </summary>
public interface ILanguageAlgorithm : IAlgorithm
{
    /// <summary>What is being trained.</summary>
    LanguageModel Model { get; }

    /// <summary>Prompts and rewards, and the tokenizer.</summary>
    PromptTask Task { get; }

    /// <summary>The folder of the model that training began with; empty where it began with a new one.</summary>
    string BaseModel => "";
}
