using System.Text.Json;

namespace RLSquared.Language.Verifiers;

/// <summary>
/// What a policy said to a prompt, token by token, with all that learning from it needs. One turn is a prompt and the
/// tokens behind it; a conversation of many turns or a play of many steps has more prompt tokens between, which the
/// mask tells from the policy's own. Nothing is ever tokenized anew: these are the tokens that were sampled.
/// </summary>
public sealed record Completion
{
    /// <summary>Ids of the prompt, of any length.</summary>
    public IReadOnlyList<int> PromptTokens { get; init; } = [];

    /// <summary>Ids behind the prompt, [T].</summary>
    public IReadOnlyList<int> Tokens { get; init; } = [];

    /// <summary>1 where the policy drew the token, 0 where an environment put it, [T].</summary>
    public IReadOnlyList<byte> Mask { get; init; } = [];

    /// <summary>log μ of each token as it was drawn, after temperature and truncation, [T].</summary>
    public IReadOnlyList<float> LogProbs { get; init; } = [];

    /// <summary>The version of the weights that drew each token, [T].</summary>
    public IReadOnlyList<int> Versions { get; init; } = [];

    /// <summary>The turn or step to which each token belongs, [T]; empty for one turn.</summary>
    public IReadOnlyList<int> Segments { get; init; } = [];

    /// <summary>The advantage of each token, [T]; empty where all have one.</summary>
    public IReadOnlyList<float> Advantages { get; init; } = [];

    /// <summary>The prompt's text.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>The text of <see cref="Tokens"/>.</summary>
    public string Text { get; init; } = "";

    /// <summary>Whether it ended by itself; false where the limit of tokens cut it.</summary>
    public bool IsFinished { get; init; } = true;

    /// <summary>Completions of one prompt share it: their rewards are compared.</summary>
    public long GroupId { get; init; }

    /// <summary>Records of one play share it: they are one trajectory.</summary>
    public long TrajectoryId { get; init; }

    /// <summary>What an environment showed, without history: plays that came to the same place have the same.</summary>
    public string? AnchorKey { get; init; }

    /// <summary>The other columns of the prompt's line, such as <c>answer</c>.</summary>
    public IReadOnlyDictionary<string, JsonElement> Columns { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Parts of the reward by name; null where a function could not tell.</summary>
    public IReadOnlyDictionary<string, float?> RewardParts { get; init; } = new Dictionary<string, float?>();

    /// <summary>The reward, or null for a completion without a score.</summary>
    public float? Reward { get; init; }

    /// <summary>A text column, or null where it is missing or no text.</summary>
    public string? Column(string name) => Columns.TryGetValue(name, out JsonElement value) ? value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    } : null;

    /// <summary>Requires that whatever has a number per token has one for each.</summary>
    /// <exception cref="InvalidOperationException">It has not; the message names the list.</exception>
    public void RequireWhole()
    {
        foreach ((string name, int count, bool mayBeEmpty) in ((string, int, bool)[])
            [(nameof(Mask), Mask.Count, false), (nameof(LogProbs), LogProbs.Count, false),
            (nameof(Versions), Versions.Count, false), (nameof(Segments), Segments.Count, true),
            (nameof(Advantages), Advantages.Count, true)])
        {
            if (count != Tokens.Count && !(mayBeEmpty && count == 0))
                throw new InvalidOperationException($"{name} has {count} numbers for {Tokens.Count} tokens");
        }
    }
}
