using System.Runtime.InteropServices;
using System.Text;

namespace RLSquared.Language.Tokenizers;

/// <summary>
/// Byte-pair encoding of one word: begin with its smallest symbols, and join the pair of neighbours that was joined
/// earliest in training, the leftmost of equals, until no pair is known. (Sennrich et al. 2016.) Short words look
/// through all pairs each time; long ones keep them in a queue, so that a word as long as a book costs n·log n.
/// Words of up to <see cref="LongestKept"/> characters are remembered, at most <see cref="Places"/> of them. Threads
/// may share the encoder.
/// </summary>
sealed class BytePairs
{
    const int LongestKept = 48, Places = 1 << 15, LongestScan = 48;

    readonly Dictionary<string, int> vocabulary;
    readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> words;
    readonly Dictionary<long, Merge> merges;
    readonly int?[] bytes;                             // ids of the 256 bytes
    readonly bool ofBytes, ignoreMerges, byteFallback, fuseUnknown;
    readonly int? unknown;
    readonly Remembered?[] memory = new Remembered?[Places];

    /// <param name="vocabulary">Ids by the tokens as the file writes them.</param>
    /// <param name="merges">Pairs of ids, the first in the upper half.</param>
    /// <param name="bytes">Ids of the 256 bytes, where they have one.</param>
    /// <param name="ofBytes">Whether the smallest symbols are bytes (GPT-2) or letters (sentencepiece).</param>
    /// <param name="model">The flags of the model.</param>
    public BytePairs(
        Dictionary<string, int> vocabulary, Dictionary<long, Merge> merges, int?[] bytes, bool ofBytes,
        BytePairFlags model)
    {
        this.vocabulary = vocabulary;
        words = vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        this.merges = merges;
        this.bytes = bytes;
        this.ofBytes = ofBytes;
        (ignoreMerges, byteFallback, fuseUnknown, unknown) = model;
    }

    /// <summary>The key of a pair.</summary>
    public static long Pair(int first, int second) => ((long)first << 32) | (uint)second;

    /// <summary>Adds the ids of a word.</summary>
    /// <param name="word">Well-formed UTF-16 of any length.</param>
    /// <param name="ids">Receives the ids.</param>
    public void Encode(ReadOnlySpan<char> word, List<int> ids)
    {
        if (word.Length > LongestKept)
        {
            EncodeAnew(word, ids);
            return;
        }
        uint hash = Hash(word);
        ref Remembered? place = ref memory[hash % Places];
        if (Volatile.Read(ref place) is { } known && word.SequenceEqual(known.Word))
        {
            if (known.Ids.Length == 1)
                ids.Add(known.Ids[0]);
            else
                ids.AddRange(known.Ids);
            return;
        }
        int before = ids.Count;
        EncodeAnew(word, ids);
        Volatile.Write(ref place, new Remembered(word.ToString(), [.. CollectionsMarshal.AsSpan(ids)[before..]]));
    }

    // Four characters at a time (any good mixing does: a clash costs time, never a wrong id).
    static uint Hash(ReadOnlySpan<char> word)
    {
        ulong hash = (ulong)word.Length * 0x9E3779B97F4A7C15;
        ReadOnlySpan<ulong> quads = MemoryMarshal.Cast<char, ulong>(word);
        foreach (ulong quad in quads)
            hash = (hash ^ quad) * 0x9E3779B97F4A7C15 ^ hash >> 29;
        foreach (char letter in word[(4 * quads.Length)..])
            hash = (hash ^ letter) * 0x9E3779B97F4A7C15 ^ hash >> 29;
        return (uint)(hash >> 32);
    }

    void EncodeAnew(ReadOnlySpan<char> word, List<int> ids)
    {
        List<int> symbols = new(word.Length + 8);
        if (ofBytes)
        {
            byte[] utf8 = new byte[Encoding.UTF8.GetMaxByteCount(word.Length)];
            Span<byte> written = utf8.AsSpan(0, Encoding.UTF8.GetBytes(word, utf8));
            if (ignoreMerges && vocabulary.TryGetValue(ByteAlphabet.Letters(written), out int whole))
            {
                ids.Add(whole);
                return;
            }
            foreach (byte one in written)
                AddOr(bytes[one] ?? unknown, symbols);
        }
        else if (ignoreMerges && words.TryGetValue(word, out int whole))
        {
            ids.Add(whole);
            return;
        }
        else
        {
            AddLetters(word, symbols);
        }
        if (symbols.Count <= LongestScan)
            ScanAndJoin(symbols);
        else
            QueueAndJoin(symbols);
        ids.AddRange(symbols);
    }

