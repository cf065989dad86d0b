using System.Globalization;
using System.Text.Json;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Prompts;

/// <summary>What <see cref="GuessingTask"/> can be told.</summary>
public sealed record GuessingOptions
{
    /// <summary>The largest number; the smallest is 1. Each doubling takes the best play one more turn.</summary>
    public int Largest { get; init => field = Require.Within("largest", value, 2, 9_999); } = 16;

    /// <summary>The most guesses.</summary>
    public int Turns { get; init => field = Require.Within("turns", value, 1, 64); } = 6;

    /// <summary>The options by name.</summary>
    public static OptionTable<GuessingOptions> Table { get; } =
        new OptionTable<GuessingOptions>("the task guessing", new())
            .Integer("largest", "the largest number that is hidden",
                options => options.Largest, (options, value) => options with { Largest = value },
                low: "found in a few turns", high: "takes more turns")
            .Integer("turns", "the most guesses",
                options => options.Turns, (options, value) => options with { Turns = value },
                low: "no time for a bad guess", high: "rewards come often");
}

/// <summary>
/// A number is hidden, and the policy guesses it in turns: it says <c>8</c> and ends its turn, hears <c>&gt;</c> if the
/// number is higher or <c>&lt;</c> if it is lower, and guesses again. A number that is found in turn t of T is worth
/// (T + 1 − t)/T, and one that is not, nothing; a turn that is no number from 1 to the largest ends it. The best play
/// halves what is left (<see cref="BestReward"/>).
/// <para>
/// It is a task of several turns after the guessing domain of PipelineRL, made small enough for a model from nothing:
/// numbers up to 16 in place of 1,024, single characters in place of sentences, and rewards of our own. The warm start
/// shows guesses at random among the numbers that are still possible: what the answers mean, and not how to choose.
/// </para>
/// </summary>
public sealed class GuessingTask : PromptTask
{
    const string Characters = "0123456789<>?", End = "<end>", Pad = "<pad>", Question = "?", Higher = ">", Lower = "<";
    const string Target = "target";

    readonly GuessingOptions options;
    readonly int digits;

    /// <summary>The task.</summary>
    /// <param name="options">Null for numbers to 16 in six turns.</param>
    public GuessingTask(GuessingOptions? options = null)
    {
        this.options = options ?? new GuessingOptions();
        digits = this.options.Largest.ToString(CultureInfo.InvariantCulture).Length;
        Tokenizer = Tokenizer.Parse(CharacterTokenizer.Write(Characters, Pad, End), "the tokenizer of guessing");
        EndTokens = [Tokenizer.Find(End)!.Value];
        Rewards = new RewardSet()
            .Add("turns", completion => TurnOf(completion) is { } turn
                ? (this.options.Turns + 1 - turn) / (float)this.options.Turns : 0)
            .Add("found", completion => TurnOf(completion) is null ? 0 : 1, weight: 0);
    }

    /// <inheritdoc/>
    public override string Name => "guessing";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => GuessingOptions.Table.Show(options);

    /// <summary>A new model learns it from nothing: how a guess looks from examples, and the play from
    /// rewards.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
    [
        new("layers", "2"),
        new("hidden", "64"),
        new("warm-start", "1500"),
        new("warm-start-batch", "64"),
        new("warm-start-rate", "0.002"),
        new("warm-start-reward", "0.42"),
        new("batch", "128"),
        new("group-size", "16"),
        new("kl", "0"),
        new("learning-rate", "0.00015"),
    ];

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public override RewardSet Rewards { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> EndTokens { get; }

    /// <summary>A question mark.</summary>
    public override int LongestPrompt => 1;

    /// <summary>Digits and an end for each guess, and an answer.</summary>
    public override int LongestCompletion => options.Turns * (digits + 2);

    /// <summary>The mean reward of the best play, exactly.</summary>
    public double BestReward
    {
        get
        {
            var known = new Dictionary<(int, int), int>();
            return (double)Best(options.Largest, 1) / options.Largest / options.Turns;

            // The sum over what the number may be of T + 1 − t.
            int Best(int left, int turn)
            {
                if (left == 0 || turn > options.Turns)
                    return 0;
                if (known.TryGetValue((left, turn), out int best))
                    return best;
                for (int guess = 1; guess <= left; guess++)
                    best = Math.Max(best, Best(guess - 1, turn + 1) + Best(left - guess, turn + 1));
                return known[(left, turn)] = best + options.Turns + 1 - turn;
            }
        }
    }

    /// <inheritdoc/>
    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Task, (ulong)number).Sequence((uint)split);
        int target = 1 + random.NextInt(options.Largest);
        return new PromptExample(Question)
        {
            Columns = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
            {
                [Target] = JsonElement.Parse(target.ToString(CultureInfo.InvariantCulture)),
            },
        };
    }

    /// <inheritdoc/>
    public override string? Answer(PromptExample example, IReadOnlyList<string> said)
    {
        ArgumentNullException.ThrowIfNull(example);
        ArgumentNullException.ThrowIfNull(said);
        int target = example.Columns[Target].GetInt32();
        return Guess(said[^1]) is not { } guess || guess == target || said.Count >= options.Turns ? null
            : guess < target ? Higher : Lower;
    }

    /// <summary>A play of guesses at random among the numbers that are still possible.</summary>
    /// <inheritdoc/>
    public override TokenSequence Wanted(ulong seed, long number)
    {
        PromptExample example = Draw(seed, number);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, (ulong)number).Sequence(0);
        int[] prompt = Encode(example);
        List<int> tokens = [.. prompt];
        List<byte> mask = [.. new byte[prompt.Length]];
        List<string> said = [];
        (int least, int most) = (1, options.Largest);
        string? answer;
        do
        {
            int guess = least + random.NextInt(most - least + 1);
            said.Add(guess.ToString(CultureInfo.InvariantCulture));
            Append([.. Tokenizer.Encode(said[^1], addTemplate: false), EndTokens[0]], 1);
            answer = Answer(example, said);
            if (answer is not null)
                Append(Tokenizer.Encode(answer, addTemplate: false), 0);
            (least, most) = answer == Higher ? (guess + 1, most) : (least, guess - 1);
        }
        while (answer is not null);
        return new TokenSequence([.. tokens], [.. mask]);

        void Append(int[] ids, byte mark)
        {
            tokens.AddRange(ids);
            mask.AddRange(Enumerable.Repeat(mark, ids.Length));
        }
    }

    // The turn that found the number; null where none did. Turns are what the policy drew between answers: an answer
    // that it writes itself is no number, and ends the play.
    int? TurnOf(Completion completion)
    {
        if (!completion.IsFinished)
            return null;
        int turn = 1, last = 0;
        for (int t = 0; t < completion.Mask.Count; t++)
        {
            if (completion.Mask[t] == 0)
                (turn, last) = (turn + 1, t + 1);
        }
        string text = Tokenizer.Decode([.. completion.Tokens.Skip(last)], skipSpecial: true, continues: true);
        return Guess(text) is { } guess && guess == completion.Columns[Target].GetInt32() ? turn : null;
    }

    int? Guess(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int guess)
        && guess >= 1 && guess <= options.Largest ? guess : null;
}
