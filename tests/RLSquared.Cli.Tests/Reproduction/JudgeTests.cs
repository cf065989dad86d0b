using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Reproduction;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Cli.Tests.Reproduction;

public sealed class JudgeTests
{
    static readonly TableRow row = new("row", "row", "horizon=20", new Aim("none")) { Explore = 3 };

    static readonly EvaluationOptions few = new() { Instances = 20, Threads = 1 };

    const StringSplitOptions Words = StringSplitOptions.RemoveEmptyEntries;

    [Fact]
    public void A_score_is_the_mean_of_the_episodes_that_count_and_the_gap_is_to_the_first()
    {
        var task = new KrazyWorld(new() { Horizon = 20 });
        var random = new RandomAgent();
        Judged judged = EpisodeJudge.Judge(
            row, new Contestant(random, _ => task, new EvaluationOptions { Instances = 300, Seed = 5 }));
        double[] means = [.. EpisodeReturns.Of(task, random, 300, seed: 5).Select(returns => returns.Average())];
        Assert.Equal((means[3] + means[4]) / 2, judged.Score.Mean, 1e-9);
        Assert.Equal((means[0] + means[1] + means[2]) / 3, judged.Figures![EpisodeJudge.Explore].Mean, 1e-9);
        Assert.Equal(means[0], judged.Figures[EpisodeJudge.First].Mean, 1e-9);
        Assert.Equal((means[3] + means[4]) / 2 - means[0], judged.Figures[EpisodeJudge.Gap].Mean, 1e-9);
        Assert.True(judged.Score.StandardError > 0);
    }

    [Fact]
    public void In_Krazy_World_kinds_and_deaths_are_counted_and_elsewhere_they_are_not()
    {
        var random = new RandomAgent();
        var options = new EvaluationOptions { Instances = 64 };
        Judged Play(TaskDistribution task) => EpisodeJudge.Judge(row, new Contestant(random, _ => task, options));
        Judged usual = Play(new KrazyWorld()), safe = Play(new KrazyWorld(new() { Death = 0 }));
        Assert.Equal(0, safe.Figures![EpisodeJudge.Deaths].Mean);
        Assert.InRange(usual.Figures![EpisodeJudge.Deaths].Mean, 0.2, 1);
        Assert.InRange(usual.Figures[EpisodeJudge.Kinds].Mean, 0.3, 0.9);
        Judged shorter = EpisodeJudge.Judge(
            row with { Explore = 1 }, new Contestant(random, _ => new KrazyWorld(), options));
        Assert.True(shorter.Figures![EpisodeJudge.Kinds].Mean < usual.Figures[EpisodeJudge.Kinds].Mean - 0.05);
        Assert.DoesNotContain(EpisodeJudge.Found, usual.Figures.Keys);

        Judged mazes = Play(new GridMazes(new() { Size = 4, Walls = 0 }));
        Assert.InRange(mazes.Figures![EpisodeJudge.Found].Mean, 0.5, 1);
        Assert.DoesNotContain(EpisodeJudge.Kinds, mazes.Figures.Keys);
    }

    [Fact]
    public void Skills_are_judged_by_the_worse_goal_of_fresh_masters_and_each_alone()
    {
        var task = new MovementBandits();
        AlgorithmEntry entry = AlgorithmCatalogue.Find("mlsh");
        IReadOnlyList<Assignment> settings =
            entry.Merge(task, "default", Assignment.ParseAll(["plays=2", "groups=2", "hidden=4", "epochs=1"]));
        using var workers = new Workers(1);
        using var mlsh = (Mlsh)entry.Create(task, settings, 1, workers);
        var who = new Contestant(mlsh.Agent, further => new MovementBandits(
            MovementBanditsOptions.Table.Apply(Assignment.ParseAll(further.Split(' ', Words)))), few)
        {
            Learned = mlsh,
            Settings = settings,
        };
        Judged judged = SkillJudge.TwoGoals(row, who);
        Assert.Equal(
            Math.Min(judged.Figures!["goal 0"].Mean, judged.Figures["goal 1"].Mean), judged.Score.Mean);
        Assert.Contains("goal 1, skill 1 alone", judged.Figures.Keys);
        Assert.True(judged.Figures["goal 0"].StandardError > 0);
        Assert.NotEqual(judged.Figures["goal 0"], judged.Figures["goal 0, before the first update"]);
        Assert.Equal(judged.Score, SkillJudge.TwoGoals(row, who).Score);
    }

    // Two numbers that say where an ant stands: every step pays so much, and whoever plays ends at (3, 4).
    sealed class Ant(float pays) : SingleEnvironment
    {
        int step;

        public override void Reset(ref RandomSequence random, Span<float> observation) => Show(0, observation);

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            Show(step + 1, observation);
            return new StepResult(pays);
        }

