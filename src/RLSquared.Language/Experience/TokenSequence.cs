using RLSquared.Language.Data;
using RLSquared.Language.Templates;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Experience;

/// <summary>
/// A text as a model is trained on it: all of its tokens, and which of them it is to learn to say. What a token costs
/// is read from the row before it, so the first token is never learnt.
/// </summary>
public sealed class TokenSequence
{
    /// <summary>A sequence.</summary>
    /// <param name="tokens">Ids, [T]; at least two.</param>
    /// <param name="mask">1 for tokens that are learnt, [T]; 0 for the first.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the first token is to be learnt.</exception>
    public TokenSequence(int[] tokens, byte[] mask)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(mask);
        if (tokens.Length != mask.Length)
            throw new ArgumentException($"{tokens.Length} tokens have {mask.Length} marks; each has one");
        if (tokens.Length < 2 || mask[0] != 0)
            throw new ArgumentException("nothing stands before the first token from which it could be told");
        (Tokens, Mask) = (tokens, mask);
        Learnt = mask.Count(one => one != 0);
    }

    /// <summary>Ids, [T].</summary>
    public int[] Tokens { get; }

    /// <summary>1 for tokens that are learnt, [T].</summary>
    public byte[] Mask { get; }

    /// <summary>How many tokens are learnt.</summary>
    public int Learnt { get; }

    /// <summary>Numbers of a completion's tokens, behind zeros for the prompt's: [T].</summary>
    internal float[] Spread(IReadOnlyList<float> numbers) => [.. new float[Tokens.Length - numbers.Count], .. numbers];

    /// <summary>Sequences as bytes, whole and exact.</summary>
    internal static byte[] Write(IReadOnlyCollection<TokenSequence> sequences)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(sequences.Count);
        foreach (TokenSequence one in sequences)
        {
            writer.Write(one.Tokens.Length);
            foreach (int id in one.Tokens)
                writer.Write(id);
            writer.Write(one.Mask);
        }
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>What <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The bytes are no sequences.</exception>
    internal static TokenSequence[] Read(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes));
            var sequences = new TokenSequence[Count()];
            for (int s = 0; s < sequences.Length; s++)
            {
                int[] ids = new int[Count()];
                for (int t = 0; t < ids.Length; t++)
                    ids[t] = reader.ReadInt32();
                sequences[s] = new TokenSequence(ids, reader.ReadBytes(ids.Length));
            }
            return sequences;

            int Count() => reader.ReadInt32() is var count && count >= 0 && count <= bytes.Length ? count
                : throw new InvalidDataException($"sequences cannot be read: a count is {count}");
        }
        catch (Exception failure) when (failure is EndOfStreamException or ArgumentException)
        {
            throw new InvalidDataException($"sequences cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>Prompt and completion of a record; the mask is the record's.</summary>
    public static TokenSequence Of(Completion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return new TokenSequence([.. completion.PromptTokens, .. completion.Tokens],
            [.. new byte[completion.PromptTokens.Count], .. completion.Mask]);
    }

    /// <summary>A prompt and the completion that is wanted; the completion is learnt, and its end.</summary>
    /// <param name="tokenizer">How texts become ids.</param>
    /// <param name="example">With a completion.</param>
    /// <param name="endToken">What follows the completion; null for nothing.</param>
    /// <exception cref="InvalidDataException">The example has no completion, or no prompt.</exception>
    public static TokenSequence Of(Tokenizer tokenizer, PromptExample example, int? endToken)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(example);
        if (example.Completion is not { } wanted)
            throw new InvalidDataException("an example without a completion has nothing that could be learnt");
        int[] prompt = tokenizer.Encode(example.Prompt);
        if (prompt.Length == 0)
            throw new InvalidDataException("an example without a prompt has nothing to begin with");
        List<int> ids = [.. tokenizer.Encode(wanted, addTemplate: false)];
        if (endToken is { } end)
            ids.Add(end);
        return new TokenSequence(
            [.. prompt, .. ids], [.. new byte[prompt.Length], .. Enumerable.Repeat((byte)1, ids.Count)]);
    }

    /// <summary>
    /// A conversation; what the assistant says in it is learnt: what the template marks as generated, or else what each
    /// of its turns adds to the prompt before it.
    /// </summary>
    /// <param name="tokenizer">How texts become ids.</param>
    /// <param name="template">How the conversation is written.</param>
    /// <param name="messages">All turns.</param>
    /// <exception cref="InvalidDataException">
    /// The template writes earlier turns otherwise when later ones follow, so that it cannot be told what the assistant
    /// said; or the assistant says nothing.
    /// </exception>
    public static TokenSequence Of(Tokenizer tokenizer, ChatTemplate template, IReadOnlyList<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(messages);
        var whole = new ChatOptions { AddGenerationPrompt = false };
        RenderedText text = template.Render(messages, whole);
        IReadOnlyList<Range> learnt = text.Generations;
        if (learnt.Count == 0)
            learnt = [.. Turns(template, messages, whole, text.Text)];
        List<int> ids = [];
        List<byte> mask = [];
        int at = 0;
        // Each stretch is encoded for itself, so that no token is half the assistant's.
        foreach (Range range in learnt)
        {
            (int start, int length) = range.GetOffsetAndLength(text.Text.Length);
            Add(text.Text[at..start], 0);
            Add(text.Text.Substring(start, length), 1);
            at = start + length;
        }
        Add(text.Text[at..], 0);
        return mask.Contains(1) && mask[0] == 0 ? new TokenSequence([.. ids], [.. mask])
            : throw new InvalidDataException(
                "there is nothing to learn from a conversation in which the assistant says nothing");

        void Add(string part, byte mark)
        {
            int before = ids.Count;
            tokenizer.Encode(part, ids, addTemplate: false);
            mask.AddRange(Enumerable.Repeat(mark, ids.Count - before));
        }
    }

    static IEnumerable<Range> Turns(
        ChatTemplate template, IReadOnlyList<ChatMessage> messages, ChatOptions whole, string text)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            if (messages[i].Role != "assistant")
                continue;
            string before = template.Render(messages.Take(i), whole with { AddGenerationPrompt = true }).Text;
            string after = template.Render(messages.Take(i + 1), whole).Text;
            if (!after.StartsWith(before, StringComparison.Ordinal)
                || !text.StartsWith(after, StringComparison.Ordinal))
            {
                throw new InvalidDataException(
                    $"the chat template writes the turns before turn {i + 1} otherwise when it follows; give it a " +
                    "template with generation tags, which mark what the assistant says");
            }
            yield return before.Length..after.Length;
        }
    }
}
