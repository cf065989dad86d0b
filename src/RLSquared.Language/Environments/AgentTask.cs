using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>
/// What a language agent is to learn over many turns: an environment of texts, its levels, and how texts become tokens.
/// Levels to learn from have numbers below 2¹⁶ − 1, those that only measure have numbers from 2¹⁶ on.
/// </summary>
public abstract class AgentTask : Problem
{
    const ulong TrainingLevels = (1 << 16) - 1, FirstHeldOut = 1 << 16;

    /// <inheritdoc/>
    public override string Kind => "an environment that a language agent plays";

    /// <inheritdoc/>
    public override int EvaluationInstances => 500;

    /// <summary>An environment, which has yet to be reset.</summary>
    public abstract TextEnvironment Create();

    /// <summary>How texts become ids. It has the tags of <see cref="AgentTags"/>.</summary>
    public abstract Tokenizer Tokenizer { get; }

    /// <summary>The most turns of a play.</summary>
    public abstract int MostSteps { get; }

    /// <summary>The most tokens of an observation.</summary>
    public abstract int LongestObservation { get; }

    /// <summary>The most tokens of an action's text.</summary>
    public abstract int LongestAction { get; }

    /// <summary>The most tokens of an instruction.</summary>
    public virtual int LongestInstruction => 0;

    /// <summary>The most tokens of what is noted after an attempt.</summary>
    public abstract int LongestLesson { get; }

    /// <summary>The number of a level. Numbers in a row are levels that are drawn independently.</summary>
    /// <param name="seed">Of the run or of the evaluation.</param>
    /// <param name="number">From 0.</param>
    /// <param name="split">Whether to learn from or to measure.</param>
    public virtual ulong Level(ulong seed, long number, PromptSplit split)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        (uint word, _, _, _) = new RandomKey(seed, RandomPurpose.Task, (ulong)number).Words((uint)split);
        return split == PromptSplit.Training ? word % TrainingLevels : FirstHeldOut + word;
    }
}
