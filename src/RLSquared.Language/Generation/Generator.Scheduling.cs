using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Generation;

// Who is computed in a step, and what is remembered of those that have ended.
public sealed partial class Generator
{
    // In the order of requests; one whose prompt is just being computed waits a step and lets others pass.
    void Admit()
    {
        LinkedListNode<SequenceState>? node = waiting.First;
        while (node is not null && running.Count < options.MostInFlight)
        {
            SequenceState sequence = node.Value;
            LinkedListNode<SequenceState>? next = node.Next;
            PromptGroup group = sequence.Group;
            if (group.Leader is null)
            {
                if (!Reserve(sequence.ReservedPages))
                    return;
                waiting.Remove(node);
                sequence.Prepare();
                if (sequence.Continues is not { } before || !kept.TryGive(before, sequence))
                {
                    if (group.IsReady)
                        group.Share(sequence, pool);
                    else
                        group.Leader = group.Waiting > 1 ? sequence : null;
                }
                Leave(group);
                running.Add(sequence);
            }
            node = next;
        }
    }

    // What is only kept gives way.
    bool Reserve(int pages)
    {
        if (pool.TryReserve(pages))
            return true;
        kept.Forget();
        return pool.TryReserve(pages);
    }

    // So few sequences that the threads had better share each product than the sequences.
    bool IsAlone => 2 * running.Count <= passes.Length;

    // Rows of each sequence in this step, shared out to the threads.
    void Plan()
    {
        foreach (PagedPass pass in passes)
            pass.Sequences.Clear();
        int total = 0, prompts = options.PromptTokensPerStep;
        foreach (SequenceState sequence in running)
        {
            int rows = sequence.Count - sequence.Cached;
            if (rows > 1)
            {
                rows = Math.Clamp(prompts, 1, rows);        // at least one, so that everything goes on
                prompts -= rows;
            }
            sequence.Rows = rows;
            total += rows;
            while (sequence.Addresses.Length * PageLayout.Places < sequence.Cached + rows)
                sequence.Add(pool.Take());
        }
        int piece = 0, filled = 0, shares = IsAlone ? 1 : passes.Length;
        foreach (SequenceState sequence in running)
        {
            while (piece < shares - 1 && filled + sequence.Rows / 2 >= (long)total * (piece + 1) / shares)
                piece++;
            passes[piece].Sequences.Add(sequence);
            filled += sequence.Rows;
        }
    }

    void Computed(SequenceState sequence)
    {
        sequence.Group.Leader = null;
        if (sequence.Group.Waiting > 0)
            sequence.Group.Keep(sequence, pool);
    }

    // A request of the group has begun or gone.
    void Leave(PromptGroup group)
    {
        if (--group.Waiting > 0)
            return;
        group.Forget(pool);
        groups.Remove(group.Prompt);
    }

    void Take(WeightSnapshot? snapshot, int? version)
    {
        weights.Take(snapshot);
        Version = version ?? Version + 1;
        kept.Forget();
        // What other weights made of a prompt is nothing to begin with.
        foreach (PromptGroup group in groups.Values)
        {
            group.Forget(pool);
            group.Leader = null;
        }
    }

    void Finish(SequenceState sequence)
    {
        if (sequence.Group.Leader == sequence)
            sequence.Group.Leader = null;                 // another one will compute the prompt
        pool.Release(sequence.ReservedPages);
        // What older weights computed a part of is nothing to go on from.
        if (sequence.IsKept && sequence.Versions.TrueForAll(one => one == Version))
            kept.Keep(sequence);
        else
            sequence.DropPages(pool);
        finished.Enqueue(Result(sequence));
    }
}
