using RLSquared.Language.Data;
using RLSquared.Language.Generation;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Experience;

/// <summary>Draws completions for the prompts of a task, turn by turn, and scores them.</summary>
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
        long firstPrompt = prompts, firstSample = samples;
        List<Completion> drawn = Generate(generator, task, Enumerable.Range(0, count).Select(
            p => (firstPrompt + p, firstSample + (long)p * groupSize)), groupSize, sampling, seed, split);
        prompts += count;
        samples += (long)count * groupSize;
        return task.Rewards.Score(drawn).GetAwaiter().GetResult();
    }

    /// <summary>Draws groups that are not scored yet; the results come prompt by prompt.</summary>
    /// <param name="generator">With the weights that shall speak.</param>
    /// <param name="task">Prompts.</param>
    /// <param name="groups">The number of each prompt, and of its first completion.</param>
    /// <param name="groupSize">G, completions of each.</param>
    /// <param name="sampling">How tokens are drawn.</param>
    /// <param name="seed">Of prompts and draws.</param>
    /// <param name="split">Which prompts.</param>
    public static List<Completion> Generate(
        Generator generator, PromptTask task, IEnumerable<(long Prompt, long Sample)> groups, int groupSize,
        SamplingOptions sampling, ulong seed, PromptSplit split)
    {
        List<Completion> done = [];
        var asked = new Dictionary<long, Conversation>();
        foreach ((long prompt, long sample) in groups)
        {
            PromptExample example = task.Draw(seed, prompt, split);
            int longest = Math.Min(sampling.MaximumTokens, task.LongestCompletionOf(example));
            for (int g = 0; g < groupSize; g++)
            {
                var conversation = new Conversation(task, example, longest, prompt, sample + g, seed, split);
                asked.Add(conversation.Submit(generator, sampling), conversation);
            }
        }
        while (asked.Count > 0)
        {
            generator.Step();
            while (generator.TryTake(out GeneratedSequence? turn))
            {
                asked.Remove(turn.Id, out Conversation? conversation);
                if (conversation!.Receive(turn))
                    asked.Add(conversation.Submit(generator, sampling), conversation);
                else
                    done.Add(conversation.ToCompletion());
            }
        }
        done.Sort((a, b) => a.TrajectoryId.CompareTo(b.TrajectoryId));
        return done;
    }

    /// <summary>
    /// Completions of one prompt that another process has drawn, with the text and the columns that this process' own
    /// data has for it: rewards are found by these.
    /// </summary>
    /// <param name="task">Prompts.</param>
    /// <param name="seed">Of the prompts.</param>
    /// <param name="number">The number of the prompt.</param>
    /// <param name="group">All of this prompt.</param>
    /// <exception cref="InvalidDataException">The other process has another prompt of this number.</exception>
    public static List<Completion> FromElsewhere(
        PromptTask task, ulong seed, long number, IReadOnlyList<Completion> group)
    {
        PromptExample example = task.Draw(seed, number);
        int[] prompt = task.Encode(example);
        return group.All(one => one.PromptTokens.SequenceEqual(prompt))
            ? [.. group.Select(one => one with { Prompt = example.Prompt, Columns = example.Columns })]
            : throw new InvalidDataException(
                $"its prompt {number} is another one than that of the training; give it the same data");
    }
}
