using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;

namespace RLSquared.Language.Prompts;

/// <summary>
/// A task that is another one in everything that it does not override. What it overrides the other one does not see:
/// who overrides <see cref="Draw"/> decides about <see cref="Wanted"/> as well.
/// </summary>
/// <param name="inner">The other one; shared, not owned.</param>
public abstract class DelegatingPromptTask(PromptTask inner) : PromptTask
{
    /// <summary>The task that answers for what is not overridden.</summary>
    protected PromptTask Inner { get; } = inner ?? throw new ArgumentNullException(nameof(inner));

    /// <inheritdoc/>
    public override string Name => Inner.Name;

    /// <inheritdoc/>
    public override string Kind => Inner.Kind;

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Inner.Settings;

    /// <inheritdoc/>
    public override int EvaluationInstances => Inner.EvaluationInstances;

    /// <inheritdoc/>
    public override Tokenizer Tokenizer => Inner.Tokenizer;

    /// <inheritdoc/>
    public override RewardSet Rewards => Inner.Rewards;

    /// <inheritdoc/>
    public override IReadOnlyList<int> EndTokens => Inner.EndTokens;

    /// <inheritdoc/>
    public override int LongestCompletion => Inner.LongestCompletion;

    /// <inheritdoc/>
    public override int LongestPrompt => Inner.LongestPrompt;

    /// <inheritdoc/>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) => Inner.SuggestedOptions(algorithm);

    /// <inheritdoc/>
    public override int LongestCompletionOf(PromptExample example) => Inner.LongestCompletionOf(example);

    /// <inheritdoc/>
    public override string? Answer(PromptExample example, IReadOnlyList<string> said) => Inner.Answer(example, said);

    /// <inheritdoc/>
    public override TokenSequence Wanted(ulong seed, long number) => Inner.Wanted(seed, number);

    /// <inheritdoc/>
    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training) =>
        Inner.Draw(seed, number, split);

    /// <inheritdoc/>
    public override int[] Encode(PromptExample example) => Inner.Encode(example);
}
