using System.Globalization;
using RLSquared.Language.Tokenizers;
using RLSquared.Settings;

namespace RLSquared.Language.Environments;

/// <summary>What <see cref="HouseholdTask"/> can be told.</summary>
public sealed record HouseholdOptions
{
    /// <summary>The most turns of a play: 50 in ALFWorld.</summary>
    public int Steps { get; init => field = Require.Within("steps", value, 1, 1000); } = 25;

    /// <summary>The options by name.</summary>
    public static OptionTable<HouseholdOptions> Table { get; } =
        new OptionTable<HouseholdOptions>("the task household", new())
            .Integer("steps", "most turns of a play",
                options => options.Steps, (options, value) => options with { Steps = value },
                low: "no detours", high: "time to search");
}

/// <summary><see cref="Household"/> for a language agent.</summary>
/// <param name="options">Null for the usual.</param>
public sealed class HouseholdTask(HouseholdOptions? options = null) : AgentTask
{
    // What texts are made of, beside names: whole words, each with the space before it or at the beginning.
    const string Beginnings = "You Nothing Your There's This The On go open close take move use heat clean cool " +
        "examine inventory look";

    const string Words = "are in the middle of a room. room Looking quickly around you, you see and nothing " +
        "task is to: put some on at under examine with two find them look clean hot cool heat it arrive The closed. " +
        "open. In it, " +
        "On open close pick up from to move using turn off carrying: not carrying anything. facing Next special " +
        "about cold happens. is";

    readonly HouseholdOptions options = options ?? new HouseholdOptions();

    /// <inheritdoc/>
    public override string Name => "household";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => HouseholdOptions.Table.Show(options);

    /// <summary>A play is one transcript, for what was seen is not shown again.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) => [new("history", "-1")];

    /// <inheritdoc/>
    public override TextEnvironment Create() => new Household();

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; } = WordTokenizer.Create(
        "abcdefghijklmnopqrstuvwxyzTYLINO' 0123456789.,:",
        [
            .. AgentTags.All, .. Beginnings.Split(' '), .. Words.Split(' ').Distinct().Select(word => " " + word),
            .. HouseholdWorld.Names.SelectMany(name => (string[])[name, " " + name]),
            .. Enumerable.Range(1, 9).Select(number => string.Create(CultureInfo.InvariantCulture, $" {number}")),
        ]);

    /// <inheritdoc/>
    public override int MostSteps => options.Steps;

    /// <inheritdoc/>
    public override int LongestObservation => 80;

    /// <inheritdoc/>
    public override int LongestInstruction => 16;

    /// <summary><c>take apple 1 from countertop 2</c>, and one more.</summary>
    public override int LongestAction => 7;

    /// <inheritdoc/>
    public override int LongestLesson => 6;
}
