using RLSquared.Language.Experience;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// What stands between the rewards of a generation batch and its advantages: all in which ExpRL, self-distillation and
/// LongTraceRL differ from <see cref="Rloo"/>.
/// </summary>
interface ICredit : IDisposable
{
    /// <summary>
    /// Whether it asks the reference policy. One is then kept even where no divergence is charged.
    /// </summary>
    bool AsksReference { get; }

    /// <summary>Says what completions are worth.</summary>
    /// <param name="drawn">Completions with the task's rewards, [B], prompt by prompt.</param>
    /// <param name="groupSize">G, completions of a prompt.</param>
    /// <param name="reference">The reference policy; only where <see cref="AsksReference"/>.</param>
    /// <returns>
    /// The same completions in the same order. The reward may be another. A completion that comes back with advantages
    /// keeps them, token by token; the others are compared with each other as usual.
    /// </returns>
    Credited Assign(IReadOnlyList<Completion> drawn, int groupSize, ReferenceScores reference);
}

/// <summary>log π_ref of the tokens that are learnt, [T] for each sequence.</summary>
delegate float[][] ReferenceScores(IReadOnlyList<TokenSequence> sequences);

/// <summary>Completions with what they are worth, and the figures of the batch.</summary>
/// <param name="Completions">[B], prompt by prompt.</param>
/// <param name="Figures">What else is worth a curve.</param>
readonly record struct Credited(
    IReadOnlyList<Completion> Completions, IReadOnlyList<(string Name, double Value)> Figures);
