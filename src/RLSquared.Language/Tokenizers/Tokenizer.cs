using System.Buffers;
using System.Text;

namespace RLSquared.Language.Tokenizers;

/// <summary>
/// Texts to token ids and back, as a <c>tokenizer.json</c> says. The way of a text:
/// <list type="number">
/// <item>added tokens, such as <c>&lt;|im_end|&gt;</c>, are cut out of it;</item>
/// <item>what lies between is normalised (NFC for Qwen; spaces become ▁ for sentencepiece);</item>
/// <item>a pattern cuts that into words;</item>
/// <item>each word becomes tokens by byte-pair encoding (<see cref="BytePairs"/>);</item>
/// <item>a template puts tokens such as <c>&lt;|begin_of_text|&gt;</c> around all.</item>
/// </list>
/// The way back is shorter: every token stands for bytes, and the bytes of all tokens are UTF-8. A tokenizer may be
/// used by several threads at once.
/// </summary>
public sealed class Tokenizer
{
    const char SpaceMark = '▁', Unreadable = '\uFFFD';
    const int MostGrowth = 16;

    readonly TokenizerFile file;
    readonly AddedTokens raw, normalised;
    readonly Dictionary<string, int> added = new(StringComparer.Ordinal);
    readonly bool[] special;
    readonly BytePairs pairs;
    readonly byte[] strip;

    Tokenizer(TokenizerFile file)
    {
        this.file = file;
        raw = new AddedTokens(file.Added.Where(one => !one.IsNormalised));
        normalised = new AddedTokens(file.Added.Where(one => one.IsNormalised));
        special = new bool[file.Tokens.Length];
        foreach (AddedToken one in file.Added)
        {
            added[one.Content] = one.Id;
            special[one.Id] = one.IsSpecial;
        }
        pairs = new BytePairs(file.Vocabulary, file.Merges, file.Bytes, file.IsByteLevel, file.Flags);
        strip = Encoding.UTF8.GetBytes(file.Strip);
    }

    /// <summary>Reads a tokenizer.</summary>
    /// <param name="path">A <c>tokenizer.json</c>, or the folder that holds it.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is no tokenizer that this class knows; one sentence says
    /// why.</exception>
    public static Tokenizer Load(string path) =>
        new(TokenizerFile.Read(Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path));

    /// <summary>Reads a tokenizer from memory.</summary>
    /// <param name="json">What <c>tokenizer.json</c> holds, all its bytes in UTF-8 as one length.</param>
    /// <param name="source">What messages call it.</param>
    /// <exception cref="InvalidDataException">It is no tokenizer that this class knows; one sentence says
    /// why.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> json, string source = "the tokenizer") =>
        new(TokenizerFile.Parse(json, source));

