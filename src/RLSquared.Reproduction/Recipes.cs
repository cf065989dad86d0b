using RLSquared.Evaluation;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Reproduction;

/// <summary>A table of the paper: what its rows ask for, and how each is trained here.</summary>
/// <param name="Name">The name on the command line.</param>
/// <param name="Title">What stands above the page.</param>
/// <param name="Task">The task that rows play which name no other.</param>
/// <param name="Instances">Fresh trials for each agent when the user does not say.</param>
/// <param name="Rows">The rows, in the paper's order.</param>
/// <param name="Recipes">The trainings; the first of a row is the one that is meant when no variant is named.</param>
internal sealed record PaperTable(
    string Name, string Title, string Task, int Instances, IReadOnlyList<TableRow> Rows,
    IReadOnlyList<Recipe> Recipes)
{
    /// <summary>The kinds of networks in the order in which they are shown.</summary>
    public IReadOnlyList<Variant> Variants { get; init; } = Reproduction.Recipes.Variants;

    /// <summary>What is meant by a score, for the page; null for the total reward of a trial.</summary>
    public string? About { get; init; }

    /// <summary>How who plays is judged; null for the total reward of a trial.</summary>
    public Judge? Judge { get; init; }

    /// <summary>What a total reward is divided by to be compared with a score: the ceiling, that is.</summary>
    public Func<TaskDistribution, double> Unit { get; init; } = _ => 1;

    /// <summary>The name of the task that a row plays.</summary>
    /// <param name="row">The row's id.</param>
    public string TaskOf(string row) => Rows.First(known => known.Id == row).Task ?? Task;
}

/// <summary>A row of a table.</summary>
/// <param name="Id">The name after <c>--row</c>.</param>
/// <param name="Label">How the paper calls it.</param>
/// <param name="Training">The task's options in training, as text for <c>--set</c>.</param>
/// <param name="Aim">What is to be reached here.</param>
internal sealed record TableRow(string Id, string Label, string Training, Aim Aim)
{
    /// <summary>The task's options in the evaluation.</summary>
    public string Evaluation { get; init; } = Training;

    /// <summary>The first episodes of a trial, which do not count where a table's judge leaves some out.</summary>
    public int Explore { get; init; }

    /// <summary>The task that it plays; null for the table's.</summary>
    public string? Task { get; init; }
}

/// <summary>What is to be reached in a row.</summary>
/// <param name="Text">As it reads in a table.</param>
/// <param name="Mean">The score to reach; null where it goes by the ceiling, or by no single number.</param>
/// <param name="ShareOfCeiling">The share of the ceiling to reach.</param>
internal sealed record Aim(string Text, double? Mean = null, double? ShareOfCeiling = null)
{
    /// <summary>A score.</summary>
    public static Aim Of(double mean) => new(FormattableString.Invariant($"{mean}"), Mean: mean);

    /// <summary>So many per cent below the ceiling at most.</summary>
    public static Aim Within(double percent) => new(
        FormattableString.Invariant($"within {percent} % of the ceiling"), ShareOfCeiling: 1 - percent / 100);

    /// <summary>
    /// So many targets found in each of the first two episodes, the second shorter by a fifth, and a share of trials
    /// whose second episode is no longer than the first.
    /// </summary>
    public static Aim OfNavigation(double success, double improved) => new(FormattableString.Invariant(
        $"success ≥ {success:P0}, second episode shorter by a fifth, improved ≥ {improved:P0}"))
    {
        Success = success,
        Improved = improved,
    };

    /// <summary>The share of targets to find; null where nothing is searched.</summary>
    public double? Success { get; init; }

    /// <summary>The share of trials that improve; null where nothing is searched.</summary>
    public double? Improved { get; init; }

