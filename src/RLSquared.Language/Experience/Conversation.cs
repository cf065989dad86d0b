using RLSquared.Language.Data;
using RLSquared.Language.Generation;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Experience;

/// <summary>
/// One completion on its way, of one turn or of several: what the policy is asked next, and what comes of it. The
/// policy draws until it ends its turn, the task answers (<see cref="PromptTask.Answer"/>), and the policy goes on
/// behind the answer. Tokens are appended and never tokenized anew.
/// </summary>
sealed class Conversation
{
    const ulong TurnStep = 0x9E37_79B9_7F4A_7C15;            // draws of another turn are independent

    readonly PromptTask task;
    readonly int longest;
    readonly Trajectory trajectory;
    readonly List<string> said = [];
    readonly int[] prompt;
    readonly List<(int[] Ids, float[] LogProbs, int[] Versions)> turns = [];
    bool isFinished;

    /// <summary>A conversation that begins.</summary>
    /// <param name="task">Prompts, answers and how texts become ids.</param>
    /// <param name="example">The prompt.</param>
    /// <param name="longest">The most tokens behind the prompt, answers included.</param>
    /// <param name="groupId">Conversations of one prompt share it.</param>
    /// <param name="sample">Of this one alone; names its draws.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="split">Which prompts.</param>
    public Conversation(
        PromptTask task, PromptExample example, int longest, long groupId, long sample, ulong seed, PromptSplit split)
    {
        (this.task, Example, this.longest, GroupId, Sample) = (task, example, longest, groupId, sample);
        Seed = SeedOf(seed, split, sample);
        prompt = task.Encode(example);
        trajectory = new Trajectory(prompt);
    }

    public PromptExample Example { get; }

    public long GroupId { get; }

    public long Sample { get; }

    ulong Seed { get; }

    /// <summary>Asks for the next turn.</summary>
    /// <returns>The number of the request.</returns>
    public long Submit(Generator generator, SamplingOptions sampling) => generator.Submit(trajectory.Context(),
        sampling with { MaximumTokens = Math.Min(sampling.MaximumTokens, longest - trajectory.Count) },
        Seed + (ulong)turns.Count * TurnStep);

    /// <summary>Takes a turn that the policy drew.</summary>
    /// <returns>Whether there is another turn.</returns>
    public bool Receive(GeneratedSequence turn) =>
        Receive([.. turn.Tokens], [.. turn.LogProbabilities], [.. turn.Versions], turn.IsFinished);

    bool Receive(int[] ids, float[] logProbs, int[] versions, bool hasEnded)
    {
        turns.Add((ids, logProbs, versions));
        trajectory.AddDrawn(ids, logProbs, versions);
        said.Add(task.Tokenizer.Decode(ids, skipSpecial: true, continues: true));
        isFinished = hasEnded;
        if (!hasEnded || task.Answer(Example, said) is not { } answer)
            return false;
        int[] given = task.Tokenizer.Encode(answer, addTemplate: false);
        if (trajectory.Count + given.Length >= longest)
        {
            isFinished = false;                              // cut: the policy would have had another turn
            return false;
        }
        trajectory.AddGiven(given);
        return true;
    }

    /// <summary>The record, when it is over.</summary>
    public Completion ToCompletion() => trajectory.ToCompletion(
        ids => task.Tokenizer.Decode(ids, skipSpecial: true, continues: true), Example, GroupId, Sample, isFinished);

    /// <summary>The turns so far as bytes; the prompt is drawn again.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(Sample);
        writer.Write(turns.Count);
        foreach ((int[] ids, float[] logProbs, int[] versions) in turns)
        {
            writer.Write(ids.Length);
            for (int t = 0; t < ids.Length; t++)
            {
                writer.Write(ids[t]);
                writer.Write(logProbs[t]);
                writer.Write(versions[t]);
            }
        }
    }

    /// <summary>Puts back the turns of a conversation that is not over.</summary>
    /// <exception cref="InvalidDataException">They were over.</exception>
    public void Read(BinaryReader reader)
    {
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            int count = reader.ReadInt32();
            if (count < 0 || count > longest)
                throw new InvalidDataException($"a turn of {count} tokens is longer than {longest}");
            int[] ids = new int[count], versions = new int[count];
            float[] logProbs = new float[count];
            for (int t = 0; t < count; t++)
                (ids[t], logProbs[t], versions[t]) = (reader.ReadInt32(), reader.ReadSingle(), reader.ReadInt32());
            if (!Receive(ids, logProbs, versions, hasEnded: true))
                throw new InvalidDataException("a conversation in flight is over already");
        }
    }

    // Each completion has draws of its own, whatever was drawn before.
    static ulong SeedOf(ulong seed, PromptSplit split, long sample)
    {
        (uint low, uint high, _, _) = new RandomKey(seed, RandomPurpose.Agent, (ulong)sample).Words((uint)split);
        return ((ulong)high << 32) | low;
    }
}
