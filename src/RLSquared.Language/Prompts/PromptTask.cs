using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Tasks;

namespace RLSquared.Language.Prompts;

/// <summary>Which prompts: those to learn from, or those that only measure.</summary>
public enum PromptSplit
{
    /// <summary>To learn from.</summary>
    Training,
    /// <summary>Never learnt from.</summary>
    HeldOut,
}

/// <summary>
/// What a language model is to learn: a distribution of prompts and the rewards that score what it says to them. A
/// prompt is a function of a seed and a number, so that a run that is resumed goes on with the next one.
/// </summary>
public abstract class PromptTask : Problem
{
    /// <inheritdoc/>
    public override string Kind => "prompts that a language model answers";

    /// <inheritdoc/>
    public override int EvaluationInstances => 1000;

    /// <summary>How texts become ids.</summary>
    public abstract Tokenizer Tokenizer { get; }

    /// <summary>What scores completions. It counts what could not be scored.</summary>
    public abstract RewardSet Rewards { get; }

    /// <summary>Tokens that end a completion; each is a token of it, and is learnt.</summary>
    public abstract IReadOnlyList<int> EndTokens { get; }

    /// <summary>The most tokens that a completion needs, its end included; 512 in TRL.</summary>
    public virtual int LongestCompletion => 512;

    /// <summary>The most tokens that a prompt may have.</summary>
    public virtual int LongestPrompt => 512;

    /// <summary>
    /// The most tokens that the completion of this prompt may have, its end included; the task's longest, unless a task
    /// gives its prompts different budgets.
    /// </summary>
    /// <param name="example">The prompt.</param>
    public virtual int LongestCompletionOf(PromptExample example) => LongestCompletion;

    /// <summary>
    /// What the environment answers to the policy's last turn: a text that is appended to the conversation, and after
    /// which the policy has the next turn. Null ends the conversation, as it does after the only turn of most tasks.
    /// </summary>
    /// <param name="example">The prompt.</param>
    /// <param name="said">The texts of the policy's turns so far, at least one.</param>
    public virtual string? Answer(PromptExample example, IReadOnlyList<string> said) => null;

    /// <summary>
    /// What a model is to say to a prompt, as an example for the supervised warm start: prompt, wanted completion and
    /// end. A task of several turns writes a conversation, whose answers are not learnt.
    /// </summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="number">From 0.</param>
    /// <exception cref="InvalidDataException">The prompt has no wanted completion.</exception>
    public virtual TokenSequence Wanted(ulong seed, long number) =>
        TokenSequence.Of(Tokenizer, Draw(seed, number), EndTokens.Count > 0 ? EndTokens[0] : null);

    /// <summary>One prompt. Numbers in a row are prompts that are independent of each other, or a data set in an
    /// order that visits each once before any comes again.</summary>
    /// <param name="seed">Of the run or of the evaluation.</param>
    /// <param name="number">From 0.</param>
    /// <param name="split">Which ones.</param>
    public abstract PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training);

    /// <summary>The ids of a prompt: no more than <see cref="LongestPrompt"/>.</summary>
    /// <returns>Ids, of the prompt's length.</returns>
    /// <exception cref="InvalidDataException">It is empty, or longer than that.</exception>
    public virtual int[] Encode(PromptExample example)
    {
        ArgumentNullException.ThrowIfNull(example);
        if (example.Messages.Count > 0)
        {
            throw new InvalidDataException(
                $"the task '{Name}' has prompts that are conversations and no chat template to write them with");
        }
        return Checked(Tokenizer.Encode(example.Prompt));
    }

    /// <summary>Lets a prompt pass that has at least one id and no more than allowed.</summary>
    /// <param name="ids">Ids of a prompt, of its length.</param>
    /// <exception cref="InvalidDataException">It has none, or too many.</exception>
    protected int[] Checked(int[] ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return ids.Length == 0 ? throw new InvalidDataException($"a prompt of the task '{Name}' has no tokens")
            : ids.Length <= LongestPrompt ? ids
            : throw new InvalidDataException($"a prompt of the task '{Name}' has {ids.Length} tokens; " +
                $"up to {LongestPrompt} leave room for an answer");
    }
}