    /// <summary>Writes <c>tokenizer.json</c> as it was read.</summary>
    /// <param name="folder">The folder, such as that of a model; is made if it is not there.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, "tokenizer.json"), file.Json);
    }

    /// <summary>
    /// One more than the highest id. A model may have more rows than that in its embedding; they stand for nothing and
    /// must not be sampled.
    /// </summary>
    public int Count => file.Tokens.Length;

    /// <summary>The id of a token as the file writes it (<c>Ġthe</c>, <c>&lt;|im_end|&gt;</c>), or null.</summary>
    public int? Find(string token) =>
        added.TryGetValue(token, out int id) || file.Vocabulary.TryGetValue(token, out id) ? id : null;

    /// <summary>A token as the file writes it; empty for an id in a hole of the vocabulary.</summary>
    public string TokenText(int id) => file.Tokens[Checked(id)]?.Text ?? "";

    /// <summary>The bytes that a token stands for, part of UTF-8 of any length; empty for an id in a hole.</summary>
    public ReadOnlySpan<byte> TokenBytes(int id) => file.Tokens[Checked(id)] is { } token ? token.Bytes : [];

    /// <summary>Whether a token controls the model and is no text, such as the end of a turn.</summary>
    public bool IsSpecial(int id) => special[Checked(id)];

    // ---- text to ids
    // --------------------------------------------------------------------------------------------------

    /// <summary>The ids of a text. Half surrogates count as U+FFFD.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addTemplate">Whether the file's template puts its tokens around, such as a beginning of text. A
    /// chat template writes them itself: then this must be false.</param>
    /// <param name="findAddedTokens">Whether <c>&lt;|im_end|&gt;</c> in the text is the token of that name; when false
    /// it is the letters, which is what a stranger's text should be.</param>
    /// <returns>Ids in the order of the text, of any length.</returns>
    public int[] Encode(string text, bool addTemplate = true, bool findAddedTokens = true)
    {
        var ids = new List<int>();
        Encode(text, ids, addTemplate, findAddedTokens);
        return [.. ids];
    }

    /// <summary>Adds the ids of a text to a list.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="ids">Receives the ids.</param>
    /// <param name="addTemplate">As for the other overload.</param>
    /// <param name="findAddedTokens">As for the other overload.</param>
    public void Encode(string text, List<int> ids, bool addTemplate = true, bool findAddedTokens = true)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(ids);
        text = WellFormed(text);
        if (addTemplate)
            ids.AddRange(file.Prefix);
        var pass = new Pass(ids, file.Stages.Count);
        if (findAddedTokens)
            Between(raw, text, isStart: true, pass, Normalise);
        else
            Normalise(text, true, pass);
        if (addTemplate)
            ids.AddRange(file.Suffix);

        void Normalise(string part, bool isStart, Pass pass)
        {
            int longest = MostGrowth * part.Length + 1024;
            foreach (Func<string, string> step in file.Normalisers)
            {
                part = step(part);
                if (part.Length > longest)
                    throw new InvalidDataException("the tokenizer's normalizer makes a text many times longer");
            }
            if (findAddedTokens)
                Between(normalised, part, isStart, pass, (words, first, pass) => Cut(words, 0, first, pass));
            else
                Cut(part, 0, isStart, pass);
        }
    }

    static void Between(AddedTokens tokens, string text, bool isStart, Pass pass, Action<string, bool, Pass> encode)
    {
        for (int from = 0; from < text.Length;)
        {
            (AddedToken? token, int start, int end) = tokens.Next(text, from);
            if (start > from)
                encode(from == 0 && start == text.Length ? text : text[from..start], isStart && from == 0, pass);
            if (token is not null)
                pass.Ids.Add(token.Id);
            from = end;
        }
    }

    void Cut(ReadOnlySpan<char> text, int stage, bool isStart, Pass pass)
    {
        if (stage == file.Stages.Count)
        {
            EncodeWords(text, pass.Ids);
            return;
        }
        Stage step = file.Stages[stage];
        if (step.Mark is { } mark && text.Contains(' '))
            text = text.ToString().Replace(' ', mark);
        if (step.Prefix is { } prefix && (isStart || !step.PrefixAtStartOnly)
            && !(text.Length > 0 && text[0] == prefix))
            text = $"{prefix}{text}";
        if (step.Rule is null)
        {
            Cut(text, stage + 1, isStart, pass);
            return;
        }
        List<Piece> pieces = pass.Pieces[stage] ??= [];
        step.Rule.Cut(text, pieces);
        foreach (Piece piece in pieces)
            Cut(text[piece.Start..piece.End], stage + 1, isStart && piece.Start == 0, pass);
    }

    // A sentencepiece model sees the whole text as one word. Where no token spans the start of a word, the words are as
    // good, and are remembered.
    void EncodeWords(ReadOnlySpan<char> text, List<int> ids)
    {
        while (file.CutsAtMarks && text.Length > 0)
        {
            int end = 1;
            while (end < text.Length && !(text[end] == SpaceMark && text[end - 1] != SpaceMark))
                end++;
            pairs.Encode(text[..end], ids);
            text = text[end..];
        }
        if (text.Length > 0)
            pairs.Encode(text, ids);
    }

    static string WellFormed(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            return text;
        return string.Create(text.Length, text, static (letters, text) =>
        {
            text.CopyTo(letters);
            for (int i = 0; i < letters.Length; i++)
            {
                if (i + 1 < letters.Length && char.IsSurrogatePair(letters[i], letters[i + 1]))
                    i++;
                else if (char.IsSurrogate(letters[i]))
                    letters[i] = Unreadable;
            }
        });
    }

    // ---- ids to text
    // --------------------------------------------------------------------------------------------------

    /// <summary>The text of tokens. Bytes that are no UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Ids below <see cref="Count"/>, of any length.</param>
    /// <param name="skipSpecial">Whether tokens that are no text are left out.</param>
    /// <param name="continues">Whether the tokens go on after others: then a sentencepiece model's first space is part
    /// of the text, and not what every text begins with.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false, bool continues = false)
    {
        var bytes = new ArrayBufferWriter<byte>(4 * ids.Length + 16);
        foreach (int id in ids)
        {
            if (!(skipSpecial && IsSpecial(id)))
                bytes.Write(TokenBytes(id));
        }
        ReadOnlySpan<byte> utf8 = bytes.WrittenSpan;
        if (!continues && strip.Length > 0 && utf8.StartsWith(strip))
            utf8 = utf8[strip.Length..];
        return Encoding.UTF8.GetString(utf8);
    }

    /// <summary>Decodes token by token, as a generator gives them.</summary>
    /// <param name="skipSpecial">Whether tokens that are no text are left out.</param>
    /// <param name="continues">Whether the tokens go on after others.</param>
    public StreamedText Stream(bool skipSpecial = false, bool continues = false) =>
        new(this, skipSpecial, continues ? [] : strip);

    int Checked(int id) => (uint)id < (uint)file.Tokens.Length ? id
        : throw new ArgumentOutOfRangeException(nameof(id), id, $"the vocabulary has the ids 0 to {Count - 1}");

    // What one call needs beside its result.
    sealed record Pass(List<int> Ids, int Stages)
    {
        public List<Piece>?[] Pieces { get; } = new List<Piece>?[Stages];
    }
}