    /// <summary>Whether the figures of a search reach the aim; null where it is not about a search.</summary>
    public bool? IsReachedBy(NavigationFigures figures) => Success is not { } success ? null
        : figures.Episodes.Count > 1 && figures.Episodes.Take(2).All(episode => episode.Success.Mean >= success)
            && figures.Improved?.Mean >= Improved
            && figures.Episodes[1].StepsOfSuccesses?.Mean <= 0.8 * figures.Episodes[0].StepsOfSuccesses?.Mean;

    /// <summary>The score to reach under a ceiling; null where that is no single number.</summary>
    public double? Target(double? ceiling) => Mean ?? ShareOfCeiling * ceiling;
}

/// <summary>How a row is trained.</summary>
/// <param name="Row">The row's id.</param>
/// <param name="Variant">One of <see cref="Recipes.Variants"/>.</param>
/// <param name="Settings">The algorithm's options as text for <c>--set</c>.</param>
/// <param name="Budget">
/// How long; in steps, so that it can be repeated to the bit. Null: not at all, the agent is that of <c>From</c>.
/// </param>
/// <param name="From">The row whose weights (same variant, same seed) it begins with; null for fresh ones.</param>
internal sealed record Recipe(string Row, string Variant, string Settings, string? Budget, string? From = null)
{
    public string Algorithm { get; init; } = "rl2";

    public string Preset { get; init; } = "default";
}

/// <summary>A kind of network and inputs.</summary>
/// <param name="Name">The name after <c>--variant</c> and in the table.</param>
/// <param name="Description">What it is.</param>
/// <param name="IsPlain">
/// Whether it is RL² as the paper means it: a recurrent network that sees observations, actions, rewards, flags and the
/// time, and no more. Others are shown apart.
/// </param>
internal sealed record Variant(string Name, string Description, bool IsPlain);

/// <summary>
/// The trainings behind the published tables, one line each.
/// <para>To tune a row: edit its settings or its budget. To add a variant: one line in <see cref="Variants"/>, and one
/// for each row that it is trained for.</para>
/// </summary>
internal static class Recipes
{
    const string Plain = "gru", PlainTaught = "gru-taught", Cells = "cells", CellsTaught = "cells-taught";

    // Regrets in place of rewards in the return, and a value that sees them: it changes the teacher, not the agent.
    const string Taught = "regret=true privileged-value=true value-cells=32 trials=512 minibatch=32";

    const string Layer = $"hidden=64 {Taught} learning-rate=2e-3";

    const string Table = "cells=32 value-cells=32 trials=512 minibatch=32 learning-rate=2e-3";

    const string TableTaught = $"cells=32 {Taught} learning-rate=2e-3";

    const string Mazes = "trials=64 minibatch=8 shards=4 learning-rate=1e-3 entropy=0.003";

    const string MazesTaught = $"regret=true lambda=0.5 value-lambda=0.9 {Mazes}";

    /// <summary>The kinds of networks.</summary>
    public static IReadOnlyList<Variant> Variants { get; } =
    [
        new(Plain, "one recurrent layer, trained on rewards: plain RL²", IsPlain: true),
        new(PlainTaught, "the same layer; in training the return adds up regrets, and a value sees them",
            IsPlain: false),
        new(Cells, "a recurrent cell per state and action with shared weights; it sees what the layer sees, and is " +
            "trained on rewards", IsPlain: false),
        new(CellsTaught, "the same cells; in training the return adds up regrets, and a value sees them",
            IsPlain: false),
    ];

