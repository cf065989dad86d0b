using RLSquared.Algorithms;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;

namespace RLSquared.Language.Algorithms;

/// <summary>An algorithm that trains a language model on prompts. What it has learned can be spoken to.</summary>
public interface ILanguageAlgorithm : IAlgorithm
{
    /// <summary>What is being trained.</summary>
    LanguageModel Model { get; }

    /// <summary>Prompts and rewards.</summary>
    PromptTask Task { get; }
}
