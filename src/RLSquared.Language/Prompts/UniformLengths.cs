using System.Text.Json;
using RLSquared.Language.Data;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Prompts;

/// <summary>
/// A task whose completions end at a length of their prompt's, every one from 1 to the longest alike, and never sooner:
/// what pipelines are compared on, since lengths then depend neither on the policy nor on what it has learned.
/// </summary>
sealed class UniformLengths(PromptTask task, int longest) : DelegatingPromptTask(task)
{
    const string Column = "length";

    public override IReadOnlyList<int> EndTokens => [];

    public override int LongestCompletion => longest;

    public override int LongestCompletionOf(PromptExample example) => example.Columns[Column].GetInt32();

    // One turn, whatever the other task would say to it.
    public override string? Answer(PromptExample example, IReadOnlyList<string> said) => null;

    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training)
    {
        PromptExample example = Inner.Draw(seed, number, split);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Other, (ulong)number).Sequence((uint)split);
        var columns = new Dictionary<string, JsonElement>(example.Columns, StringComparer.Ordinal)
        {
            [Column] = JsonElement.Parse($"{1 + random.NextInt(longest)}"),
        };
        return example with { Columns = columns };
    }
}