        void Show(int now, Span<float> observation)
        {
            step = now;
            (observation[0], observation[1]) = (now, 4);
        }
    }

    static TaskDistribution Walk(float pays) => TaskDistribution.FromEnvironment(
        "walk", ObservationSpace.Vector(2), actions: 2, episodes: 1, maxStepsPerEpisode: 4, () => new Ant(pays));

    // Standing still pays −√5 / 3000 a step.
    [Fact]
    public void Twowalk_counts_what_is_saved_of_standing_still_on_the_worse_target_and_where_skills_end()
    {
        float still = -MathF.Sqrt(5) / 3000;
        TaskDistribution Target(string which) => Walk(which == "target=1" ? still * 0.75f : still * 0.5f);
        Judged random = SkillJudge.TwoTargets(row, new Contestant(new RandomAgent(), Target, few));
        Assert.Equal((0.25, 0.5), (random.Score.Mean, random.Figures!["target 0"].Mean), Near);
        Assert.DoesNotContain("skill 0 ends at x", random.Figures.Keys);

        AlgorithmEntry entry = AlgorithmCatalogue.Find("mlsh");
        IReadOnlyList<Assignment> settings = entry.Merge(Walk(1), "default",
            Assignment.ParseAll(["plays=2", "groups=2", "hidden=4", "epochs=1", "interval=2"]));
        using var workers = new Workers(1);
        using var mlsh = (Mlsh)entry.Create(Walk(1), settings, 1, workers);
        Judged skills = SkillJudge.TwoTargets(
            row, new Contestant(mlsh.Agent, Target, few) { Learned = mlsh, Settings = settings });
        Assert.Equal((0.25, 0.5), (skills.Score.Mean, skills.Figures!["target 0, skill 1 alone"].Mean), Near);
        Assert.Equal((3, 4), (skills.Figures["skill 1 ends at x"].Mean, skills.Figures["skill 1 ends at y"].Mean));
    }

    static bool Near((double, double) one, (double, double) other) =>
        Math.Abs(one.Item1 - other.Item1) < 1e-4 && Math.Abs(one.Item2 - other.Item2) < 1e-4;

    [Fact]
    public void A_share_of_the_best_is_what_counts_in_four_rooms()
    {
        var goal = new FourRooms(new() { Goal = 103 });
        var random = new RandomAgent();
        var options = new EvaluationOptions { Instances = 50, Threads = 1 };
        Judged judged = SkillJudge.UnseenGoal(row, new Contestant(random, _ => goal, options));
        double mean = Evaluator.Run(goal, [random], options).Agents[0].Score.Mean;
        Assert.Equal(mean / goal.BestReturn(103), judged.Score.Mean, 1e-9);
    }

    [Fact]
    public void The_page_of_a_judged_table_has_every_seed_with_its_figures_and_counts_those_at_the_aim()
    {
        PaperTable table = Recipes.Tables.Find("movement-bandits");
        var results = new Results { Table = table.Name, Rows = [Row(table)] };
        string page = FiguresPage.Write(table, results, table.About!);
        const string line = "| `mlsh` | shared skills, a master for each task | **39.000 ± 0.500** | " +
            "38.000 ± 1.414 | 3200K | 4 | 3 |";
        Assert.Contains(line, page, StringComparison.Ordinal);
        Assert.Contains("| agent | seed | score | goal 0 | goal 1 |", page, StringComparison.Ordinal);
        Assert.Contains("| `mlsh` | 2 | 40.00 ± 0.50 | 41.00 ± 0.25 |  |", page, StringComparison.Ordinal);
        Assert.Equal(results.Rows[0].Trained[0].Seeds[0].Figures, Read(results, table));
    }

    static IReadOnlyDictionary<string, Estimate>? Read(Results results, PaperTable table)
    {
        string path = TemporaryFolder.MakeFile();
        File.WriteAllBytes(path, results.ToJson());
        Results read = Results.Read(path, table);
        File.Delete(path);
        return read.Rows[0].Trained[0].Seeds[0].Figures;
    }

    static RowResult Row(PaperTable table)
    {
        var none = new Dictionary<string, string>();
        var trained = new TrainedResult
        {
            Variant = "mlsh",
            Algorithm = "mlsh",
            Preset = "default",
            Options = none,
            Budget = "3200K",
        };
        var seed = new SeedResult
        {
            Seed = 1,
            Mean = 34,
            StandardError = 0.5,
            Figures = new Dictionary<string, Estimate> { ["goal 0"] = new(41, 0), ["goal 1"] = new(34, 0.5) },
            Steps = 10,
            Seconds = 1,
            Threads = 1,
            Command = "rl2 train",
            Machine = Machine.Current(),
            Curve = new Curve([10], [1]),
        };
        SeedResult second = seed with
        {
            Seed = 2,
            Mean = 40,
            Figures = new Dictionary<string, Estimate> { ["goal 0"] = new(41, 0.25) },
        };
        foreach (SeedResult one in new[] { seed, second, seed with { Seed = 3, Mean = 38 }, second with { Seed = 4 } })
            trained = trained.With(one, Aim.Of(38), ceiling: null);
        return new RowResult
        {
            Row = "two-goals",
            Label = "two goals",
            Task = "movement-bandits",
            Options = none,
            Instances = 300,
            Seed = 0,
        }.With(trained, table);
    }
}
