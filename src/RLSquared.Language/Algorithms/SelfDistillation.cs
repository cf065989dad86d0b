using RLSquared.Language.Experience;
using RLSquared.Language.Files;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;
using RLSquared.Tensors;

namespace RLSquared.Language.Algorithms;

/// <summary>What <see cref="SelfDistillation"/> can be told.</summary>
public sealed record SelfDistillationOptions
{
    /// <summary>All that is RLOO's: model, batch, generation and optimiser.</summary>
    public RlooOptions Learning { get; init; } = SelfDistillation.Loss(new RlooOptions());

    /// <summary>The column with the reference solution.</summary>
    public string ReferenceColumn { get; init; } = "reference";

    /// <summary>What the teacher reads: <c>{problem}</c> and <c>{reference}</c> are filled in.</summary>
    public string TeacherPrompt
    {
        get;
        init => field = value.Contains("{problem}", StringComparison.Ordinal)
            && value.Contains("{reference}", StringComparison.Ordinal) ? value : throw new OptionException(
                "teacher-prompt", $"teacher-prompt must hold {{problem}} and {{reference}}, but is '{value}'");
    } = "Here is a solution of the problem below. Understand it first.\n\n{reference}\n\nNow solve the problem in " +
        "your own way.\n\n{problem}";

    /// <summary>The options by name.</summary>
    public static OptionTable<SelfDistillationOptions> Table { get; } =
        new OptionTable<SelfDistillationOptions>("the algorithm self-distill", new())
            .Words("reference-column", "the column with the reference solution",
                options => options.ReferenceColumn, (options, value) => options with { ReferenceColumn = value })
            .Words("teacher-prompt", "what the teacher reads, with {problem} and {reference} filled in",
                options => options.TeacherPrompt, (options, value) => options with { TeacherPrompt = value })
            .Include(RlooOptions.Table,
                options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// Self-distillation, a baseline of ExpRL: the policy learns from itself as it was at the beginning, who has the
/// reference in the prompt. The student draws a completion without it; each token is weighted by how much likelier it
/// is to the student than to the teacher:
/// <code>
///   w_t = log π(y_t | x, y_&lt;t) − log π_0(y_t | reference, x, y_&lt;t)
///   L = mean over tokens of w_t · log π(y_t)
/// </code>
/// The gradient of L estimates that of the reverse divergence KL(π ‖ π_0(· | reference)). It is <see cref="Rloo"/>
/// with the advantage −w_t for each token; no reward counts.
/// </summary>
public static class SelfDistillation
{
    /// <summary>The name on the command line.</summary>
    public const string Name = "self-distill";

    /// <summary>Self-distillation on a task whose prompts have references.</summary>
    /// <param name="task">Prompts, with a reference each; no conversations.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public static Rloo Create(PromptTask task, SelfDistillationOptions options, ulong seed, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Learning.Ratio != RatioLevel.Token)
            throw new OptionException("ratio", "ratio must be token, for every token has a weight of its own");
        return new Rloo(task, options.Learning, seed, workers, Name, new SelfDistillationCredit(task, options));
    }

    /// <summary>A ratio for each token and no clip; every token has equal weight.</summary>
    internal static RlooOptions Loss(RlooOptions options) => RlooFamily.Grpo(options) with
    {
        Surrogate = SurrogateKind.Unclipped,
        Aggregation = Aggregation.GlobalTokenMean,
        Kl = 0,
    };
}

/// <summary>The credit of <see cref="SelfDistillation"/>.</summary>
sealed class SelfDistillationCredit(PromptTask task, SelfDistillationOptions options) : ICredit
{
    public bool AsksReference => true;

    public Credited Assign(IReadOnlyList<Completion> drawn, int groupSize, ReferenceScores reference)
    {
        TokenSequence[] taught = [.. drawn.Select(Taught)];
        float[][] teacher = reference(taught);
        double sum = 0;
        Completion[] weighted = [.. drawn.Select((one, i) =>
        {
            int prompt = taught[i].Tokens.Length - one.Tokens.Count;
            float[] advantages = [.. one.LogProbs.Select((student, t) => teacher[i][prompt + t] - student)];
            sum -= advantages.Sum(advantage => (double)advantage);
            return one with { Advantages = advantages };
        })];
        return new Credited(weighted,
            [("teacher/divergence", sum / Math.Max(1, drawn.Sum(one => (long)one.Tokens.Count)))]);
    }

    // The completion behind the teacher's prompt.
    TokenSequence Taught(Completion one)
    {
        string reference = one.Column(options.ReferenceColumn) ?? throw new InvalidDataException(
            $"the prompt '{JsonField.Excerpt(one.Prompt, 60)}' has no column '{options.ReferenceColumn}', which the " +
            "teacher reads; give each line of the data one");
        int[] prompt = task.Tokenizer.Encode(options.TeacherPrompt
            .Replace("{reference}", reference, StringComparison.Ordinal)
            .Replace("{problem}", one.Prompt, StringComparison.Ordinal));
        return new TokenSequence([.. prompt, .. one.Tokens],
            [.. new byte[prompt.Length], .. Enumerable.Repeat((byte)1, one.Tokens.Count)]);
    }

    public void Dispose()
    {
    }
}
