namespace RLSquared.Language.Objectives;

/// <summary>What the score of a step is compared with.</summary>
public enum SegmentCentring
{
    /// <summary>The score of the step before; the first with the last: DeltaNorm.</summary>
    Delta,
    /// <summary>The score of the last step: EndNorm.</summary>
    End,
    /// <summary>The mean over the group of the mean over a completion's steps: GroupNorm.</summary>
    Group,
    /// <summary>
    /// The mean over the group of the scores of steps with the same number: not the paper's. No step is worth less
    /// than none because later ones are harder.
    /// </summary>
    Row,
}

/// <summary>How a score from 1 to 5 becomes a number from 0 to 1.</summary>
public enum ScoreMap
{
    /// <summary>(score − 1)/4.</summary>
    Smooth,
    /// <summary>1 to 3 become 0; 4 and 5 become 1.</summary>
    ExtremeOnlyClipped,
    /// <summary>1 becomes 0 and 5 becomes 1; the others have no say.</summary>
    ExtremeOnly,
    /// <summary>1 becomes 0, 4 becomes 0.8 and 5 becomes 1; 2 and 3 have no say.</summary>
    SemiSmooth,
}

/// <summary>
/// Advantages of steps from a judge's scores of them (Xiang et al. 2026, ExpRL): s_1 … s_T are the scores of the T
/// steps of one completion.
/// </summary>
public static class SegmentAdvantages
{
    /// <summary>A score from 1 to 5 as a number from 0 to 1.</summary>
    /// <returns>Null where the map leaves the score out.</returns>
    public static float? Map(ScoreMap map, int score) => (map, score) switch
    {
        (_, < 1 or > 5) => throw new ArgumentOutOfRangeException(nameof(score), score, "scores are 1 to 5"),
        (ScoreMap.Smooth, _) => (score - 1) / 4f,
        (ScoreMap.ExtremeOnlyClipped, _) => score >= 4 ? 1 : 0,
        (_, 1) => 0,
        (_, 5) => 1,
        (ScoreMap.SemiSmooth, 4) => 0.8f,
        _ => null,
    };

    /// <summary>
    /// DeltaNorm: A_1 = s_1 − s_T and A_t = s_t − s_{t−1} for t &gt; 1. They sum to zero: a step is worth what it adds,
    /// and the first what is lost behind it. A completion of one step gets 0.
    /// </summary>
    /// <param name="scores">s, [T].</param>
    /// <param name="keepsSingle">
    /// A completion of one step gets A_1 = s_1, as in the published code. That rewards writing no delimiters at all.
    /// </param>
    /// <param name="advantages">Receives A, [T].</param>
    public static void Delta(ReadOnlySpan<float> scores, bool keepsSingle, Span<float> advantages)
    {
        for (int t = scores.Length - 1; t > 0; t--)
            advantages[t] = scores[t] - scores[t - 1];
        if (scores.Length > 0)
            advantages[0] = scores.Length == 1 && keepsSingle ? scores[0] : scores[0] - scores[^1];
    }

    /// <summary>EndNorm: A_t = s_t − s_T for t &lt; T, and A_T = s_T.</summary>
    /// <param name="scores">s, [T].</param>
    /// <param name="advantages">Receives A, [T].</param>
    public static void End(ReadOnlySpan<float> scores, Span<float> advantages)
    {
        for (int t = 0; t < scores.Length; t++)
            advantages[t] = t < scores.Length - 1 ? scores[t] - scores[^1] : scores[t];
    }

    /// <summary>GroupNorm: A_t = s_t − mean over the group's completions of the mean over their steps.</summary>
    /// <param name="scores">s, [T].</param>
    /// <param name="groupMean">That mean.</param>
    /// <param name="advantages">Receives A, [T].</param>
    public static void Group(ReadOnlySpan<float> scores, float groupMean, Span<float> advantages)
    {
        for (int t = 0; t < scores.Length; t++)
            advantages[t] = scores[t] - groupMean;
    }

    /// <summary>A_t = s_t − mean over the group's completions that have a step t of their s_t.</summary>
    /// <param name="scores">s, [T].</param>
    /// <param name="rowMeans">That mean for each t, at least [T].</param>
    /// <param name="advantages">Receives A, [T].</param>
    public static void Row(ReadOnlySpan<float> scores, ReadOnlySpan<float> rowMeans, Span<float> advantages)
    {
        for (int t = 0; t < scores.Length; t++)
            advantages[t] = scores[t] - rowMeans[t];
    }
}
