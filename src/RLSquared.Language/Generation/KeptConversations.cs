using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Generation;

/// <summary>
/// Keys and values of requests that have ended, for those that go on from them: each turn of a conversation then
/// computes only what came since the last one. They are a cache: where memory is short they are forgotten.
/// </summary>
sealed class KeptConversations(PagePool pool)
{
    readonly Dictionary<long, (int[] Tokens, Page[] Pages)> kept = [];

    public int Count => kept.Count;

    /// <summary>Keeps the pages of a sequence that has ended and has given back what it reserved.</summary>
    public void Keep(SequenceState sequence)
    {
        int[] tokens = [.. Enumerable.Range(0, sequence.Cached).Select(sequence.Token)];
        int pages = PageLayout.PagesFor(tokens.Length);
        if (!pool.TryReserve(pages))
        {
            sequence.DropPages(pool);
            return;
        }
        kept[sequence.Id] = (tokens, sequence.TakePages(pages, pool));
    }

    /// <summary>Gives a sequence that begins the pages of the request it goes on from, if its prompt does.</summary>
    /// <param name="id">Of that request.</param>
    /// <param name="sequence">Has reserved what it needs.</param>
    public bool TryGive(long id, SequenceState sequence)
    {
        if (!kept.Remove(id, out (int[] Tokens, Page[] Pages) found))
            return false;
        pool.Release(found.Pages.Length);
        // The last token of the prompt is always computed, since the next one is drawn from its row.
        bool goesOn = found.Tokens.Length < sequence.Prompt.Length
            && sequence.Prompt.AsSpan(0, found.Tokens.Length).SequenceEqual(found.Tokens);
        foreach (Page page in found.Pages)
        {
            if (goesOn)
                sequence.Add(page);
            else
                pool.Drop(page);
        }
        if (goesOn)
            sequence.Cached = found.Tokens.Length;
        return goesOn;
    }

    /// <summary>Gives everything back.</summary>
    public void Forget()
    {
        foreach ((_, Page[] pages) in kept.Values)
        {
            pool.Release(pages.Length);
            foreach (Page page in pages)
                pool.Drop(page);
        }
        kept.Clear();
    }
}
