using RLSquared.Language.Data;
using RLSquared.Language.Generation;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Experience;

/// <summary>Draws completions for the prompts of a task and scores them.</summary>
static class Completions
{
    /// <summary>Draws a group for each of the next prompts; the results come prompt by prompt.</summary>
    /// <param name="generator">With the weights that shall speak.</param>
    /// <param name="task">Prompts and rewards.</param>
    /// <param name="count">How many prompts.</param>
    /// <param name="groupSize">G, completions of each.</param>
    /// <param name="sampling">How tokens are drawn.</param>
    /// <param name="seed">Of prompts and draws.</param>
    /// <param name="split">Which prompts.</param>
    /// <param name="prompts">The number of the next prompt; is moved on.</param>
    /// <param name="samples">The number of the next completion, which names its draws; is moved on.</param>
    public static IReadOnlyList<Completion> Draw(
        Generator generator, PromptTask task, int count, int groupSize, SamplingOptions sampling, ulong seed,
        PromptSplit split, ref long prompts, ref long samples)
    {
        var examples = new PromptExample[count];
        long firstPrompt = prompts, firstSample = samples;
        for (int p = 0; p < count; p++)
        {
            examples[p] = task.Draw(seed, prompts++, split);
            int[] ids = task.Encode(examples[p]);
            for (int g = 0; g < groupSize; g++)
                generator.Submit(ids, sampling, SeedOf(seed, split, samples++));
        }
        IReadOnlyList<GeneratedSequence> done = generator.Run();
        Completion[] completions = [.. done.Select((one, i) => new Completion
        {
            PromptTokens = one.Prompt,
            Tokens = one.Tokens,
            Mask = [.. Enumerable.Repeat((byte)1, one.Tokens.Count)],
            LogProbs = one.LogProbabilities,
            Versions = one.Versions,
            Prompt = examples[i / groupSize].Prompt,
            Text = task.Tokenizer.Decode([.. one.Tokens], skipSpecial: true, continues: true),
            IsFinished = one.IsFinished,
            GroupId = firstPrompt + i / groupSize,
            TrajectoryId = firstSample + i,
            Columns = examples[i / groupSize].Columns,
        })];
        return task.Rewards.Score(completions).GetAwaiter().GetResult();
    }

    // Each completion has draws of its own, whatever was drawn before.
    static ulong SeedOf(ulong seed, PromptSplit split, long sample)
    {
        (uint low, uint high, _, _) = new RandomKey(seed, RandomPurpose.Agent, (ulong)sample).Words((uint)split);
        return ((ulong)high << 32) | low;
    }
}
