using RLSquared.Language.Data;
using RLSquared.Language.Templates;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Prompts;

/// <summary>
/// A task made of a list of prompts, such as the lines of a JSONL file (<see cref="Examples"/>), and of your own
/// rewards:
/// <code>
/// var task = new PromptList("stories", tokenizer, Examples.Read("prompts.jsonl"),
///     new RewardSet().Add("short", completion => completion.Tokens.Count &lt; 100 ? 1 : 0), endTokens: [2]);
/// </code>
/// Each pass over the list is in an order of its own.
/// </summary>
public sealed class PromptList : PromptTask
{
    readonly PromptExample[] training, heldOut;
    readonly ChatTemplate? template;
    readonly Lock gate = new();
    (ulong Seed, long Pass, PromptSplit Split, int[] Order) last = (0, -1, default, []);

    /// <summary>A task over a list.</summary>
    /// <param name="name">Its name in run folders.</param>
    /// <param name="tokenizer">How texts become ids.</param>
    /// <param name="prompts">To learn from; at least one.</param>
    /// <param name="rewards">What scores completions.</param>
    /// <param name="endTokens">Tokens that end a completion; may be none.</param>
    /// <param name="heldOut">Prompts that only measure; null for those to learn from.</param>
    /// <param name="template">How conversations are written; null where there are none.</param>
    /// <exception cref="ArgumentException">There is no prompt, or an end token is not in the vocabulary.</exception>
    public PromptList(
        string name, Tokenizer tokenizer, IEnumerable<PromptExample> prompts, RewardSet rewards,
        IReadOnlyList<int> endTokens, IEnumerable<PromptExample>? heldOut = null, ChatTemplate? template = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(rewards);
        ArgumentNullException.ThrowIfNull(endTokens);
        (Name, Tokenizer, Rewards, EndTokens, this.template) = (name, tokenizer, rewards, endTokens, template);
        training = [.. prompts];
        this.heldOut = heldOut is null ? training : [.. heldOut];
        if (training.Length == 0 || this.heldOut.Length == 0)
            throw new ArgumentException($"the task '{name}' has no prompts", nameof(prompts));
        foreach (int id in endTokens)
        {
            if (id < 0 || id >= tokenizer.Count)
            {
                throw new ArgumentException(
                    $"the end token {id} is not in the vocabulary, which has the ids 0 to {tokenizer.Count - 1}",
                    nameof(endTokens));
            }
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public override RewardSet Rewards { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> EndTokens { get; }

    /// <inheritdoc/>
    public override int LongestCompletion => MostCompletionTokens;

    /// <inheritdoc/>
    public override int LongestPrompt => MostPromptTokens;

    /// <summary>The most tokens of a completion.</summary>
    public int MostCompletionTokens { get; init; } = 512;

    /// <summary>The most tokens of a prompt.</summary>
    public int MostPromptTokens { get; init; } = 512;

    /// <inheritdoc/>
    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        PromptExample[] list = split == PromptSplit.Training ? training : heldOut;
        (long pass, long place) = Math.DivRem(number, list.Length);
        return list[Order(seed, pass, split, list.Length)[place]];
    }

    /// <inheritdoc/>
    public override int[] Encode(PromptExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        return example.Messages.Count == 0 || template is null ? base.Encode(example)
            : Checked(Tokenizer.Encode(template.Render(example.Messages).Text, addTemplate: false));
    }

    // The order of a pass depends on seed and pass alone. The last one is kept, for numbers come in a row.
    int[] Order(ulong seed, long pass, PromptSplit split, int count)
    {
        lock (gate)
        {
            if (last.Seed != seed || last.Pass != pass || last.Split != split)
            {
                int[] order = [.. Enumerable.Range(0, count)];
                new RandomKey(seed, RandomPurpose.Task, (ulong)pass).Sequence((uint)split).Shuffle(order.AsSpan());
                last = (seed, pass, split, order);
            }
            return last.Order;
        }
    }
}
