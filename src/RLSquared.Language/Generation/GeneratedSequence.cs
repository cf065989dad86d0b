namespace RLSquared.Language.Generation;

/// <summary>Why a completion ended.</summary>
public enum EndReason
{
    /// <summary>A stop token was drawn; it is the last token.</summary>
    StopToken,
    /// <summary>A stop text was complete.</summary>
    StopText,
    /// <summary>There were as many tokens as were allowed.</summary>
    Length,
    /// <summary>The context of the model was full.</summary>
    Context,
    /// <summary>It was aborted.</summary>
    Aborted,
}

/// <summary>A completion, token by token.</summary>
public sealed record GeneratedSequence
{
    /// <summary>What <see cref="Generator.Submit"/> gave.</summary>
    public required long Id { get; init; }

    /// <summary>The ids of the prompt.</summary>
    public required IReadOnlyList<int> Prompt { get; init; }

    /// <summary>The ids that were drawn, [T], with the stop token.</summary>
    public required IReadOnlyList<int> Tokens { get; init; }

    /// <summary>
    /// log μ of each token, [T]: of the distribution that it was drawn from, after penalty, temperature and truncation;
    /// of the policy at temperature 1 where the likeliest was taken.
    /// </summary>
    public required IReadOnlyList<float> LogProbabilities { get; init; }

    /// <summary>The version of the weights that drew each token, [T].</summary>
    public required IReadOnlyList<int> Versions { get; init; }

    /// <summary>Why it ended.</summary>
    public required EndReason Ending { get; init; }

    /// <summary>The text of the tokens without special ones, up to a stop text; empty without a tokenizer.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether it ended by itself.</summary>
    public bool IsFinished => Ending is EndReason.StopToken or EndReason.StopText;
}
