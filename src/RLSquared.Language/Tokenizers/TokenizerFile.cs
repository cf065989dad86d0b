using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using RLSquared.Language.Files;

namespace RLSquared.Language.Tokenizers;

/// <summary>
/// What <c>tokenizer.json</c> says, checked. It knows what byte-level BPE (GPT-2, Qwen, Llama 3) and sentencepiece BPE
/// (Llama 2) need, and refuses other parts by name rather than tokenize wrongly.
/// </summary>
sealed class TokenizerFile
{
    const long Longest = 256 << 20;
    const int LongestReplacement = 256, MostSteps = 32;
    const char SpaceMark = '▁';
    const string ByteLevelWords = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    readonly Dictionary<string, int> vocabulary = new(StringComparer.Ordinal);
    readonly List<(string From, string To)> bytesOfLetters = [];
    bool byteFallback, fused;

    TokenizerFile(JsonField file)
    {
        Json = JsonMarshal.GetRawUtf8Value(file.Element).ToArray();
        JsonField model = file.Get("model");
        if (model.Find("type") is { } type && type.Text() != "BPE")
            throw type.Wrong($"is '{type.Text()}'; BPE is the kind that can be read");
        foreach ((string token, JsonField id) in model.Get("vocab").Members())
            vocabulary.Add(token, id.Whole(0, int.MaxValue));
        if (file.Find("normalizer") is { } normaliser)
            AddNormaliser(normaliser);
        if (file.Find("pre_tokenizer") is { } preTokenizer)
            AddStage(preTokenizer);
        if (file.Find("post_processor") is { } postProcessor)
            AddTemplate(postProcessor);
        if (file.Find("decoder") is { } decoder)
            AddDecoder(decoder);
        ReadModel(model);
        if (file.Find("added_tokens") is { } added)
            ReadAddedTokens(added);
        Tokens = MakeTokens(model);
    }

    /// <summary>What messages call the file.</summary>
    public static TokenizerFile Read(string path) =>
        JsonField.ReadFile(path, Longest, static file => new TokenizerFile(file));

    public static TokenizerFile Parse(ReadOnlyMemory<byte> json, string source) =>
        JsonField.Read(json, source, static file => new TokenizerFile(file));

    /// <summary>What was read, in UTF-8.</summary>
    public byte[] Json { get; }

    /// <summary>Ids by tokens as the file writes them, without the added ones.</summary>
    public Dictionary<string, int> Vocabulary => vocabulary;

    public List<AddedToken> Added { get; } = [];

    /// <summary>Applied in order to what lies between added tokens.</summary>
    public List<Func<string, string>> Normalisers { get; } = [];

    /// <summary>Applied in order to what is normalised.</summary>
    public List<Stage> Stages { get; } = [];

    public List<int> Prefix { get; } = [];

    public List<int> Suffix { get; } = [];

    /// <summary>What a decoded text loses at its beginning; empty for byte-level models.</summary>
    public string Strip { get; private set; } = "";

    public bool IsByteLevel { get; private set; }

    /// <summary>Whether no token has a space mark within, so that words can be cut before one.</summary>
    public bool CutsAtMarks { get; private set; }

    public Dictionary<long, Merge> Merges { get; } = [];

    public BytePairFlags Flags { get; private set; }

    public int?[] Bytes { get; } = new int?[256];

    /// <summary>By id: the token as the file writes it and the bytes it stands for; null where there is none.</summary>
    public (string Text, byte[] Bytes)?[] Tokens { get; }

    // ---- the text before the model
    // ------------------------------------------------------------------------------------

    void AddNormaliser(JsonField normaliser)
    {
        string type = normaliser.Get("type").Text();
        if (type != "Sequence" && Normalisers.Count == MostSteps)
            throw normaliser.Wrong($"is one of more than {MostSteps} steps");
        switch (type)
        {
            case "Sequence":
                foreach (JsonField part in normaliser.Get("normalizers").Items())
                    AddNormaliser(part);
                break;
            case "NFC":
                Normalisers.Add(CanonicalComposition.Compose);
                break;
            case "Prepend":
                string prefix = Short(normaliser.Get("prepend"));
                Normalisers.Add(text => text.Length > 0 ? prefix + text : text);
                break;
            case "Replace":
                (string from, string to) = Replacement(normaliser);
                Normalisers.Add(text => text.Replace(from, to, StringComparison.Ordinal));
                break;
            default:
                throw normaliser.Wrong($"is '{type}'; NFC, Prepend, Replace and Sequence can be read");
        }
    }

