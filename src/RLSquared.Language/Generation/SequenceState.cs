using System.Runtime.InteropServices;
using RLSquared.Language.Tokenizers;
using RLSquared.Tensors.Devices;

namespace RLSquared.Language.Generation;

/// <summary>A request on its way: its tokens, and the pages that hold their keys and values.</summary>
sealed class SequenceState(long id, PromptGroup group, SamplingOptions options, ulong seed, int longest)
{
    readonly List<byte> bytes = [];
    Page[] pages = [];
    nint[] addresses = [];
    int pageCount;

    public long Id { get; } = id;

    public PromptGroup Group { get; } = group;

    public int[] Prompt => Group.Prompt;

    public SamplingOptions Options { get; } = options;

    public ulong Seed { get; } = seed;

    public int[] StopTokens { get; init; } = [];

    public byte[][] StopTexts { get; init; } = [];

    /// <summary>The request whose keys and values it begins with.</summary>
    public long? Continues { get; init; }

    /// <summary>Whether its own are kept for one that goes on from it.</summary>
    public bool IsKept { get; init; }

    /// <summary>The most tokens, prompt and all.</summary>
    public int Longest { get; } = longest;

    public List<int> Tokens { get; } = [];

    public List<float> LogProbabilities { get; } = [];

    public List<int> Versions { get; } = [];

    /// <summary>Tokens whose keys and values are in the pages.</summary>
    public int Cached { get; set; }

    /// <summary>Rows of this step: tokens from <see cref="Cached"/> on.</summary>
    public int Rows { get; set; }

    /// <summary>Tokens as yet, with the prompt.</summary>
    public int Count => Prompt.Length + Tokens.Count;

    /// <summary>Whether this step's rows reach the last token, so that the next one is drawn.</summary>
    public bool Draws => Cached + Rows == Count;

    /// <summary>What this step drew.</summary>
    public int Drawn { get; set; }

    public float DrawnLogProbability { get; set; }

    public int ReservedPages { get; set; }

    public EndReason? Ending { get; set; }

    /// <summary>Bytes of the text up to a stop text, where one was found.</summary>
    public int TextBytes { get; private set; } = -1;

    public ReadOnlySpan<nint> Addresses => addresses.AsSpan(0, pageCount);

    public ReadOnlySpan<Page> Pages => pages.AsSpan(0, pageCount);

    public int Token(int place) => place < Prompt.Length ? Prompt[place] : Tokens[place - Prompt.Length];

    /// <summary>Room for all tokens that may come, so that no step allocates.</summary>
    public void Prepare()
    {
        int most = PageLayout.PagesFor(Longest);
        pages = new Page[most];
        addresses = new nint[most];
        int tokens = Longest - Prompt.Length;
        Tokens.EnsureCapacity(tokens);
        LogProbabilities.EnsureCapacity(tokens);
        Versions.EnsureCapacity(tokens);
        if (StopTexts.Length > 0)
            bytes.EnsureCapacity(8 * tokens);
    }

    /// <summary>Puts back what was drawn before a checkpoint.</summary>
    public void Resume(
        IEnumerable<int> tokens, IEnumerable<float> logProbabilities, IEnumerable<int> versions, Tokenizer? tokenizer)
    {
        Tokens.AddRange(tokens);
        LogProbabilities.AddRange(logProbabilities);
        Versions.AddRange(versions);
        if (StopTexts.Length == 0 || tokenizer is null)
            return;
        foreach (int token in Tokens)
            bytes.AddRange(tokenizer.IsSpecial(token) ? [] : tokenizer.TokenBytes(token));
    }

    public void Add(Page page)
    {
        (pages[pageCount], addresses[pageCount]) = (page, page.Address);
        pageCount++;
    }

    public void DropPages(PagePool pool)
    {
        foreach (Page page in Pages)
            pool.Drop(page);
        pageCount = 0;
    }

    /// <summary>Gives its first pages to the caller, and those behind them back.</summary>
    public Page[] TakePages(int count, PagePool pool)
    {
        Page[] taken = [.. Pages[..count]];
        foreach (Page page in Pages[count..])
            pool.Drop(page);
        pageCount = 0;
        return taken;
    }

    /// <summary>Appends what was drawn, and says whether the completion ended by it.</summary>
    public bool Append(int version, Tokenizer? tokenizer)
    {
        Tokens.Add(Drawn);
        LogProbabilities.Add(DrawnLogProbability);
        Versions.Add(version);
        if (Array.IndexOf(StopTokens, Drawn) >= 0)
            Ending = EndReason.StopToken;
        else if (tokenizer is not null && StopTexts.Length > 0 && FindStop(tokenizer))
            Ending = EndReason.StopText;
        else if (Tokens.Count >= Options.MaximumTokens)
            Ending = EndReason.Length;
        else if (Count >= Longest)
            Ending = EndReason.Context;
        return Ending is not null;
    }

    bool FindStop(Tokenizer tokenizer)
    {
        ReadOnlySpan<byte> own = tokenizer.IsSpecial(Drawn) ? [] : tokenizer.TokenBytes(Drawn);
        int before = bytes.Count;
        foreach (byte one in own)
            bytes.Add(one);
        ReadOnlySpan<byte> all = CollectionsMarshal.AsSpan(bytes);
        int found = -1, end = -1;
        foreach (byte[] stop in StopTexts)
        {
            int from = Math.Max(0, before - stop.Length + 1), at = all[from..].IndexOf(stop);
            if (at >= 0 && (found < 0 || from + at < found))
                (found, end) = (from + at, from + at + stop.Length);
        }
        if (found < 0)
            return false;
        TextBytes = Options.KeepsStopText ? end : found;
        return true;
    }

    /// <summary>
    /// The text; where the prompt has none, it is a beginning, which some tokenizers begin with a space.
    /// </summary>
    public string Text(Tokenizer tokenizer) => TextBytes >= 0
        ? System.Text.Encoding.UTF8.GetString(
            CollectionsMarshal.AsSpan(bytes)[..TextBytes])
        : tokenizer.Decode(CollectionsMarshal.AsSpan(Tokens), skipSpecial: true,
            continues: Prompt.Any(id => !tokenizer.IsSpecial(id)));
}
