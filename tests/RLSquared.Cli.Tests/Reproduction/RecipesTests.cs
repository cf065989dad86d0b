using RLSquared.Algorithms;
using RLSquared.Cli.Commands;
using RLSquared.Evaluation;
using RLSquared.MuJoCo;
using RLSquared.Opponents;
using RLSquared.Policies;
using RLSquared.Reproduction;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Cli.Tests.Reproduction;

public sealed class RecipesTests
{
    [Fact]
    public void Every_row_has_a_plain_recipe_and_every_recipe_a_row_a_variant_and_a_source()
    {
        foreach (PaperTable table in Recipes.Tables)
        {
            string[] plain = [.. table.Variants.Where(variant => variant.IsPlain).Select(variant => variant.Name)];
            foreach (TableRow row in table.Rows)
                Assert.Contains(table.Recipes, recipe => recipe.Row == row.Id && plain.Contains(recipe.Variant));
            for (int i = 0; i < table.Recipes.Count; i++)
            {
                Recipe recipe = table.Recipes[i];
                Assert.Contains(table.Rows, row => row.Id == recipe.Row);
                Assert.Contains(table.Variants, variant => variant.Name == recipe.Variant);
                Assert.Single(table.Recipes, other => (other.Row, other.Variant) == (recipe.Row, recipe.Variant));
                // A source stands above, so that no chain closes.
                bool hasSource = recipe.From is null || table.Recipes.Take(i).Any(
                    source => source.Row == recipe.From && source.Variant == recipe.Variant);
                Assert.True(hasSource, $"{recipe.Row} has no source");
                bool repeatable = recipe.Budget is { } budget
                    ? Budget.Parse(budget).Steps is not null : recipe.From is not null;
                Assert.True(repeatable, $"{recipe.Row} needs a budget in steps");
            }
        }
    }

    [Fact]
    public void The_options_of_every_recipe_can_be_and_a_source_has_the_same_network()
    {
        var catalogues = new Catalogues();
        foreach (PaperTable table in Recipes.Tables)
        {
            if (catalogues.Tasks.All(task => task.Name != table.Task))
                continue;
            foreach (Recipe recipe in table.Recipes.Where(recipe => recipe.Algorithm == "rl2"))
            {
                string[] network = Network(table, recipe);
                Assert.NotEmpty(network);
                if (recipe.From is { } from)
                {
                    Assert.Equal(network, Network(table, table.Recipes.First(
                        source => source.Row == from && source.Variant == recipe.Variant)));
                }
            }
        }

        string[] Network(PaperTable table, Recipe recipe)
        {
            TableRow row = table.Rows.First(row => row.Id == recipe.Row);
            (Problem task, RunConfiguration configuration) = TrainedRun.Configure(
                catalogues.Tasks.Find(table.Task), catalogues.Algorithms.Find(recipe.Algorithm), recipe.Preset,
                Assignment.ParseAll((row.Training + " " + recipe.Settings).Split(' ')));
            catalogues.Tasks.Find(table.Task).Create(Assignment.ParseAll(row.Evaluation.Split(' ')));
            Rl2Options options = Rl2Options.Table.Apply(configuration.AlgorithmAssignments());
            options.Validate();
            using var network = Policy.Recurrent(((TaskDistribution)task).Spaces, options.Network, 1);
            return [.. network.Parameters.All.Select(parameter => parameter.ToString())];
        }
    }

    [Fact]
    public void The_options_of_recipes_of_other_algorithms_can_be()
    {
        var catalogues = new Catalogues(MuJoCoCatalogue.Tasks);
        foreach (PaperTable table in ExplorationTables.All)
        {
            foreach (Recipe recipe in table.Recipes)
            {
                TableRow row = table.Rows.First(row => row.Id == recipe.Row);
                TaskEntry entry = catalogues.Tasks.Find(table.TaskOf(row.Id));
                if (MuJoCoCatalogue.Tasks.Contains(entry) && PhysicsEngine.Complaint() is not null)
                    continue;
                (Problem task, RunConfiguration configuration) = TrainedRun.Configure(
                    entry, catalogues.Algorithms.Find(recipe.Algorithm), recipe.Preset,
                    Assignment.ParseAll((row.Training + " " + recipe.Settings).Split(
                        ' ', StringSplitOptions.RemoveEmptyEntries)));
                Assert.Equal(recipe.Algorithm, configuration.Algorithm);
                TaskDistribution played = entry.Create(Assignment.ParseAll(row.Evaluation.Split(' ')));
                Assert.Equal(((TaskDistribution)task).Observation, played.Observation);
                Assert.InRange(row.Explore, 0, Math.Max(0, played.Episodes - 1));
                Assert.True(table.Unit(played) > 0);
            }
        }
    }

    [Fact]
    public void The_rows_of_table_1_are_the_papers()
    {
        string[] rows = [.. Recipes.Tables[0].Rows.Select(row => PaperTables.Find(
            TaskCatalogue.Find("bandits").Create(Assignment.ParseAll(row.Evaluation.Split(' '))))!.Row)];
        Assert.Equal(PaperTables.Bandits.Select(row => row.Row), rows);
        Assert.Equal(rows, Recipes.Tables[0].Rows.Select(row => row.Label));
    }

