using System.Text.Json;
using System.Text.RegularExpressions;
using RLSquared.Language.Files;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// LongTraceRL (Lin, Zhang, Hou, Li 2026): reasoning over long contexts, where a right answer may be luck. Each prompt
/// has a rubric, the entities that an answer with grounds names; among right answers, those that name more of them are
/// worth more:
/// <code>
///   r_b = entities that are named / all entities,   r̂_b = r_b / the largest r_b of the group
///   r = 0 if r_o = 0, else (1 − η) · r_o + η · r̂_b              (r_o: whether the answer is right)
/// </code>
/// Wrong answers get nothing, whatever they name: otherwise naming would be learnt in place of answering. A completion
/// that was cut, or is not well formed, gets 0. Everything else is GRPO, with every token of equal weight, an upper
/// clip of 0.28 and icepop (<see cref="RlooOptions.ImportanceFloor"/>): it is <see cref="Rloo"/>, and this file is the
/// credit alone.
/// </summary>
public static class LongTraceRl
{
    /// <summary>The name on the command line.</summary>
    public const string Name = "longtrace";

    /// <summary>LongTraceRL on a task whose prompts have rubrics.</summary>
    /// <param name="task">Prompts, with a list of entities each; its reward is the outcome, from 0 to 1.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of everything random.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <exception cref="OptionException">An option makes no sense; the message says what would.</exception>
    public static Rloo Create(PromptTask task, LongTraceRlOptions options, ulong seed, Workers workers)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(options);
        return new Rloo(task, options.Learning, seed, workers, Name, new LongTraceCredit(task, options));
    }

    /// <summary>GRPO with every token of equal weight and a higher upper clip.</summary>
    internal static RlooOptions Loss(RlooOptions options) => RlooFamily.Grpo(options) with
    {
        Aggregation = Aggregation.GlobalTokenMean,
        ClipLow = 0.2f,
        ClipHigh = 0.28f,
    };
}

/// <summary>The credit of <see cref="LongTraceRl"/>: the rubric beside the task's reward.</summary>
sealed class LongTraceCredit(PromptTask task, LongTraceRlOptions options) : ICredit
{
    const string EndOfThought = "</think>";

    readonly Regex named = new(options.NamedPattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    public bool AsksReference => false;

    public Credited Assign(IReadOnlyList<Completion> drawn, int groupSize, ReferenceScores reference)
    {
        Completion[] paid = new Completion[drawn.Count];
        int illFormed = 0;
        double hits = 0;
        for (int group = 0; group < paid.Length; group += groupSize)
        {
            string?[] contents = [.. drawn.Skip(group).Take(groupSize).Select(Content)];
            float[] rubrics = [.. contents.Select((content, i) => content is null ? 0
                : options.IsLongRlvr ? Named(drawn[group + i], content)
                : TraceRewards.Rubric(Entities(drawn[group + i]), content))];
            (illFormed, hits) = (illFormed + contents.Count(content => content is null), hits + rubrics.Sum());
            float[] raw = [.. rubrics];
            if (options.ScalesByGroup && !options.IsLongRlvr)
                TraceRewards.ScaleByGroup(rubrics);
            for (int i = 0; i < rubrics.Length; i++)
                paid[group + i] = Paid(drawn[group + i], contents[i] is not null, raw[i], rubrics[i]);
        }
        return new Credited(paid,
        [
            ("rubric/hits", hits / Math.Max(1, paid.Length)),
            ("rubric/ill_formed", illFormed / (double)Math.Max(1, paid.Length)),
        ]);
    }

    Completion Paid(Completion one, bool isWhole, float raw, float rubric)
    {
        float? reward = !isWhole ? 0 : one.Reward is not { } outcome ? null
            : options.IsLongRlvr ? TraceRewards.LongRlvr(outcome, rubric, options.Eta)
            : TraceRewards.Mix(outcome, rubric, options.Eta, options.Sign);
        return one with
        {
            Reward = reward,
            RewardParts = new Dictionary<string, float?>(one.RewardParts) { ["rubric"] = raw },
        };
    }

    // What stands behind the thought; null where the completion was cut or is not well formed.
    string? Content(Completion one)
    {
        if (!one.IsFinished)
            return null;
        // The last token ended it. Another special token is no part of an answer, unless it is about the thought.
        if (one.Tokens.SkipLast(1).Any(id => task.Tokenizer.IsSpecial(id)
            && !task.Tokenizer.TokenText(id).Contains("think>", StringComparison.Ordinal)))
        {
            return null;
        }
        if (!options.NeedsThought)
            return one.Text;
        string[] parts = one.Text.Split(EndOfThought);
        string thought = parts[0].Replace("<think>", "", StringComparison.Ordinal);
        return parts.Length == 2 && !string.IsNullOrWhiteSpace(thought) && !string.IsNullOrWhiteSpace(parts[1])
            ? parts[1] : null;
    }

    float Named(Completion one, string content) => TraceRewards.FBeta(
        [.. named.Matches(content).Select(match => match.Groups[1].Value)], Entities(one));

    string[] Entities(Completion one)
    {
        string problem = JsonField.Excerpt(one.Prompt.Length > 60 ? one.Prompt[^60..] : one.Prompt, 60);
        string[] entities = one.Columns.TryGetValue(options.RubricColumn, out JsonElement list)
            && list.ValueKind == JsonValueKind.Array
            ? [.. list.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String)
                .Select(item => item.GetString()!)]
            : throw new InvalidDataException($"the prompt that ends in '{problem}' has no column " +
                $"'{options.RubricColumn}' with a list of texts, which longtrace rewards by");
        return entities.Length > 0 ? entities : throw new InvalidDataException(
            $"the prompt that ends in '{problem}' has an empty rubric; it names at least one entity");
    }

    public void Dispose()
    {
    }
}