    /// <summary>All tables.</summary>
    public static Catalogue<PaperTable> Tables { get; } = new("table", table => table.Name,
    [
        new("table1", "Table 1: Bernoulli bandits", "bandits", 100_000,
        [
            new("n10-k5", "n = 10, k = 5", "arms=5 pulls=10", Aim.Within(0.3)),
            new("n10-k10", "n = 10, k = 10", "arms=10 pulls=10", Aim.Within(0.3)),
            new("n10-k50", "n = 10, k = 50", "arms=50 pulls=10", Aim.Within(0.3)),
            new("n100-k5", "n = 100, k = 5", "arms=5 pulls=100", Aim.Within(0.5)),
            new("n100-k10", "n = 100, k = 10", "arms=10 pulls=100", Aim.Within(0.5)),
            new("n100-k50", "n = 100, k = 50", "arms=50 pulls=100", Aim.Within(0.5)),
            new("n500-k5", "n = 500, k = 5", "arms=5 pulls=500", Aim.Of(406)),
            new("n500-k10", "n = 500, k = 10", "arms=10 pulls=500", Aim.Of(438)),
            new("n500-k50", "n = 500, k = 50", "arms=50 pulls=500", Aim.Of(460)),
        ],
        [
            new("n10-k5", Plain, "hidden=64", "24M"),
            new("n10-k10", Plain, "hidden=64", "40M"),
            new("n10-k50", Plain, "hidden=64", "40M"),
            new("n100-k5", Plain, "hidden=128", "60M"),
            new("n100-k10", Plain, "hidden=128", "60M"),
            new("n100-k50", Plain, "hidden=128", "60M"),
            new("n500-k5", Plain, "hidden=128", "60M", From: "n100-k5"),
            new("n500-k10", Plain, "hidden=128", "60M", From: "n100-k10"),
            new("n500-k50", Plain, "hidden=128", "60M", From: "n100-k50"),
            new("n10-k5", PlainTaught, $"{Layer} lambda=0.9", "12M"),
            new("n10-k10", PlainTaught, $"{Layer} lambda=0.9", "12M"),
            new("n10-k50", PlainTaught, $"{Layer} lambda=0.9", "12M"),
            new("n100-k5", PlainTaught, $"{Layer} lambda=0.9", "40M"),
            new("n100-k10", PlainTaught, $"{Layer} lambda=0.9", "40M"),
            new("n100-k50", PlainTaught, $"{Layer} lambda=0.9", "40M"),
            new("n500-k5", PlainTaught, $"{Layer} lambda=0.95", "40M", From: "n100-k5"),
            new("n500-k10", PlainTaught, $"{Layer} lambda=0.95", "40M", From: "n100-k10"),
            new("n500-k50", PlainTaught, $"{Layer} lambda=0.95", "40M", From: "n100-k50"),
            new("n10-k5", Cells, $"{Table} lambda=0.95", "6M"),
            new("n10-k10", Cells, $"{Table} lambda=0.95", "6M"),
            new("n10-k50", Cells, $"{Table} lambda=0.95", "6M"),
            new("n100-k5", Cells, $"{Table} lambda=0.95", "16M"),
            new("n100-k10", Cells, $"{Table} lambda=0.95", "16M"),
            new("n100-k50", Cells, $"{Table} lambda=0.95", "10M", From: "n100-k10"),
            new("n500-k5", Cells, $"{Table} lambda=0.95", "60M"),
            new("n500-k10", Cells, $"{Table} lambda=0.95", "60M"),
            new("n500-k50", Cells, $"{Table} lambda=0.95", "20M", From: "n500-k10"),
            new("n10-k5", CellsTaught, $"{TableTaught} lambda=0.95", "6M"),
            new("n10-k10", CellsTaught, $"{TableTaught} lambda=0.95", "6M"),
            new("n10-k50", CellsTaught, $"{TableTaught} lambda=0.95", "6M"),
            new("n100-k5", CellsTaught, $"{TableTaught} lambda=0.98", "16M"),
            new("n100-k10", CellsTaught, $"{TableTaught} lambda=0.98", "16M"),
            new("n100-k50", CellsTaught, $"{TableTaught} lambda=0.98", "10M", From: "n100-k10"),
            new("n500-k5", CellsTaught, $"{TableTaught} lambda=0.98", "60M"),
            new("n500-k10", CellsTaught, $"{TableTaught} lambda=0.98", "60M"),
            new("n500-k50", CellsTaught, $"{TableTaught} lambda=0.98", "20M", From: "n500-k10"),
        ]),

        new("table2", "Table 2: random MDPs", "mdps", 10_000,
        [
            new("n10", "n = 10", "states=10 actions=5 horizon=10 episodes=10", Aim.Of(160)),
            new("n25", "n = 25", "states=10 actions=5 horizon=10 episodes=25", Aim.Of(452)),
            new("n50", "n = 50", "states=10 actions=5 horizon=10 episodes=50", Aim.Of(950)),
            new("n75", "n = 75", "states=10 actions=5 horizon=10 episodes=75", Aim.Of(1470)),
            new("n100", "n = 100", "states=10 actions=5 horizon=10 episodes=100", Aim.Of(1990)),
        ],
        [
            new("n10", Plain, "hidden=128", "60M"),
            new("n25", Plain, "hidden=128", "60M", From: "n10"),
            new("n50", Plain, "hidden=128", "60M", From: "n25"),
            new("n75", Plain, "hidden=128", "60M", From: "n50"),
            new("n100", Plain, "hidden=128", "60M", From: "n75"),
            new("n10", PlainTaught, $"{Layer} lambda=0.95", "60M"),
            new("n10", Cells, $"{Table} lambda=0.95", "12M"),
            new("n25", Cells, $"{Table} lambda=0.95", "16M", From: "n10"),
            new("n50", Cells, $"{Table} lambda=0.95", "20M", From: "n25"),
            new("n75", Cells, $"{Table} lambda=0.95", "24M", From: "n50"),
            new("n100", Cells, $"{Table} lambda=0.95", "28M", From: "n75"),
            new("n10", CellsTaught, $"{TableTaught} lambda=0.95", "12M"),
            new("n25", CellsTaught, $"{TableTaught} lambda=0.95", "16M", From: "n10"),
            new("n50", CellsTaught, $"{TableTaught} lambda=0.95", "20M", From: "n25"),
            new("n75", CellsTaught, $"{TableTaught} lambda=0.95", "24M", From: "n50"),
            new("n100", CellsTaught, $"{TableTaught} lambda=0.95", "28M", From: "n75"),
        ]),

        new("table3", "Table 3: mazes", "mazes", 1_000,
        [
            new("small", "small", "size=small episodes=2 split=train", Aim.OfNavigation(0.99, improved: 0.9))
            {
                Evaluation = "size=small episodes=5 split=test",
            },
            new("large", "large", "size=small episodes=2 split=train", Aim.OfNavigation(0.95, improved: 0.75))
            {
                Evaluation = "size=large episodes=5 split=test",
            },
        ],
        [
            new("small", Plain, Mazes, "8M"),
            new("large", Plain, Mazes, Budget: null, From: "small"),
            new("small", PlainTaught, MazesTaught, "8M"),
            new("large", PlainTaught, MazesTaught, Budget: null, From: "small"),
        ]),

        .. ExplorationTables.All,
    ]);

    /// <summary>The recipes of the named rows and variants, in the table's order.</summary>
    /// <param name="table">The table.</param>
    /// <param name="rows">Ids; none for all rows.</param>
    /// <param name="variants">Variants; none for the first of each row.</param>
    /// <exception cref="OptionException">An unknown row, or a variant that a row does not have.</exception>
    public static IReadOnlyList<Recipe> Choose(
        PaperTable table, IReadOnlyList<string> rows, IReadOnlyList<string> variants)
    {
        var known = new Catalogue<TableRow>("row", row => row.Id, table.Rows, table.Name);
        HashSet<string> ids = [.. rows.Select(
            name => known.Find(name, "--row").Id)];
        List<Recipe> chosen = [];
        foreach (TableRow row in table.Rows.Where(row => ids.Count == 0 || ids.Contains(row.Id)))
        {
            Recipe[] recipes = [.. table.Recipes.Where(recipe => recipe.Row == row.Id)];
            var ways = new Catalogue<Recipe>("variant", recipe => recipe.Variant, recipes, row.Id);
            chosen.AddRange(
                variants.Count == 0 ? recipes[..1] : variants.Select(name => ways.Find(name, "--variant")));
        }
        return chosen;
    }
}