    static string Short(JsonField field, int least = 0)
    {
        string text = field.Text();
        return text.Length >= least && text.Length <= LongestReplacement ? text
            : throw field.Wrong($"has {text.Length} characters, not {least} to {LongestReplacement}");
    }

    static (string From, string To) Replacement(JsonField field) =>
        (Short(field.Get("pattern").Get("String"), least: 1), Short(field.Get("content")));

    void AddStage(JsonField stage)
    {
        string type = stage.Get("type").Text();
        if (type != "Sequence" && Stages.Count >= MostSteps)
            throw stage.Wrong($"is one of more than {MostSteps} steps");
        switch (type)
        {
            case "Sequence":
                foreach (JsonField part in stage.Get("pretokenizers").Items())
                    AddStage(part);
                break;
            case "Split":
                JsonField pattern = stage.Get("pattern");
                string regex = pattern.Find("Regex")?.Text()
                    ?? System.Text.RegularExpressions.Regex.Escape(pattern.Get("String").Text());
                bool invert = stage.Find("invert")?.Flag() == true;
                Stages.Add(new Stage { Rule = Rule(pattern, regex, Behaviour(stage), invert) });
                break;
            case "Digits":
                bool single = stage.Find("individual_digits")?.Flag() == true;
                Stages.Add(new Stage
                {
                    Rule = Rule(stage, @"\p{N}", single ? SplitBehaviour.Isolated : SplitBehaviour.Contiguous, false),
                });
                break;
            case "ByteLevel":
                IsByteLevel = true;
                if (stage.Find("add_prefix_space")?.Flag() ?? true)
                    Stages.Add(new Stage { Prefix = ' ' });
                if (stage.Find("use_regex")?.Flag() ?? true)
                    Stages.Add(new Stage { Rule = Rule(stage, ByteLevelWords, SplitBehaviour.Isolated, false) });
                break;
            case "Metaspace":
                AddMetaspace(stage);
                break;
            default:
                throw stage.Wrong($"is '{type}'; Split, Digits, ByteLevel, Metaspace and Sequence can be read");
        }
    }

    static SplitRule Rule(JsonField field, string pattern, SplitBehaviour behaviour, bool invert)
    {
        try
        {
            return new SplitRule(pattern, behaviour, invert);
        }
        catch (ArgumentException failure)
        {
            throw field.Wrong($"is no pattern that .NET knows ({failure.Message})");
        }
    }

    static SplitBehaviour Behaviour(JsonField stage)
    {
        string name = stage.Get("behavior").Text();
        return Enum.TryParse(name, out SplitBehaviour behaviour) && Enum.IsDefined(behaviour) && !char.IsDigit(name[0])
            ? behaviour : throw stage.Wrong($"has the behavior '{name}', which is none of " +
                string.Join(", ", Enum.GetNames<SplitBehaviour>()));
    }

    void AddMetaspace(JsonField stage)
    {
        char mark = Mark(stage);
        string scheme = stage.Find("prepend_scheme")?.Text()
            ?? (stage.Find("add_prefix_space")?.Flag() == false ? "never" : "always");
        if (scheme is not ("always" or "never" or "first"))
            throw stage.Wrong($"has the prepend_scheme '{scheme}', which is none of always, first, never");
        Stages.Add(new Stage
        {
            Mark = mark,
            Prefix = scheme == "never" ? null : mark,
            PrefixAtStartOnly = scheme == "first",
            Rule = stage.Find("split")?.Flag() == false ? null
                : Rule(stage, $"{mark}", SplitBehaviour.MergedWithNext, false),
        });
    }

    static char Mark(JsonField field)
    {
        string mark = field.Find("replacement")?.Text() ?? $"{SpaceMark}";
        return mark.Length == 1 && !char.IsSurrogate(mark[0]) && mark[0] > '\u0080' ? mark[0]
            : throw field.Wrong("has a replacement that is no single letter beyond ASCII");
    }

