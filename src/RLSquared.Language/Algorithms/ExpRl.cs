using System.Text.Json;
using RLSquared.Language.Experience;
using RLSquared.Language.Files;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Language.Verifiers.Judges;
using RLSquared.Tensors;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// ExpRL, exploratory RL (Xiang, Setlur, Blagden, Haber, Kumar 2026): priming a policy on problems that it never
/// solves. Each problem has a worked reference, which the policy does not see. A judge does, and grades what the policy
/// writes from 1 to 5. So there is something to learn from long before a whole answer is right.
/// <code>
///   Outcome: R = s(x, y, y*), compared within the group as in GRPO
///   Process: steps end at a delimiter; s_t grades step t;  A_1 = s_1 − s_T,  A_t = s_t − s_{t−1}  (DeltaNorm)
///            every token of step t has the advantage A_t
/// </code>
/// That is Stage I. Stage II is ordinary GRPO on the task's own sparse reward from these weights, with no reference
/// anywhere: <c>rl2 train TASK --algorithm grpo --from RUN</c>.
/// <para>
/// A completion that was cut at its longest gets 0 for all of its tokens. One for which the judge gave no score, for
/// any of its steps, is masked. Everything else is <see cref="Rloo"/>: this file is the credit alone.
/// </para>
/// </summary>
public static class ExpRl
{
    /// <summary>The name on the command line.</summary>
    public const string Name = "exprl";

    /// <summary>ExpRL on a task whose prompts have references.</summary>
    /// <param name="task">Prompts, with a reference each, and the sparse rewards that evaluations go by.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="judge">Who grades; null for the one that the options name. It is disposed with the result.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public static Rloo Create(
        PromptTask task, ExpRlOptions options, ulong seed, Workers workers, IJudge? judge = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Reward == ExpRlReward.Process)
        {
            RlooOptions learning = options.Learning;
            if (learning.Ratio != RatioLevel.Token)
                throw new OptionException(
                    "ratio", "ratio must be token, for every token has the advantage of its step");
            if (learning.Kl > 0 && learning.KlPlace != DivergencePlace.Loss)
                throw new OptionException("kl-place", "kl-place must be loss, for there is no reward of the whole");
            RequireDelimiter(task, options.Delimiter);
        }
        return new Rloo(task, options.Learning, seed, workers, Name,
            new ExpRlCredit(task, options, judge ?? options.Judge.Create(workers)));
    }

    /// <summary>
    /// GRPO's loss with every token of equal weight. The upper clip is 0.26 for steps and 0.28 for whole completions.
    /// </summary>
    internal static RlooOptions Loss(RlooOptions options, ExpRlReward reward) => RlooFamily.Grpo(options) with
    {
        Aggregation = Aggregation.GlobalTokenMean,
        ClipLow = 0.2f,
        ClipHigh = reward == ExpRlReward.Process ? 0.26f : 0.28f,
    };

    static void RequireDelimiter(PromptTask task, string delimiter)
    {
        string said = task.Tokenizer.Decode(task.Tokenizer.Encode(delimiter, addTemplate: false), skipSpecial: true);
        if (!said.Contains(delimiter, StringComparison.Ordinal))
        {
            throw new OptionException("delimiter", $"the tokenizer of the task '{task.Name}' cannot write the " +
                $"delimiter '{delimiter}'; set delimiter to a text that it can");
        }
    }
}

/// <summary>The credit of <see cref="ExpRl"/>: a judge's scores in place of the task's reward.</summary>
sealed class ExpRlCredit(PromptTask task, ExpRlOptions options, IJudge judge) : ICredit
{
    public bool AsksReference => false;

    public Credited Assign(IReadOnlyList<Completion> drawn, int groupSize, ReferenceScores reference) =>
        options.Reward == ExpRlReward.Outcome ? Outcome(drawn) : Process(drawn, groupSize);

    // ---- one score for a completion; the rest is GRPO's ----

    Credited Outcome(IReadOnlyList<Completion> drawn)
    {
        List<JudgeQuestion> questions = [];
        int[] first = new int[drawn.Count];                  // the place of each completion's question
        for (int i = 0; i < first.Length; i++)
        {
            first[i] = questions.Count;
            if (drawn[i].IsFinished)
                questions.Add(Question(drawn[i], JudgedPart.Trace, drawn[i].Text));
        }
        float?[] scores = Ask(questions);
        Completion[] judged = [.. drawn.Select((one, i) =>
        {
            float? score = one.IsFinished ? scores[first[i]] : 0;
            return Judged(one, score, mask: score is null);
        })];
        return new Credited(judged, Figures(scores));
    }

    // ---- a score for each step, and with it an advantage for each token ----

