using System.Runtime.InteropServices;

namespace RLSquared.Language.Models;

/// <summary>
/// Sequences of tokens, one after the other without padding. Positions begin at 0 in each, and no sequence sees
/// another. A batch is filled by <see cref="Add(ReadOnlySpan{int}, ReadOnlySpan{int})"/>, used, and cleared; it keeps
/// its memory.
/// </summary>
public sealed class PackedBatch
{
    readonly List<int> tokens = [], starts = [0], scored = [];

    /// <summary>M: tokens of all sequences.</summary>
    public int Count => tokens.Count;

    /// <summary>Sequences.</summary>
    public int Sequences => starts.Count - 1;

    /// <summary>The ids, [M].</summary>
    public ReadOnlySpan<int> Tokens => CollectionsMarshal.AsSpan(tokens);

    /// <summary>The first row of each sequence and, last of all, M; [Sequences + 1].</summary>
    public ReadOnlySpan<int> Starts => CollectionsMarshal.AsSpan(starts);

    /// <summary>The rows whose tokens are scored, [scored], ascending; never the first of a sequence.</summary>
    public ReadOnlySpan<int> Scored => CollectionsMarshal.AsSpan(scored);

    /// <summary>Adds a prompt and the completion behind it, whose tokens are scored.</summary>
    /// <param name="prompt">[T] ids, at least one.</param>
    /// <param name="completion">[T] ids; may be none.</param>
    /// <returns>The row of the prompt's first token.</returns>
    /// <exception cref="ArgumentException">There is no prompt: nothing would predict the first token.</exception>
    public int Add(ReadOnlySpan<int> prompt, ReadOnlySpan<int> completion)
    {
        if (prompt.IsEmpty)
            throw new ArgumentException(
                "a completion needs a prompt of at least one token, such as the text's beginning");
        int row = Begin(prompt);
        foreach (int id in completion)
        {
            scored.Add(tokens.Count);
            tokens.Add(id);
        }
        starts.Add(tokens.Count);
        return row;
    }

    /// <summary>Adds a sequence of which every token from a place on is scored, as for supervised learning.</summary>
    /// <param name="sequence">[T] ids, at least one.</param>
    /// <param name="firstScored">
    /// The first place that is scored, from 1; the length of the sequence scores nothing.
    /// </param>
    /// <returns>The row of the first token.</returns>
    /// <exception cref="ArgumentException">The sequence is empty.</exception>
    public int Add(ReadOnlySpan<int> sequence, int firstScored = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(firstScored, 1);
        if (sequence.IsEmpty)
            throw new ArgumentException("a sequence has at least one token");
        int row = Begin(sequence);
        for (int place = firstScored; place < sequence.Length; place++)
            scored.Add(row + place);
        starts.Add(tokens.Count);
        return row;
    }

    /// <summary>Adds a sequence of which those tokens are scored that a mask says.</summary>
    /// <param name="sequence">[T] ids, at least one.</param>
    /// <param name="mask">[T], 1 for each token that is scored, else 0; as long as the sequence, and 0 first.</param>
    /// <returns>The row of the first token.</returns>
    /// <exception cref="ArgumentException">The mask is not as long, or wants the first token scored.</exception>
    public int Add(ReadOnlySpan<int> sequence, ReadOnlySpan<byte> mask)
    {
        if (sequence.IsEmpty || mask.Length != sequence.Length || mask[0] != 0)
        {
            throw new ArgumentException($"a sequence of {sequence.Length} tokens needs a mask of as many, and " +
                "nothing predicts its first token");
        }
        int row = Begin(sequence);
        for (int place = 1; place < mask.Length; place++)
        {
            if (mask[place] != 0)
                scored.Add(row + place);
        }
        starts.Add(tokens.Count);
        return row;
    }

    /// <summary>Takes everything out.</summary>
    public void Clear()
    {
        tokens.Clear();
        scored.Clear();
        starts.Clear();
        starts.Add(0);
    }

    int Begin(ReadOnlySpan<int> sequence)
    {
        int row = tokens.Count;
        foreach (int id in sequence)
            tokens.Add(id);
        return row;
    }
}
