using System.Globalization;
using System.Text.Json;
using RLSquared.Language.Data;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Prompts;

/// <summary>What <see cref="ArithmeticTask"/> can be told.</summary>
public sealed record ArithmeticOptions
{
    /// <summary>The smallest operand. 10: all operands have two digits, which stand in the same places.</summary>
    public int Smallest { get; init => field = Require.Within("smallest", value, 0, 999_999); } = 10;

    /// <summary>
    /// The largest operand. 9: a table of a hundred sums; 99: carries over two digits; 999 needs a larger model and
    /// more time.
    /// </summary>
    public int Largest { get; init => field = Require.Within("largest", value, 3, 999_999); } = 99;

    /// <summary>The operations, some of +, - and *.</summary>
    public string Operations
    {
        get;
        init => field = value.Length > 0 && value.All("+-*".Contains) && value.Distinct().Count() == value.Length
            ? value : throw new OptionException(
                "operations", $"operations must be some of +, - and *, each once, such as +-, but is '{value}'");
    } = "+";

    /// <summary>
    /// The share of problems that are held out: they are never learnt from and are what evaluations ask.
    /// </summary>
    public double HeldOut { get; init => field = Require.Within("held-out", value, 0.01, 0.9); } = 0.1;

    /// <summary>The options by name.</summary>
    public static OptionTable<ArithmeticOptions> Table { get; } =
        new OptionTable<ArithmeticOptions>("the task arithmetic", new())
            .Integer("smallest", "the smallest operand",
                options => options.Smallest, (options, value) => options with { Smallest = value })
            .Integer("largest", "the largest operand",
                options => options.Largest, (options, value) => options with { Largest = value },
                low: "few problems", high: "more carries, slower to learn")
            .Words("operations", "some of +, - and *",
                options => options.Operations, (options, value) => options with { Operations = value })
            .Number("held-out", "share of problems that only measure",
                options => options.HeldOut, (options, value) => options with { HeldOut = value },
                low: "more to learn from", high: "a harder test");
}

/// <summary>
/// Sums such as <c>47+85=</c>, whose answer <c>132</c> is scored 1 when it is exact and 0 when not. Differences may be
/// negative. A token is a digit or a sign, and the answer ends with a token of its own.
/// <para>
/// A tenth of the problems is held out. <c>47+85</c> and <c>85+47</c> are on the same side of that cut, for one gives
/// the other away.
/// </para>
/// </summary>
public sealed class ArithmeticTask : PromptTask
{
    const string Characters = "0123456789+-*=", End = "<end>", Pad = "<pad>";
    const ulong SplitSeed = 0x5EED_0F_5911;                  // of the cut: the same for every run

    readonly ArithmeticOptions options;
    readonly int digits;

    /// <summary>The task.</summary>
    /// <param name="options">Null for sums of numbers from 10 to 99.</param>
    /// <exception cref="OptionException">There are too few operands.</exception>
    public ArithmeticTask(ArithmeticOptions? options = null)
    {
        this.options = options ?? new ArithmeticOptions();
        if (this.options.Largest < this.options.Smallest + 3)
        {
            throw new OptionException("largest", $"largest {this.options.Largest} must be at least 3 above " +
                $"smallest {this.options.Smallest}, for some problems are held out");
        }
        digits = this.options.Largest.ToString(CultureInfo.InvariantCulture).Length;
        TokenizerFile = CharacterTokenizer.Write(Characters, Pad, End);
        Tokenizer = Tokenizer.Parse(TokenizerFile, "the tokenizer of arithmetic");
        EndTokens = [Tokenizer.Find(End)!.Value];
        Rewards = new RewardSet().Add("exact", completion =>
            completion.IsFinished && completion.Text == completion.Column("answer") ? 1 : 0);
    }

    /// <inheritdoc/>
    public override string Name => "arithmetic";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => ArithmeticOptions.Table.Show(options);

    /// <summary>A new model learns it from nothing: a short warm start, and then rewards.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
    [
        new("layers", "3"),
        new("warm-start", "2000"),
        new("warm-start-batch", "64"),
        new("warm-start-rate", "0.001"),
        new("warm-start-reward", "0.25"),
        new("batch", "256"),
        new("group-size", "8"),
        new("updates", "4"),
        new("kl", "0"),
        new("learning-rate", "0.00015"),
        // Sums that end with 0 or 9 are learnt last, and are few among new ones.
        new("ask-again", "0.5"),
    ];

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; }

    /// <summary>The bytes of its <c>tokenizer.json</c>.</summary>
    internal byte[] TokenizerFile { get; }

    /// <inheritdoc/>
    public override RewardSet Rewards { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> EndTokens { get; }

    /// <summary>Two operands, two signs.</summary>
    public override int LongestPrompt => 2 * digits + 2;

    /// <summary>The digits of the largest answer or a minus, the end, and one more.</summary>
    public override int LongestCompletion => (options.Operations.Contains('*') ? 2 * digits : digits + 1) + 2;

    /// <inheritdoc/>
    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Task, (ulong)number).Sequence((uint)split);
        while (true)
        {
            char operation = options.Operations[random.NextInt(options.Operations.Length)];
            int a = Operand(ref random), b = Operand(ref random);
            if (IsHeldOut(operation, a, b) == (split == PromptSplit.HeldOut))
                return Problem(operation, a, b);
        }
    }

    int Operand(ref RandomSequence random) =>
        options.Smallest + random.NextInt(options.Largest - options.Smallest + 1);

    /// <summary>Whether a problem is never learnt from.</summary>
    internal bool IsHeldOut(char operation, int a, int b)
    {
        if (operation != '-' && a > b)
            (a, b) = (b, a);
        return new RandomKey(SplitSeed, RandomPurpose.Other, ((ulong)(uint)a << 32) | (uint)b).Uniform(operation)
            < options.HeldOut;
    }

    static PromptExample Problem(char operation, int a, int b)
    {
        long answer = operation switch { '+' => (long)a + b, '-' => (long)a - b, _ => (long)a * b };
        string text = answer.ToString(CultureInfo.InvariantCulture);
        return new PromptExample(string.Create(CultureInfo.InvariantCulture, $"{a}{operation}{b}="))
        {
            Completion = text,
            Columns = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
            {
                ["answer"] = JsonElement.Parse($"\"{text}\""),
            },
        };
    }
}
