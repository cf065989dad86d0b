using System.Runtime.InteropServices;
using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Generation;

/// <summary>Keys and values of 32 tokens in all layers; several sequences may hold one.</summary>
sealed class Page(nint address)
{
    public nint Address { get; } = address;

    /// <summary>How many hold it; 0 where it is free.</summary>
    public int Holders { get; set; }
}

/// <summary>
/// All pages of a generator. Memory is taken as it is needed, up to a number of pages, and given back at the end.
/// Who begins a sequence reserves what it will need at most, so that no sequence is ever short of a page.
/// </summary>
sealed unsafe class PagePool : IDisposable
{
    readonly PageLayout layout;
    readonly List<nint> blocks = [];
    readonly Stack<Page> free = [];

    public PagePool(PageLayout layout, long bytes)
    {
        this.layout = layout;
        Most = (int)Math.Clamp(bytes / PageBytes, 1, int.MaxValue / 2);
    }

    ~PagePool() => Free();

    /// <summary>The most pages.</summary>
    public int Most { get; }

    /// <summary>Pages that sequences may still come to need.</summary>
    public int Reserved { get; private set; }

    /// <summary>Pages that somebody holds.</summary>
    public int Held { get; private set; }

    /// <summary>How a page is laid out.</summary>
    public PageLayout Layout => layout;

    public long PageBytes => (long)layout.Page * sizeof(float);

    public bool TryReserve(int pages)
    {
        if (Reserved + pages > Most)
            return false;
        Reserved += pages;
        return true;
    }

    public void Release(int pages) => Reserved -= pages;

    /// <summary>A page that nobody else holds.</summary>
    public Page Take()
    {
        if (!free.TryPop(out Page? page))
        {
            Grow();
            page = free.Pop();
        }
        page.Holders = 1;
        Held++;
        return page;
    }

    /// <summary>A copy of a page.</summary>
    public Page Copy(Page page)
    {
        Page copy = Take();
        Buffer.MemoryCopy((void*)page.Address, (void*)copy.Address, PageBytes, PageBytes);
        return copy;
    }

    /// <summary>One holder less.</summary>
    public void Drop(Page page)
    {
        if (--page.Holders > 0)
            return;
        Held--;
        free.Push(page);
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    void Grow()
    {
        int count = (int)Math.Clamp((1 << 22) / PageBytes, 1, 64);
        nint block = (nint)NativeMemory.AlignedAlloc((nuint)(count * PageBytes), 64);
        // Zeros: values that are not written yet must not turn a product with 0 into NaN.
        NativeMemory.Clear((void*)block, (nuint)(count * PageBytes));
        blocks.Add(block);
        for (int i = count - 1; i >= 0; i--)
            free.Push(new Page(block + (nint)(i * PageBytes)));
    }

    void Free()
    {
        foreach (nint block in blocks)
            NativeMemory.AlignedFree((void*)block);
        blocks.Clear();
    }
}
