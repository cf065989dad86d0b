using System.Runtime.InteropServices;
using RLSquared.Algorithms;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// Which prompts are asked next: new ones, and for a share of each batch those that went worse than the others when
/// they were asked last. A prompt whose group came below the mean reward of its batch waits at the end of a queue and
/// is asked again until it does not. Where most prompts are answered rightly, and whole groups teach nothing, the
/// completions go to the rest.
/// </summary>
sealed class PromptQueue(double share)
{
    /// <summary>Prompts that wait at most; the oldest are forgotten.</summary>
    public const int Most = 4096;

    Queue<long> waiting = [];
    long next;

    /// <summary>New prompts so far: the number of the next one.</summary>
    public long New => next;

    /// <summary>Prompts that wait to be asked again.</summary>
    public int Waiting => waiting.Count;

    /// <summary>The numbers of the next prompts, all different: those that are asked again, then new ones.</summary>
    /// <param name="count">How many.</param>
    public long[] Take(int count)
    {
        int again = Math.Min(waiting.Count, (int)(share * count));
        long[] numbers = new long[count];
        for (int i = 0; i < count; i++)
            numbers[i] = i < again ? waiting.Dequeue() : next++;
        return numbers;
    }

    /// <summary>Takes up what came of a batch.</summary>
    /// <param name="batch">Its completions, prompt by prompt; what has no reward does not count.</param>
    public void Add(IReadOnlyList<Completion> batch)
    {
        if (share == 0)
            return;
        double mean = RlooFigures.MeanReward(batch);
        foreach (IGrouping<long, Completion> group in batch.Where(one => one.Reward is not null)
            .GroupBy(one => one.GroupId))
        {
            if (RlooFigures.MeanReward(group) < mean)
                waiting.Enqueue(group.Key);
        }
        while (waiting.Count > Most)
            waiting.Dequeue();
    }

    /// <summary>Its state.</summary>
    public void VisitState(StateVisitor visitor)
    {
        visitor.Integer("prompts", ref next);
        if (share == 0)
            return;
        byte[] numbers = MemoryMarshal.AsBytes<long>(waiting.ToArray()).ToArray();
        visitor.Bytes("asked_again", ref numbers);
        if (numbers.Length % sizeof(long) != 0 || numbers.Length > Most * sizeof(long))
            throw new InvalidDataException($"the checkpoint keeps {numbers.Length} bytes of prompts to be asked again");
        waiting = new Queue<long>(MemoryMarshal.Cast<byte, long>(numbers).ToArray());
        if (waiting.Any(number => number < 0 || number >= next) || waiting.Distinct().Count() != waiting.Count)
            throw new InvalidDataException("the checkpoint asks prompts again that were not asked");
    }
}
