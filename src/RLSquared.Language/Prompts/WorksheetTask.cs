using System.Text;
using System.Text.Json;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Prompts;

/// <summary>How the references of <see cref="WorksheetTask"/> are written.</summary>
public enum WorksheetReference
{
    /// <summary>As the policy writes: <c>7+5=2#</c>.</summary>
    Own,
    /// <summary>As someone else does, the result first: <c>2=7+5#</c>.</summary>
    Backward,
}

/// <summary>What <see cref="WorksheetTask"/> can be told.</summary>
public sealed record WorksheetOptions
{
    /// <summary>Rows of a hard worksheet. A policy that does a row right with p does them all with p to this.</summary>
    public int Steps { get; init => field = Require.Within("steps", value, 2, 40); } = 10;

    /// <summary>What sums are taken modulo; digits are below it. 3·m² sums are to be learnt.</summary>
    public int Modulus { get; init => field = Require.Within("modulus", value, 3, 10); } = 10;

    /// <summary>How many hard worksheets there are to learn from.</summary>
    public int Problems { get; init => field = Require.Within("problems", value, 2, 1_000_000); } = 64;

    /// <summary>The share of rows that are right in the examples of the warm start.</summary>
    public double Right { get; init => field = Require.Within("right", value, 0, 1); } = 0.25;

    /// <summary>The share of those examples that have a reference in their prompt.</summary>
    public double Hints { get; init => field = Require.Within("hints", value, 0, 1); } = 0.15;

    /// <summary>The share of rows that are right in examples with a reference in their prompt.</summary>
    public double HintedRight { get; init => field = Require.Within("hinted-right", value, 0, 1); } = 0.6;

    /// <summary>How references are written.</summary>
    public WorksheetReference Reference { get; init; } = WorksheetReference.Own;

    /// <summary>The options by name.</summary>
    public static OptionTable<WorksheetOptions> Table { get; } =
        new OptionTable<WorksheetOptions>("the task worksheets", new())
            .Integer("steps", "rows of a hard worksheet",
                options => options.Steps, (options, value) => options with { Steps = value },
                low: "sometimes solved by luck", high: "never solved by luck")
            .Integer("modulus", "what sums are taken modulo",
                options => options.Modulus, (options, value) => options with { Modulus = value },
                low: "few sums to learn", high: "many")
            .Integer("problems", "hard worksheets to learn from",
                options => options.Problems, (options, value) => options with { Problems = value },
                low: "learnt by heart", high: "learnt as a rule")
            .Number("right", "share of right rows in the examples of the warm start",
                options => options.Right, (options, value) => options with { Right = value },
                low: "a hard task", high: "an easy one")
            .Number("hints", "share of those examples with a reference in the prompt",
                options => options.Hints, (options, value) => options with { Hints = value })
            .Number("hinted-right", "share of right rows in those",
                options => options.HintedRight, (options, value) => options with { HintedRight = value },
                low: "a poor teacher", high: "a good teacher for self-distill")
            .Choice("reference", "how references are written",
                options => options.Reference, (options, value) => options with { Reference = value },
                ("own", WorksheetReference.Own), ("backward", WorksheetReference.Backward));
}

/// <summary>
/// Worksheets of a chain of sums modulo 10 or less, to be filled in row by row. Each row goes on with the result of the
/// one before:
/// <code>
///   prompt      7+5=?#?*3=?#?-4=?#|
///   completion  7+5=2#2*3=6#6-4=2#
/// </code>
/// A completion is worth 1 if all rows are right, and 0 if not.
/// <para>
/// The warm start is taught by a tutor who gets a row right with 0.25 only, is one too high with 0.45 and one too low
/// with 0.3. So the policy knows the form and the slips. The right result is among what it tries, a whole sheet of ten
/// rows nearly never is (0.25 to the tenth, one in a million), and its likeliest answer is wrong in each row. That is
/// what <c>exprl</c> is for. A prompt has a worked reference and its rows as checkpoints. In some examples of the warm
/// start the reference stands before the problem, and the tutor slips less: what <c>self-distill</c> needs.
/// </para>
/// </summary>
public sealed class WorksheetTask : PromptTask
{
    const string Characters = "0123456789+-*=?#.|", End = "<end>", Pad = "<pad>", Operations = "+-*";
    const int RowLength = 6;
    const double TooHigh = 0.6;                              // of the slips; the others are one too low
    const ulong PoolSeed = 0x5EED_0F_15;                     // of the hard worksheets: the same for every run

    readonly WorksheetOptions options;

    /// <summary>The task.</summary>
    /// <param name="options">Null for ten rows.</param>
    public WorksheetTask(WorksheetOptions? options = null)
    {
        this.options = options ?? new WorksheetOptions();
        Tokenizer = Tokenizer.Parse(CharacterTokenizer.Write(Characters, Pad, End), "the tokenizer of worksheets");
        EndTokens = [Tokenizer.Find(End)!.Value];
        Rewards = new RewardSet()
            .Add("exact", completion => completion.IsFinished && RightRows(completion) == 1 ? 1 : 0)
            .Add("rows", completion => RightRows(completion), weight: 0);
    }

    /// <inheritdoc/>
    public override string Name => "worksheets";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => WorksheetOptions.Table.Show(options);

