namespace RLSquared.Language.Verifiers.Judges;

/// <summary>What reference a judge receives when it is tried.</summary>
public enum GivenReference
{
    /// <summary>That of the problem.</summary>
    Correct,
    /// <summary>None.</summary>
    None,
    /// <summary>That of another problem.</summary>
    Wrong,
}

/// <summary>
/// How often a judge errs: (FPR + FNR)/2. A score of 4 or 5 is approval; a false positive approves of a wrong trace, a
/// false negative disapproves of a right one. 0 is a judge without fault, 0.5 one that says the same to everything.
/// </summary>
/// <param name="FalsePositives">FPR: the share of wrong traces that were approved.</param>
/// <param name="FalseNegatives">FNR: the share of right traces that were not.</param>
/// <param name="Unparsable">Questions without a score; they count for neither share.</param>
public readonly record struct Misplacement(double FalsePositives, double FalseNegatives, int Unparsable)
{
    /// <summary>(FPR + FNR)/2.</summary>
    public double Mean => (FalsePositives + FalseNegatives) / 2;

    /// <summary>The shares from scores and truths.</summary>
    /// <param name="scores">From 1 to 5, or null, [N].</param>
    /// <param name="isRight">Whether each trace was right, [N].</param>
    /// <exception cref="ArgumentException">
    /// The lengths differ, or no right trace, or no wrong one, has a score.
    /// </exception>
    public static Misplacement Of(IReadOnlyList<int?> scores, IReadOnlyList<bool> isRight)
    {
        ArgumentNullException.ThrowIfNull(scores);
        ArgumentNullException.ThrowIfNull(isRight);
        if (scores.Count != isRight.Count)
            throw new ArgumentException($"{scores.Count} scores have {isRight.Count} truths; each has one");
        int right = 0, wrong = 0, approvedWrong = 0, missedRight = 0;
        for (int i = 0; i < scores.Count; i++)
        {
            if (scores[i] is not { } score)
                continue;
            bool approves = score >= IJudge.Approval;
            right += isRight[i] ? 1 : 0;
            wrong += isRight[i] ? 0 : 1;
            approvedWrong += !isRight[i] && approves ? 1 : 0;
            missedRight += isRight[i] && !approves ? 1 : 0;
        }
        if (right == 0 || wrong == 0)
        {
            throw new ArgumentException(
                $"{right} right and {wrong} wrong traces have a score; a judge is tried on some of both");
        }
        return new Misplacement(
            (double)approvedWrong / wrong, (double)missedRight / right, scores.Count(score => score is null));
    }

    /// <summary>Tries a judge.</summary>
    /// <param name="judge">Who is tried.</param>
    /// <param name="questions">Whole traces with their correct references, [N].</param>
    /// <param name="isRight">Whether each trace is right, [N].</param>
    /// <param name="reference">What the judge receives in place of them.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<Misplacement> Measure(
        IJudge judge, IReadOnlyList<JudgeQuestion> questions, IReadOnlyList<bool> isRight, GivenReference reference,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(judge);
        ArgumentNullException.ThrowIfNull(questions);
        JudgeQuestion[] asked = [.. questions.Select((one, i) => reference switch
        {
            GivenReference.Correct => one,
            GivenReference.None => one with { Reference = "", Checkpoints = [] },
            _ => Other(questions, i) is var other
                ? one with { Reference = other.Reference, Checkpoints = other.Checkpoints } : one,
        })];
        return Of(await judge.Score(asked, cancellation).ConfigureAwait(false), isRight);
    }

    // The next question of another problem.
    static JudgeQuestion Other(IReadOnlyList<JudgeQuestion> questions, int i)
    {
        for (int further = 1; further < questions.Count; further++)
        {
            JudgeQuestion other = questions[(i + further) % questions.Count];
            if (other.Reference != questions[i].Reference)
                return other;
        }
        throw new ArgumentException("wrong references need questions of two problems at least");
    }
}