    void AddLetters(ReadOnlySpan<char> word, List<int> symbols)
    {
        Span<byte> utf8 = stackalloc byte[4];
        bool unknownBefore = false;
        while (word.Length > 0)
        {
            Rune.DecodeFromUtf16(word, out Rune rune, out int length);
            Span<byte> letter = utf8[..rune.EncodeToUtf8(utf8)];
            bool isUnknown = false;
            if (words.TryGetValue(word[..length], out int id))
            {
                symbols.Add(id);
            }
            else if (byteFallback && HasBytes(letter))
            {
                foreach (byte one in letter)
                    symbols.Add(bytes[one]!.Value);
            }
            else
            {
                isUnknown = true;
                if (!(fuseUnknown && unknownBefore))
                    AddOr(unknown, symbols);
            }
            unknownBefore = isUnknown;
            word = word[length..];
        }
    }

    bool HasBytes(ReadOnlySpan<byte> letter)
    {
        foreach (byte one in letter)
        {
            if (bytes[one] is null)
                return false;
        }
        return true;
    }

    static void AddOr(int? id, List<int> symbols)
    {
        if (id is { } known)
            symbols.Add(known);
    }

    internal void ScanAndJoin(List<int> symbols)
    {
        Span<int> symbol = CollectionsMarshal.AsSpan(symbols);
        int count = symbol.Length;
        Span<Merge> pair = stackalloc Merge[LongestScan];      // of symbol i and the next
        for (int i = 0; i + 1 < count; i++)
            pair[i] = Find(symbol[i], symbol[i + 1]);
        while (true)
        {
            int best = -1, rank = int.MaxValue;
            for (int i = 0; i + 1 < count; i++)
            {
                if (pair[i].Rank < rank)
                    (best, rank) = (i, pair[i].Rank);
            }
            if (best < 0)
                break;
            symbol[best] = pair[best].Id;
            symbol[(best + 2)..count].CopyTo(symbol[(best + 1)..]);
            pair[(best + 1)..(count - 1)].CopyTo(pair[best..]);
            count--;
            if (best > 0)
                pair[best - 1] = Find(symbol[best - 1], symbol[best]);
            if (best + 1 < count)
                pair[best] = Find(symbol[best], symbol[best + 1]);
        }
        symbols.RemoveRange(count, symbols.Count - count);
    }

    internal void QueueAndJoin(List<int> symbols)
    {
        const int joined = -1;
        Span<int> symbol = CollectionsMarshal.AsSpan(symbols);
        int[] next = new int[symbol.Length], before = new int[symbol.Length];
        var queue = new PriorityQueue<(int Place, Merge Merge, int Right), long>(symbol.Length);
        for (int i = 0; i < symbol.Length; i++)
        {
            (next[i], before[i]) = (i + 1, i - 1);
            Push(symbol, i, i + 1);
        }
        while (queue.TryDequeue(out (int Place, Merge Merge, int Right) top, out _))
        {
            int left = top.Place, right = top.Right;
            // Whatever has been joined since then makes another pair of it.
            if (symbol[left] == joined || next[left] != right
                || Find(symbol[left], symbol[right]).Rank != top.Merge.Rank)
                continue;
            symbol[left] = top.Merge.Id;
            symbol[right] = joined;
            next[left] = next[right];
            if (next[left] < symbol.Length)
                before[next[left]] = left;
            if (before[left] >= 0)
                Push(symbol, before[left], left);
            Push(symbol, left, next[left]);
        }
        symbols.RemoveAll(static id => id == joined);

        void Push(Span<int> symbol, int left, int right)
        {
            if (right < symbol.Length && Find(symbol[left], symbol[right]) is { Rank: < int.MaxValue } merge)
                queue.Enqueue((left, merge, right), ((long)merge.Rank << 32) | (uint)left);
        }
    }

    Merge Find(int first, int second) =>
        merges.TryGetValue(Pair(first, second), out Merge merge) ? merge : new Merge(int.MaxValue, 0);

    sealed record Remembered(string Word, int[] Ids);
}

/// <summary>What a pair becomes, and how early in training it did: the lower rank goes first.</summary>
readonly record struct Merge(int Rank, int Id);

/// <summary>How a model treats what its vocabulary does not have.</summary>
/// <param name="IgnoreMerges">A word that is a token is that token, whatever the merges would make of it.</param>
/// <param name="ByteFallback">A letter without a token becomes the tokens of its bytes.</param>
/// <param name="FuseUnknown">Unknown letters that touch become one token.</param>
/// <param name="Unknown">The token of the unknown; null leaves it out.</param>
readonly record struct BytePairFlags(bool IgnoreMerges, bool ByteFallback, bool FuseUnknown, int? Unknown);
