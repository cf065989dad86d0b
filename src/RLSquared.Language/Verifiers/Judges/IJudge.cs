namespace RLSquared.Language.Verifiers.Judges;

/// <summary>What a judge is asked.</summary>
public enum JudgedPart
{
    /// <summary>A whole trace: would its author now state the reference?</summary>
    Trace,
    /// <summary>One step alone; the steps before it are not shown.</summary>
    Step,
    /// <summary>All steps up to a cut.</summary>
    Prefix,
}

/// <summary>One question to a judge. The policy never sees the reference; the judge does.</summary>
/// <param name="Part">What <paramref name="Text"/> is.</param>
/// <param name="Problem">The problem, as the policy reads it.</param>
/// <param name="Reference">The worked solution; empty where the judge receives none.</param>
/// <param name="Text">What is judged: a trace, a step or a prefix.</param>
public sealed record JudgeQuestion(JudgedPart Part, string Problem, string Reference, string Text)
{
    /// <summary>
    /// What a solution has to establish, in order, as texts that a step contains word for word; the last one is the
    /// answer. Empty where the data has none.
    /// </summary>
    public IReadOnlyList<string> Checkpoints { get; init; } = [];
}

/// <summary>
/// Grades what a policy wrote, with the reference solution in hand. A score is a whole number from
/// <see cref="Worst"/> to <see cref="Best"/>.
/// </summary>
public interface IJudge
{
    /// <summary>The score of a text that is wrong or leads away.</summary>
    public const int Worst = 1;

    /// <summary>The score of a text that is sound and implies the reference.</summary>
    public const int Best = 5;

    /// <summary>The least score that counts as approval, for <see cref="Misplacement"/>.</summary>
    public const int Approval = 4;

    /// <summary>Answers questions.</summary>
    /// <param name="questions">Any number of them.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>A score from 1 to 5 for each, in their order; null where the judge gave none.</returns>
    /// <exception cref="InvalidDataException">A question lacks what this judge goes by.</exception>
    /// <exception cref="IOException">The judge cannot be reached at all.</exception>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    Task<IReadOnlyList<int?>> Score(
        IReadOnlyList<JudgeQuestion> questions, CancellationToken cancellation = default);
}
