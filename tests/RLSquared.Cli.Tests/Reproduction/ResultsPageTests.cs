using RLSquared.Evaluation;
using RLSquared.Reproduction;
using RLSquared.Runs;

namespace RLSquared.Cli.Tests.Reproduction;

public sealed class ResultsPageTests
{
    static readonly PaperTable table = Recipes.Tables.Find("table3");

    // Two trials: found in 10 and 8 steps, then in 6 and not within 20.
    static readonly NavigationFigures figures = NavigationFigures.Of(2, [10, 6, 8, -20]);

    [Fact]
    public void How_episodes_of_a_search_went_stands_above_the_papers_figures()
    {
        string page = ResultsPage.Write(table, Results(figures));
        int at = page.IndexOf("| agent |  | episode 1 | episode 2 | improved |", StringComparison.Ordinal);
        Assert.True(at >= 0, page);
        string[] lines = page[at..].Split('\n');
        Assert.Equal(
        [
            "| --- | --- | --- | --- | --- |",
            "| **rl2** (gru) | found | 100.0 % | 50.0 % | 50.0 % |",
            "|  | steps, where found | 9.0 ± 1.0 | 6.0 ± 0.0 |  |",
            "|  | steps, all | 9.0 ± 1.0 | 13.0 ± 7.0 |  |",
            "| random | found | 100.0 % | 50.0 % | 50.0 % |",
        ], lines[1..6]);
        Assert.Equal("| the paper's, in ViZDoom | found | 99.3 % | 99.6 % | 91.7 % |", lines[8]);
        Assert.Equal("|  | steps, where found | 52.4 ± 1.3 | 39.1 ± 0.9 |  |", lines[9]);
        Assert.Contains("its figures can be compared in form alone", page, StringComparison.Ordinal);
        Assert.Contains("improved ≥ 90 % | no |", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_row_of_figures_has_as_many_cells_as_their_head(int episodes)
    {
        NavigationFigures some = NavigationFigures.Of(episodes, [.. Enumerable.Range(1, episodes)]);
        string[] lines = ResultsPage.Write(table, Results(some)).Split('\n');
        int at = Array.FindIndex(lines, line => line.StartsWith("| agent |  | ", StringComparison.Ordinal));
        Assert.All(lines[at..(at + 10)], line => Assert.Equal(episodes + 4, line.Count(letter => letter == '|')));
    }

    [Fact]
    public void Without_a_search_there_are_no_such_figures()
    {
        string page = ResultsPage.Write(table, Results(figures: null));
        Assert.DoesNotContain("episode 1", page, StringComparison.Ordinal);
        Assert.DoesNotContain("ViZDoom", page, StringComparison.Ordinal);
    }

    static Results Results(NavigationFigures? figures)
    {
        var options = new Dictionary<string, string>();
        var trained = new TrainedResult
        {
            Variant = "gru",
            Algorithm = "rl2",
            Preset = "default",
            Options = options,
            Budget = "1k",
        };
        var seed = new SeedResult
        {
            Seed = 1,
            Mean = 0.5,
            StandardError = 0.1,
            Navigation = figures,
            Steps = 1000,
            Seconds = 1,
            Threads = 1,
            Command = "rl2 train mazes",
            Machine = Machine.Current(),
            Curve = new Curve([1000], [0.5]),
        };
        var random = new OpponentResult
        {
            Name = "random",
            Options = options,
            Instances = 2,
            Mean = -1,
            StandardError = 0.1,
            Navigation = figures,
        };
        return new Results
        {
            Table = table.Name,
            Rows =
            [
                new RowResult
                {
                    Row = "small",
                    Label = "small",
                    Task = "mazes",
                    Options = options,
                    Instances = 2,
                    Seed = 1,
                    Opponents = [random],
                    Trained = [trained.With(seed, table.Rows[0].Aim, ceiling: null)],
                },
            ],
        };
    }
}
