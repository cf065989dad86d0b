namespace RLSquared.Language.Generation;

/// <summary>
/// How tokens are drawn. The defaults draw from the policy as it is, as reinforcement learning needs: every truncation
/// makes the behaviour another distribution than the policy's. The order is that of vLLM: repetition penalty,
/// temperature, min-p, top-k, top-p, softmax, draw.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>Below this a temperature takes the likeliest token.</summary>
    public const double GreedyBelow = 1e-5;

    /// <summary>The most tokens of a completion, from 1. Long ones cost pages of memory from the start.</summary>
    public int MaximumTokens { get; init; } = 128;

    /// <summary>Tokens before which no stop token can be drawn: 0 for none.</summary>
    public int MinimumTokens { get; init; }

    /// <summary>
    /// What scores are divided by: 1 draws from the policy, less prefers what is likely, 0 takes the likeliest token.
    /// </summary>
    public double Temperature { get; init; } = 1;

    /// <summary>How many of the likeliest tokens can be drawn; 0 for all.</summary>
    public int TopK { get; init; }

    /// <summary>The mass of the likeliest tokens that can be drawn: 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The least probability, as a share of the likeliest token's: 0 for any.</summary>
    public double MinP { get; init; }

    /// <summary>
    /// What the scores of tokens that were there before are divided by, or multiplied with where they are below 0: 1
    /// for none.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Ids that end a completion and belong to it; null for those of the model's configuration.</summary>
    public IReadOnlyList<int>? StopTokens { get; init; }

    /// <summary>Texts that end a completion, with a tokenizer; they may span tokens.</summary>
    public IReadOnlyList<string> StopTexts { get; init; } = [];

    /// <summary>Whether <see cref="GeneratedSequence.Text"/> keeps the stop text.</summary>
    public bool KeepsStopText { get; init; }

    /// <summary>Whether the likeliest token is taken.</summary>
    public bool IsGreedy => Temperature < GreedyBelow;

    /// <summary>Whether tokens are drawn from the policy at the temperature, without truncation or penalty.</summary>
    public bool IsPlain => TopK == 0 && TopP >= 1 && MinP <= 0 && RepetitionPenalty == 1 && MinimumTokens == 0;

    /// <summary>Requires that all are in their ranges.</summary>
    /// <exception cref="ArgumentException">One is not; the message says which.</exception>
    internal void Require()
    {
        Check(MaximumTokens >= 1, nameof(MaximumTokens), MaximumTokens, "is 1 or more");
        Check(MinimumTokens >= 0, nameof(MinimumTokens), MinimumTokens, "is 0 or more");
        Check(Temperature >= 0 && double.IsFinite(Temperature), nameof(Temperature), Temperature, "is 0 or more");
        Check(TopK >= 0, nameof(TopK), TopK, "is 0 for all or more");
        Check(TopP is > 0 and <= 1, nameof(TopP), TopP, "is above 0 and at most 1");
        Check(MinP is >= 0 and <= 1, nameof(MinP), MinP, "is from 0 to 1");
        Check(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), nameof(RepetitionPenalty),
            RepetitionPenalty, "is above 0");
        if (StopTexts.Any(string.IsNullOrEmpty))
            throw new ArgumentException("a stop text has at least one letter");

        static void Check(bool holds, string name, object value, string right)
        {
            if (!holds)
                throw new ArgumentException($"{name} is {value}; it {right}");
        }
    }
}
