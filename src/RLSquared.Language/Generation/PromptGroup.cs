namespace RLSquared.Language.Generation;

/// <summary>
/// The requests of one prompt. The first that begins computes it; the keys and values of all tokens but the last are
/// then shared by those that still wait, as long as the weights stay the same.
/// </summary>
sealed class PromptGroup(int[] prompt)
{
    readonly List<Page> whole = [];
    Page? last;

    public int[] Prompt { get; } = prompt;

    /// <summary>Requests that have not begun.</summary>
    public int Waiting { get; set; }

    /// <summary>Who is computing the prompt for all, or null.</summary>
    public SequenceState? Leader { get; set; }

    /// <summary>Whether the pages are there.</summary>
    public bool IsReady { get; private set; }

    /// <summary>The pages that are full, and the one that is not; none until they are there.</summary>
    public (IReadOnlyList<Page> Whole, Page? Last) Pages => (whole, last);

    /// <summary>Takes pages as those of the prompt, which the caller holds for it.</summary>
    public void Restore(IEnumerable<Page> pages, Page? end)
    {
        whole.AddRange(pages);
        last = end;
        IsReady = true;
    }

    /// <summary>Keeps the prompt's pages of a sequence that has just computed it.</summary>
    public void Keep(SequenceState sequence, PagePool pool)
    {
        int tokens = Prompt.Length - 1, full = tokens / RLSquared.Tensors.Devices.PageLayout.Places;
        foreach (Page page in sequence.Pages[..full])
        {
            page.Holders++;
            whole.Add(page);
        }
        if (tokens % RLSquared.Tensors.Devices.PageLayout.Places != 0)
            last = pool.Copy(sequence.Pages[full]);     // the sequence will write on into its own
        IsReady = true;
    }

    /// <summary>Gives a sequence that begins the pages.</summary>
    public void Share(SequenceState sequence, PagePool pool)
    {
        foreach (Page page in whole)
        {
            page.Holders++;
            sequence.Add(page);
        }
        if (last is not null)
            sequence.Add(pool.Copy(last));
        sequence.Cached = Prompt.Length - 1;
    }

    /// <summary>Forgets the pages, as when the weights have changed or nobody waits.</summary>
    public void Forget(PagePool pool)
    {
        foreach (Page page in whole)
            pool.Drop(page);
        whole.Clear();
        if (last is not null)
            pool.Drop(last);
        last = null;
        IsReady = false;
    }

    /// <summary>Prompts are alike if their ids are.</summary>
    public sealed class Comparer : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] ids)
        {
            var hash = new HashCode();
            foreach (int id in ids)
                hash.Add(id);
            return hash.ToHashCode();
        }
    }
}
