using System.Globalization;
using System.Text.Json;
using RLSquared.Language.Data;

using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Prompts;

/// <summary>What <see cref="StoriesTask"/> can be told.</summary>
public sealed record StoriesOptions
{
    /// <summary>
    /// The folder of a language model that tells stories, such as stories260K: its tokenizer, and the weights to begin
    /// with.
    /// </summary>
    public string Model { get; init => field = value.Length > 0 ? Path.GetFullPath(value) : ""; } = "";

    /// <summary>The fewest tokens of a story. Few: one sentence is a story; many: harder to end in time.</summary>
    public int Shortest { get; init => field = Require.AtLeast("shortest", value, 0); } = 40;

    /// <summary>The most tokens until it must have ended.</summary>
    public int Longest { get; init => field = Require.AtLeast("longest", value, 2); } = 120;

    /// <summary>How often the story names the child, at least.</summary>
    public int Mentions { get; init => field = Require.Within("mentions", value, 1, 20); } = 2;

    /// <summary>The options by name.</summary>
    public static OptionTable<StoriesOptions> Table { get; } =
        new OptionTable<StoriesOptions>("the task stories", new())
            .Words("model", "folder of a language model that tells stories; it must be given",
                options => options.Model, (options, value) => options with { Model = value })
            .Integer("shortest", "fewest tokens of a story",
                options => options.Shortest, (options, value) => options with { Shortest = value },
                low: "a sentence is a story", high: "harder to end in time")
            .Integer("longest", "most tokens until it must have ended",
                options => options.Longest, (options, value) => options with { Longest = value },
                low: "few stories end so soon", high: "most do by themselves")
            .Integer("mentions", "how often it names the child, at least",
                options => options.Mentions, (options, value) => options with { Mentions = value });
}

/// <summary>
/// Stories of a child whose beginning is given: <c>Once upon a time, there was a little girl named Lily.</c> Half of
/// the reward is for a story that ends in time, and is none too short; half is for naming the child as often as wanted.
/// The base model tells on and on, so that few of its stories end in time. A quarter of the children is held out.
/// </summary>
public sealed class StoriesTask : PromptTask
{
    const int HeldOutOf = 4;

    static readonly string[] openings =
    [
        "Once upon a time, there was a little {0} named {1}.", "One day, a {0} named {1} went to the park.",
        "There was a little {0} named {1}.", "Once there was a happy {0} named {1} who liked to play.",
    ];

    static readonly (string Kind, string[] Names)[] children =
    [
        ("girl", ["Lily", "Mia", "Anna", "Sue", "Lucy", "Amy", "Sara", "Jane", "Emma", "Molly", "Daisy", "Lola"]),
        ("boy", ["Tim", "Tom", "Ben", "Max", "Jack", "Sam", "Bob", "Timmy", "Billy", "Joe", "Leo", "Fred"]),
    ];

    readonly StoriesOptions options;

    /// <summary>The task.</summary>
    /// <param name="options">With the folder of a model.</param>
    /// <exception cref="OptionException">There is no model, or the shortest story is too long.</exception>
    /// <exception cref="InvalidDataException">The folder holds no tokenizer, or no configuration.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public StoriesTask(StoriesOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Model.Length == 0 || !Directory.Exists(options.Model))
        {
            throw new OptionException("model", options.Model.Length == 0
                ? "stories are told by a language model; give its folder: --set model=FOLDER"
                : $"there is no folder {options.Model} of a language model");
        }
        if (options.Shortest >= options.Longest)
        {
            throw new OptionException("shortest",
                $"shortest {options.Shortest} must be below longest {options.Longest}, the most tokens of a story");
        }
        this.options = options;
        Tokenizer = Tokenizer.Load(options.Model);
        IReadOnlyList<int> proposed = GenerationConfiguration.Load(options.Model).EndTokens;
        EndTokens = proposed.Count > 0 ? proposed : ModelConfigurationFile.Load(options.Model).EndTokens;
        Rewards = new RewardSet().Add("ends", Ends, weight: 0.5f).Add("names", Names, weight: 0.5f);
    }

    /// <inheritdoc/>
    public override string Name => "stories";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => StoriesOptions.Table.Show(options);

    /// <inheritdoc/>
    public override int EvaluationInstances => 200;

    /// <summary>The model can speak already: no warm start, and a reference that it stays near.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
    [
        new("model", options.Model),
        new("batch", "64"),
        new("group-size", "8"),
        new("kl", "0.02"),
        new("learning-rate", "0.001"),
        new("learning-rate-schedule", "constant"),
    ];

    /// <inheritdoc/>
    public override Tokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public override RewardSet Rewards { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<int> EndTokens { get; }

    /// <inheritdoc/>
    public override int LongestPrompt => 64;

    /// <inheritdoc/>
    public override int LongestCompletion => options.Longest;

    /// <inheritdoc/>
    public override PromptExample Draw(ulong seed, long number, PromptSplit split = PromptSplit.Training)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Task, (ulong)number).Sequence((uint)split);
        (string kind, string[] names) = children[random.NextInt(children.Length)];
        string[] known = [.. names.Where((_, i) => (i % HeldOutOf == HeldOutOf - 1) == (split == PromptSplit.HeldOut))];
        string name = known[random.NextInt(known.Length)];
        return new PromptExample(string.Format(
            CultureInfo.InvariantCulture, openings[random.NextInt(openings.Length)], kind, name))
        {
            Columns = new Dictionary<string, JsonElement>(StringComparer.Ordinal)
            {
                ["name"] = JsonElement.Parse($"\"{name}\""),
            },
        };
    }

    float? Ends(Completion story) => story.IsFinished && story.Tokens.Count >= options.Shortest ? 1 : 0;

    // The share of the wanted mentions; a longer name that begins alike is another child.
    float? Names(Completion story)
    {
        string name = story.Column("name")!;
        int found = 0;
        for (int at = 0; (at = story.Text.IndexOf(name, at, StringComparison.Ordinal)) >= 0; at += name.Length)
        {
            int end = at + name.Length;
            bool isWord = (at == 0 || !char.IsLetter(story.Text[at - 1]))
                && (end == story.Text.Length || !char.IsLetter(story.Text[end]));
            found += isWord ? 1 : 0;
        }
        return Math.Min(found, options.Mentions) / (float)options.Mentions;
    }
}
