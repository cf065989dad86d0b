using System.Text;
using RLSquared.Language.Generation;
using RLSquared.Language.Tokenizers;

namespace RLSquared.Cli.Serving;

/// <summary>
/// The text of one choice while it is generated. What might be the beginning of a stop text is held back until it is
/// known, so that all parts put together are the text of the whole completion.
/// </summary>
/// <param name="tokenizer">Of the model.</param>
/// <param name="sampling">Says which texts stop.</param>
/// <param name="continues">Whether the prompt has a text, which this one goes on with.</param>
internal sealed class CompletionText(Tokenizer tokenizer, SamplingOptions sampling, bool continues)
{
    readonly StreamedText stream = tokenizer.Stream(skipSpecial: true, continues);
    readonly StringBuilder held = new();
    readonly int most = sampling.StopTexts.Count == 0 ? 0 : sampling.StopTexts.Max(stop => stop.Length);
    int sent;

    /// <summary>Takes one more token.</summary>
    /// <returns>The text that can be sent now; may be empty.</returns>
    public string Append(int token)
    {
        held.Append(stream.Append(token));
        // A letter of two halves is not cut.
        int ready = Math.Max(0, held.Length - most);
        if (ready > 0 && char.IsHighSurrogate(held[ready - 1]))
            ready--;
        string text = held.ToString(0, ready);
        held.Remove(0, ready);
        sent += ready;
        return text;
    }

    /// <summary>The rest, once the whole text is known.</summary>
    public string Finish(string whole)
    {
        string rest = sent < whole.Length ? whole[sent..] : "";
        sent = whole.Length;
        return rest;
    }
}