    // ---- what is put around it
    // ----------------------------------------------------------------------------------------

    void AddTemplate(JsonField processor)
    {
        string type = processor.Get("type").Text();
        switch (type)
        {
            case "ByteLevel":                                  // is about offsets alone
                break;
            case "Sequence":
                foreach (JsonField part in processor.Get("processors").Items())
                    AddTemplate(part);
                break;
            case "TemplateProcessing":
                bool before = true;
                foreach (JsonField part in processor.Get("single").Items())
                {
                    if (part.Find("Sequence") is not null)
                    {
                        before = false;
                        continue;
                    }
                    string name = part.Get("SpecialToken").Get("id").Text();
                    foreach (JsonField id in processor.Get("special_tokens").Get(name).Get("ids").Items())
                        (before ? Prefix : Suffix).Add(id.Whole(0, int.MaxValue));
                }
                break;
            default:
                throw processor.Wrong($"is '{type}'; TemplateProcessing, ByteLevel and Sequence can be read");
        }
    }

    // ---- the way back
    // -------------------------------------------------------------------------------------------------

    void AddDecoder(JsonField decoder)
    {
        string type = decoder.Get("type").Text();
        switch (type)
        {
            case "Sequence":
                foreach (JsonField part in decoder.Get("decoders").Items())
                    AddDecoder(part);
                break;
            case "Replace":
                bytesOfLetters.Add(Replacement(decoder));
                break;
            case "Metaspace":
                bytesOfLetters.Add(($"{Mark(decoder)}", " "));
                Strip = decoder.Find("prepend_scheme")?.Text() == "never" ? "" : " ";
                break;
            case "Strip" when fused && decoder.Get("start").Whole(0, 1) == 1 && decoder.Get("stop").Whole(0, 0) == 0:
                Strip = Short(decoder.Get("content"), least: 1);
                break;
            case "ByteLevel":                                  // the model's bytes say it already
                break;
            case "ByteFallback":
                break;
            case "Fuse":
                fused = true;
                break;
            default:
                throw decoder.Wrong($"is '{type}' as it cannot be read; " +
                    "ByteLevel, Replace, ByteFallback, Fuse, Strip of one character at the start, and Sequence can");
        }
    }

    // ---- the model
    // ----------------------------------------------------------------------------------------------------