    [Fact]
    public void The_summary_has_every_aim_as_a_score_or_in_words()
    {
        var trained = new TrainedResult
        {
            Variant = "gru",
            Algorithm = "rl2",
            Preset = "default",
            Options = new Dictionary<string, string>(),
            Budget = "1",
        };
        var aim = Aim.OfNavigation(0.95, 0.7);
        Assert.Equal("", ReproduceCommand.AimText(aim, trained));
        Assert.Equal($"; aim {aim.Text} reached", ReproduceCommand.AimText(aim, trained with { ReachesAim = true }));
        Assert.Equal(
            $"; aim {aim.Text} not reached", ReproduceCommand.AimText(aim, trained with { ReachesAim = false }));
        Assert.Equal("; aim 3.500 reached",
            ReproduceCommand.AimText(Aim.Of(3.5), trained with { Aim = 3.5, ReachesAim = true }));
    }

    // 5·10⁹ draws at most; a trial of 500 pulls of 50 arms with 20 samples costs 500,000 of them.
    [Theory]
    [InlineData(500, 50, 20, 10_000)]
    [InlineData(100, 50, 20, 50_000)]
    [InlineData(500, 10, 20, 50_000)]
    [InlineData(500, 5, 20, 100_000)]
    [InlineData(500, 50, 1, 100_000)]
    [InlineData(10, 5, 20, 100_000)]
    public void A_slow_agent_plays_the_first_of_the_trials(int pulls, int arms, int samples, int expected)
    {
        var task = new BernoulliBandits(new BernoulliBanditsOptions { Pulls = pulls, Arms = arms });
        Assert.Equal(expected, TableOpponents.InstancesFor(new OptimisticThompson { Samples = samples }, task,
            100_000));
        Assert.Equal(100_000, TableOpponents.InstancesFor(new Thompson(), task, 100_000));
    }

    // The aim: found in 95 % at least, 75 % improved at least, the second episode a fifth shorter (40 → 32) at least.
    [Theory]
    [InlineData(0.95, 40, 0.95, 32, 0.75, true)]
    [InlineData(1, 40, 1, 10, 1, true)]
    [InlineData(0.94, 40, 1, 10, 1, false)]             // the first episode finds too little
    [InlineData(1, 40, 0.94, 10, 1, false)]             // the second does
    [InlineData(1, 40, 1, 32.1, 1, false)]              // the second is hardly shorter
    [InlineData(1, 40, 1, 10, 0.74, false)]             // too few trials improve
    public void An_aim_of_a_search_is_reached_when_all_that_it_asks_for_is(
        double found, double steps, double foundAgain, double stepsAgain, double improved, bool reached)
    {
        var aim = Aim.OfNavigation(0.95, improved: 0.75);
        EpisodeFigures first = Episode(found, steps), second = Episode(foundAgain, stepsAgain);
        // Later episodes are not asked about.
        Assert.Equal(reached, aim.IsReachedBy(
            new NavigationFigures([first, second, Episode(0, 99)], new Estimate(improved, 0))));
        Assert.Null(aim.Target(ceiling: 1));

        static EpisodeFigures Episode(double success, double steps) =>
            new(new Estimate(success, 0), new Estimate(steps, 0), new Estimate(500, 0));
    }

    [Fact]
    public void An_aim_of_a_search_is_missed_without_a_second_episode_or_any_success_and_others_say_nothing()
    {
        var aim = Aim.OfNavigation(0, improved: 0);
        var never = NavigationFigures.Of(2, [-9, -9]);
        Assert.False(aim.IsReachedBy(never));
        Assert.False(aim.IsReachedBy(NavigationFigures.Of(1, [3])));
        Assert.True(aim.IsReachedBy(NavigationFigures.Of(2, [10, 8])));
        Assert.Null(Aim.Of(3).IsReachedBy(never));
    }

    [Fact]
    public void An_option_that_did_not_exist_had_its_default()
    {
        var table = PretendOptions.Table;
        var then = new Dictionary<string, string> { ["hidden"] = "4" };
        Assert.Null(Differences.OfOptions(then, Now("trials", "10"), table));
        Assert.Equal("trials=10, not 20", Differences.OfOptions(then, Now("trials", "20"), table));
        Assert.Equal("hidden=4, not 5", Differences.OfOptions(then, Now("hidden", "5"), table));
        Assert.Equal("hidden=4, which is no option any more",
            Differences.OfOptions(then, new Dictionary<string, string>(), table));
        Assert.Null(Differences.OfBudgets("20M", "20000k"));
        Assert.Equal("a budget of 20M, not 20min", Differences.OfBudgets("20M", "20min"));

        static Dictionary<string, string> Now(string key, string value) => new() { ["hidden"] = "4", [key] = value };
    }
}