    Credited Process(IReadOnlyList<Completion> drawn, int groupSize)
    {
        List<JudgeQuestion> questions = [];
        int[] first = new int[drawn.Count];
        int[][] steps = new int[drawn.Count][];              // the step of each token
        for (int i = 0; i < first.Length; i++)
        {
            Completion one = drawn[i];
            first[i] = questions.Count;
            steps[i] = Segments.Of(one.Tokens, options.Delimiter, Decode);
            for (int step = 0; one.IsFinished && step < Segments.Count(steps[i]); step++)
            {
                int begin = options.JudgesPrefixes ? 0 : step;
                questions.Add(Question(one, options.JudgesPrefixes ? JudgedPart.Prefix : JudgedPart.Step,
                    Decode(Segments.Tokens(one.Tokens, steps[i], begin, step))));
            }
        }
        float?[] all = Ask(questions);
        float[]?[] scores = [.. drawn.Select((one, i) => ScoresOf(one, all, first[i], Segments.Count(steps[i])))];
        float[]?[] advantages = new float[drawn.Count][];    // of each step
        for (int group = 0; group < advantages.Length; group += groupSize)
            Compare(drawn, scores, advantages, group, group + groupSize);
        Completion[] judged = [.. drawn.Select((one, i) => ByStep(one, steps[i], scores[i], advantages[i]))];
        int count = judged.Length;
        return new Credited(judged,
        [
            .. Figures(all),
            ("steps/mean", steps.Average(Segments.Count)),
            ("steps/single", steps.Count(one => Segments.Count(one) <= 1) / (double)count),
        ]);
    }

    // s_1 … s_T; zeros where the completion was cut; null where a step has no score.
    static float[]? ScoresOf(Completion one, float?[] all, int first, int count)
    {
        if (!one.IsFinished)
            return new float[count];
        float?[] scores = all[first..(first + count)];
        return scores.Contains(null) ? null : [.. scores.Select(score => score!.Value)];
    }

    // The advantages of the steps of one group, from first to end.
    void Compare(IReadOnlyList<Completion> drawn, float[]?[] scores, float[]?[] advantages, int first, int end)
    {
        float[][] all = [.. scores[first..end].OfType<float[]>()];
        float mean = all.Select(Mean).DefaultIfEmpty(0).Average();
        int[] finished = [.. Enumerable.Range(first, end - first).Where(
            i => drawn[i].IsFinished && scores[i] is not null)];
        float[] rows = RowMeans([.. finished.Select(i => scores[i]!)]);
        foreach (int i in finished)
        {
            float[] own = scores[i]!, into = new float[own.Length];
            switch (options.Centring)
            {
                case SegmentCentring.Delta:
                    SegmentAdvantages.Delta(own, options.KeepsSingleSteps, into);
                    break;
                case SegmentCentring.End:
                    SegmentAdvantages.End(own, into);
                    break;
                case SegmentCentring.Group:
                    SegmentAdvantages.Group(own, mean, into);
                    break;
                default:
                    SegmentAdvantages.Row(own, rows, into);
                    break;
            }
            advantages[i] = into;
        }
        float lowest = !options.CutIsWorst ? 0
            : finished.SelectMany(i => advantages[i]!).Append(0).Min();
        for (int i = first; i < end; i++)
        {
            if (!drawn[i].IsFinished)
                Array.Fill(advantages[i] = new float[scores[i]!.Length], lowest);
        }
    }

    // The mean of s_t over the completions that have a step t, for each t.
    static float[] RowMeans(float[][] scores) => [.. Enumerable.Range(0, scores.Select(one => one.Length)
        .DefaultIfEmpty(0).Max()).Select(t => scores.Where(one => one.Length > t).Average(one => one[t]))];

    static Completion ByStep(Completion one, int[] steps, float[]? scores, float[]? advantages) =>
        Judged(one, scores is null ? null : Mean(scores), mask: scores is null) with
        {
            Segments = steps,
            Advantages = [.. steps.Select(step => scores is null ? 0 : advantages![step])],
        };

    // ---- questions and answers ----

    float?[] Ask(List<JudgeQuestion> questions)
    {
        IReadOnlyList<int?> scores = judge.Score(questions).GetAwaiter().GetResult();
        if (scores.Count != questions.Count)
            throw new InvalidDataException($"the judge gave {scores.Count} scores for {questions.Count} questions");
        return [.. scores.Select(score => score is { } known ? SegmentAdvantages.Map(options.Scores, known) : null)];
    }

    JudgeQuestion Question(Completion one, JudgedPart part, string text)
    {
        string problem = one.Prompt.Length > 0 ? one.Prompt : Decode([.. one.PromptTokens]);
        string reference = one.Column(options.ReferenceColumn) ?? throw new InvalidDataException(
            $"the prompt '{JsonField.Excerpt(problem, 60)}' has no column '{options.ReferenceColumn}'; " +
            "exprl grades by it, so give each line of the data one");
        return new JudgeQuestion(part, problem, reference, text) { Checkpoints = Checkpoints(one) };
    }

    static IReadOnlyList<string> Checkpoints(Completion one) =>
        one.Columns.TryGetValue("checkpoints", out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String)
                .Select(item => item.GetString()!)] : [];

    static Completion Judged(Completion one, float? score, bool mask) => one with
    {
        Reward = score,
        RewardParts = new Dictionary<string, float?>(one.RewardParts) { ["judge"] = score },
        Mask = mask ? new byte[one.Tokens.Count] : one.Mask,
    };

    static IReadOnlyList<(string, double)> Figures(float?[] scores) =>
    [
        ("judge/questions", scores.Length),
        ("judge/unparsable", scores.Count(score => score is null)),
    ];

    static float Mean(float[] scores) => scores.Length == 0 ? 0 : scores.Average();

    string Decode(int[] tokens) => task.Tokenizer.Decode(tokens, skipSpecial: true, continues: true);

    public void Dispose() => (judge as IDisposable)?.Dispose();
}