    void ReadModel(JsonField model)
    {
        foreach (string name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Find(name) is { } part && part.Text() != "")
                throw part.Wrong("is not empty, which byte-level and sentencepiece models leave so");
        }
        if (model.Find("dropout") is { } dropout && dropout.Number(0, 1) != 0)
            throw dropout.Wrong("is not 0: the same text would have other ids each time");
        byteFallback = model.Find("byte_fallback")?.Flag() == true;
        int? unknown = model.Find("unk_token") is not { } name2 ? null
            : vocabulary.TryGetValue(name2.Text(), out int id) ? id : throw name2.Wrong("is not in the vocabulary");
        Flags = new BytePairFlags(
            model.Find("ignore_merges")?.Flag() == true, byteFallback, model.Find("fuse_unk")?.Flag() == true, unknown);
        for (int value = 0; value < 256; value++)
        {
            string token = IsByteLevel ? $"{ByteAlphabet.Letter((byte)value)}" : $"<0x{value:X2}>";
            Bytes[value] = vocabulary.TryGetValue(token, out int byteId) ? byteId : null;
        }
        CutsAtMarks = !IsByteLevel && vocabulary.ContainsKey($"{SpaceMark}") && !vocabulary.Keys.Any(static token =>
            token.AsSpan().TrimStart(SpaceMark).Contains(SpaceMark));

        Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> words =
            vocabulary.GetAlternateLookup<ReadOnlySpan<char>>();
        int rank = 0;
        foreach (JsonField merge in model.Get("merges").Items())
        {
            (string first, string second) = Parts(merge);
            if (!vocabulary.TryGetValue(first, out int left) || !vocabulary.TryGetValue(second, out int right)
                || !words.TryGetValue(string.Concat(first, second), out int whole))
                throw merge.Wrong($"joins '{first}' and '{second}', which are not in the vocabulary, each and joined");
            Merges[BytePairs.Pair(left, right)] = new Merge(rank++, whole);
        }
    }

    // Old files write 'a b', new ones ["a", "b"].
    static (string First, string Second) Parts(JsonField merge)
    {
        if (merge.Kind == JsonValueKind.String)
        {
            string text = merge.Text();
            int space = text.IndexOf(' ');
            return space > 0 && space == text.LastIndexOf(' ') && space + 1 < text.Length
                ? (text[..space], text[(space + 1)..]) : throw merge.Wrong("is not two tokens with a space between");
        }
        return merge.Kind == JsonValueKind.Array && merge.Element.GetArrayLength() == 2
            && merge.Element[0].ValueKind == JsonValueKind.String && merge.Element[1].ValueKind == JsonValueKind.String
            ? (merge.Element[0].GetString()!, merge.Element[1].GetString()!) : throw merge.Wrong("is not two tokens");
    }

    void ReadAddedTokens(JsonField added)
    {
        foreach (JsonField one in added.Items())
        {
            string content = one.Get("content").Text();
            int id = one.Get("id").Whole(0, int.MaxValue);
            if (content.Length == 0)
                throw one.Wrong("has no content");
            if (vocabulary.TryGetValue(content, out int known) && known != id)
                throw one.Wrong($"gives '{content}' the id {id}, and the vocabulary {known}");
            Added.Add(new AddedToken(content, id, Flag("special"), Flag("normalized"),
                Flag("single_word"), Flag("lstrip"), Flag("rstrip")));

            bool Flag(string name) => one.Find(name)?.Flag() == true;
        }
    }

    // Ids may have holes, but few: what is taken stands in relation to what the file holds.
    (string Text, byte[] Bytes)?[] MakeTokens(JsonField model)
    {
        int most = 2 * (vocabulary.Count + Added.Count) + 1024;
        int count = 1 + vocabulary.Values.Concat(Added.Select(one => one.Id)).DefaultIfEmpty(-1).Max();
        if (count <= 0 || count > most)
        {
            throw model.Wrong(
                $"has {vocabulary.Count} tokens with ids up to {(uint)count - 1}; up to {most - 1} can be");
        }
        var tokens = new (string, byte[])?[count];
        foreach ((string token, int id) in vocabulary)
        {
            if (tokens[id] is { } other)
                throw model.Wrong($"gives the id {id} to '{token}' and to '{other.Item1}'");
            tokens[id] = (token, BytesOf(token));
        }
        foreach (AddedToken one in Added)
        {
            if (tokens[one.Id] is { } other && other.Item1 != one.Content)
                throw model.Wrong($"gives the id {one.Id} to '{other.Item1}' and to the added '{one.Content}'");
            tokens[one.Id] = (one.Content, Encoding.UTF8.GetBytes(one.Content));
        }
        foreach (int id in Prefix.Concat(Suffix))
        {
            if (id >= count || tokens[id] is null)
                throw model.Wrong($"has no token {id}, which the post_processor puts around a text");
        }
        return tokens;
    }

    byte[] BytesOf(string token)
    {
        if (IsByteLevel)
            return ByteAlphabet.Bytes(token) ?? Encoding.UTF8.GetBytes(token);
        if (byteFallback && token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, null, out byte one))
            return [one];
        foreach ((string from, string to) in bytesOfLetters)
            token = token.Replace(from, to, StringComparison.Ordinal);
        return Encoding.UTF8.GetBytes(token);
    }
}

/// <summary>A step between the normalised text and the words: first marks, then a prefix, then cuts.</summary>
sealed record Stage
{
    /// <summary>What a space becomes.</summary>
    public char? Mark { get; init; }

    /// <summary>What a text begins with, put before it where it does not.</summary>
    public char? Prefix { get; init; }

    /// <summary>Whether only the very beginning of the text gets the prefix.</summary>
    public bool PrefixAtStartOnly { get; init; }

    /// <summary>How the text is cut; null leaves it whole.</summary>
    public SplitRule? Rule { get; init; }
}