    /// <summary>A small model, a warm start on the tutor's examples, and groups of 16.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
    [
        new("layers", "2"),
        new("hidden", "96"),
        new("warm-start", "1500"),
        new("warm-start-batch", "32"),
        new("warm-start-rate", "0.002"),
        new("warm-start-reward", "2"),
        new("batch", "256"),
        new("group-size", "16"),
        new("kl", "0"),
        new("learning-rate", "0.0005"),
        .. algorithm switch
        {
            ExpRl.Name => [new Assignment("delimiter", "#")],
            SelfDistillation.Name => [new Assignment("teacher-prompt", "{reference}|{problem}")],
            _ => Array.Empty<Assignment>(),
        },
    ];

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public override RewardSet Rewards { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> EndTokens { get; }

    /// <summary>A worksheet with its reference before it.</summary>
    public override int LongestPrompt => 2 * (RowLength * options.Steps + 1);

    /// <summary>All rows, the end, and one row more.</summary>
    public override int LongestCompletion => RowLength * (options.Steps + 1) + 1;

    /// <inheritdoc/>
    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        RandomSequence random = split == PromptSplit.Training
            ? new RandomKey(PoolSeed, RandomPurpose.Task, (ulong)(number % options.Problems)).Sequence(0)
            : new RandomKey(seed, RandomPurpose.Task, (ulong)number).Sequence((uint)split);
        return Example(Sheet.Draw(ref random, options.Steps, options.Modulus));
    }

    /// <inheritdoc/>
    public override TokenSequence Wanted(ulong seed, long number) =>
        TokenSequence.Of(Tokenizer, DrawExample(seed, number), EndTokens[0]);

    /// <summary>A worksheet of one row to all of them, as the tutor fills it in.</summary>
    /// <param name="seed">Of the run.</param>
    /// <param name="number">From 0.</param>
    internal PromptExample DrawExample(ulong seed, long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, (ulong)number).Sequence(0);
        bool isHinted = random.NextUniform() < options.Hints;
        int rows = isHinted ? options.Steps : 1 + random.NextInt(options.Steps);
        var sheet = Sheet.Draw(ref random, rows, options.Modulus);
        PromptExample example = Example(sheet);
        return example with
        {
            Prompt = isHinted ? $"{sheet.Fill(options.Reference)}|{example.Prompt}" : example.Prompt,
            Completion = sheet.Tutor(isHinted ? options.HintedRight : options.Right, ref random),
        };
    }

    PromptExample Example(Sheet sheet) => new(sheet.Prompt(options.Steps))
    {
        Columns = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
        {
            ["reference"] = JsonElement.Parse($"\"{sheet.Fill(options.Reference)}\""),
            ["checkpoints"] = JsonElement.Parse(
                $"[{string.Join(',', sheet.Rows(WorksheetReference.Own).Select(row => $"\"{row}\""))}]"),
        },
    };

    // The share of rows that are right, in either way of writing; 0 for another number of rows.
    static float RightRows(Completion completion)
    {
        JsonElement[] wanted = [.. completion.Columns["checkpoints"].EnumerateArray()];
        string text = completion.Text;
        string[] rows = (text.EndsWith('#') ? text[..^1] : text).Split('#');
        return rows.Length != wanted.Length ? 0 : rows.Zip(wanted).Count(pair =>
            pair.First == pair.Second.GetString() || pair.First == Backward(pair.Second.GetString()!))
            / (float)rows.Length;
    }

    static string Backward(string row) => $"{row[^1]}={row[..^2]}";

    // A chain: where it begins, and what is done in each row.
    sealed record Sheet(int Start, (char Operation, int Operand)[] Steps, int Modulus)
    {
        public static Sheet Draw(ref RandomSequence random, int rows, int modulus)
        {
            int start = random.NextInt(modulus);
            var steps = new (char, int)[rows];
            for (int row = 0; row < rows; row++)
                steps[row] = (Operations[random.NextInt(Operations.Length)], random.NextInt(modulus));
            return new Sheet(start, steps, modulus);
        }

        // All sheets have as many rows: those that are not asked for are blank.
        public string Prompt(int rows)
        {
            var text = new StringBuilder();
            for (int row = 0; row < rows; row++)
            {
                text.Append(row >= Steps.Length ? new string('.', RowLength)
                    : Row(row == 0 ? Digit(Start) : '?', Steps[row].Operation, Digit(Steps[row].Operand), '?') + "#");
            }
            return text.Append('|').ToString();
        }

        public IEnumerable<string> Rows(WorksheetReference style)
        {
            int value = Start;
            foreach ((char operation, int operand) in Steps)
            {
                int result = Result(value, operation, operand);
                string row = Row(Digit(value), operation, Digit(operand), Digit(result));
                yield return style == WorksheetReference.Own ? row : Backward(row);
                value = result;
            }
        }

        public string Fill(WorksheetReference style) => string.Concat(Rows(style).Select(row => row + "#"));

        public string Tutor(double right, ref RandomSequence random)
        {
            var text = new StringBuilder();
            int value = Start;
            foreach ((char operation, int operand) in Steps)
            {
                int slip = random.NextUniform() < right ? 0 : random.NextUniform() < TooHigh ? 1 : Modulus - 1;
                int result = (Result(value, operation, operand) + slip) % Modulus;
                text.Append(Row(Digit(value), operation, Digit(operand), Digit(result))).Append('#');
                value = result;
            }
            return text.ToString();
        }

        static string Row(char left, char operation, char operand, char result) =>
            new([left, operation, operand, '=', result]);

        static char Digit(int value) => (char)('0' + value);

        int Result(int value, char operation, int operand) => operation switch
        {
            '+' => (value + operand) % Modulus,
            '-' => (value - operand + Modulus) % Modulus,
            _ => value * operand % Modulus,
        };
    }
}
