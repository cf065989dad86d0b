using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

public sealed class MamlTests
{
    static readonly MamlOptions Small = new()
    {
        Policy = new() { Hidden = 8 },
        Tasks = 6,
        Plays = 4,
        Shards = 3,
        Exploration = 1,
    };

    public static TheoryData<string> Changes =>
    [
        "hidden=12", "layers=1", "deviation=0.5", "least-deviation=0.9", "tasks=7", "plays=5", "shards=2",
        "inner-steps=2", "step-size=0.5", "learn-step-size=true", "inner-loss=published", "discount=0.9",
        "lambda=0.5", "outer=trust-region", "epochs=2", "learning-rate=1e-2", "clip=1e-4", "gradient-norm=1e-4",
        "entropy=0.1", "exploration=0.5", "exploration-scale=exact", "exploration-scale=published",
        "exploration-scale=standardised-sum",
    ];

    [Theory]
    [MemberData(nameof(Changes))]
    public void Every_option_changes_what_is_learned(string change)
    {
        MamlOptions start = change.StartsWith("least", StringComparison.Ordinal)
            ? Small with { Policy = Small.Policy with { Deviation = 0.8f } } : Small;
        Assert.NotEqual(WeightsAfter(start), WeightsAfter(EMaml.Table.Apply(start, [Assignment.Parse(change)])));
    }

    [Fact]
    public void The_list_of_changes_names_every_option()
    {
        var named = new HashSet<string> { "max-kl" };                               // see the trust region's test
        foreach (ITheoryDataRow row in (System.Collections.IEnumerable)Changes)
            named.Add(((string)row.GetData()[0]!).Split('=')[0]);
        Assert.Equal(EMaml.Table.Settings.Select(setting => setting.Name).Order(), named.Order());
    }

    // Of a task with longer episodes: where each is a single step, DiCE and the likelihood ratio are the same.
    [Fact]
    public void DiCE_differs_from_the_likelihood_ratio_where_episodes_are_longer() =>
        Assert.NotEqual(WeightsAfter(Small), WeightsAfter(Small with { InnerLoss = InnerLossKind.Dice }));

    [Fact]
    public void With_no_weight_on_exploration_EMAML_is_MAML_to_the_bit()
    {
        var none = EMaml.Table.Apply(Small, [Assignment.Parse("exploration=0"), Assignment.Parse("inner-steps=2")]);
        using var workers = new Workers(1);
        using var maml = new Maml(Points, Small with { Exploration = 0, InnerSteps = 2 }, 1, workers);
        using var eMaml = new Maml(Points, none, 1, workers, EMaml.Name);
        for (int i = 0; i < 2; i++)
            Assert.Equal(maml.Iterate(0).Figures, eMaml.Iterate(0).Figures);
        Assert.Equal(Numbers(maml), Numbers(eMaml));
        Assert.Equal(("maml", "e-maml"), (maml.Name, eMaml.Name));
    }

    [Theory]
    [InlineData("outer=clipped")]
    [InlineData("outer=trust-region")]
    [InlineData("learn-step-size=true")]
    public void The_same_bits_come_of_any_number_of_threads(string setting)
    {
        MamlOptions options = EMaml.Table.Apply(Small, [Assignment.Parse(setting)]);
        Assert.Equal(WeightsAfter(options, threads: 1), WeightsAfter(options, threads: 3));
    }

    // Five arms, one of which pays in each task. Chance is 0.2; the best that any policy can do without adapting, too.
    [Theory]
    [InlineData("inner-loss=likelihood-ratio")]
    [InlineData("inner-loss=dice")]
    [InlineData("inner-loss=published")]
    public void It_learns_weights_from_which_one_step_finds_the_arm_that_pays(string setting)
    {
        MamlOptions options = MamlOptions.Table.Apply(
            [.. "plays=20 tasks=20 learning-rate=2e-2 step-size=1 hidden=16 layers=1".Split(' ')
                .Append(setting).Select(Assignment.Parse)]);
        using var workers = new Workers(1);
        using var maml = new Maml(new OneArm(), options, 1, workers);
        IterationReport first = maml.Iterate(0), last = first;
        for (int i = 0; i < 40; i++)
            last = maml.Iterate(0);
        Assert.InRange(first.MeanReturn, 0.1, 0.5);
        Assert.True(last.MeanReturn > 0.75, $"after adaptation it earns {last.MeanReturn}");
        double before = last.Figures.Single(figure => figure.Name == "return_before").Value;
        Assert.InRange(before, 0.1, 0.35);

        // The agent takes the same step in the midst of a trial: after ten of twenty pulls.
        var trials = new OneArm(episodes: 20);
        double[] returns = [.. EpisodeReturns.Of(trials, maml.Agent, 200, 1).Select(episode => episode.Average())];
        Assert.InRange(returns[..10].Average(), 0.1, 0.35);
        Assert.True(returns[10..].Average() > 0.5, $"after the step it earns {returns[10..].Average()}");
    }

    [Theory]
    [InlineData(1, 5, 1, 3)]
    [InlineData(1, 4, 1, 2)]
    [InlineData(1, 2, 1, 1)]
    [InlineData(3, 4, 3, 3)]
    [InlineData(2, 9, 2, 6)]
    public void Steps_within_a_trial_are_spread_over_its_episodes(int j, int episodes, int innerSteps, int after) =>
        Assert.Equal(after, AdaptingAgent.EpisodesBefore(j, episodes, innerSteps));

    [Fact]
    public void A_step_in_the_trust_region_raises_what_is_sought_and_stays_within()
    {
        MamlOptions options = Small with { Outer = OuterUpdate.TrustRegion, MaxKl = 2e-3f };
        using var workers = new Workers(1);
        using var maml = new Maml(Points, options, 1, workers);
        for (int i = 0; i < 3; i++)
        {
            var figures = maml.Iterate(0).Figures.ToDictionary(figure => figure.Name, figure => figure.Value);
            Assert.InRange(figures["step_kl"], 1e-5, 2e-3);
            Assert.True(figures["surrogate_gain"] > 0);
        }
        Assert.NotEqual(Numbers(maml), WeightsAfter(options with { MaxKl = 1e-2f }, iterations: 3));
    }

    // Rewards of a step after adaptation: 1 and 1 on the first task, 0 and 4 on the second; three steps before.
    // Means 1 and 2, over both 1.5; squares around it .25 + .25 + 2.25 + 6.25 = 9 over four steps: deviation 1.5.
    // Advantages, centred: ±1 on the first task and ±3 on the second: deviation √(20/4) = √5.
    [Theory]
    [InlineData("standardised", -0.5 / 1.5)]
    [InlineData("standardised-sum", -0.5 / 1.5 * 2)]
    [InlineData("published", -0.5 / 2.2360680)]
    [InlineData("exact", -1 / 2.2360680 * 3)]
    public void What_came_before_is_credited_with_what_came_after_as_the_scale_says(string scale, double first)
    {
        MamlOptions options = EMaml.Table.Apply(
            [.. $"tasks=2 plays=2 shards=1 exploration-scale={scale}".Split(' ').Select(Assignment.Parse)]);
        using var workers = new Workers(1);
        using var maml = new Maml(new OneArm(episodes: 2), options, 1, workers);
        Fill(maml.LastTasks[0], [1, 1], [2, 4]);
        Fill(maml.LastTasks[1], [0, 4], [10, 4]);
        maml.FindCredits();
        Assert.Equal(first, maml.LastTasks[0].Credit, 1e-5);
        Assert.Equal(-first, maml.LastTasks[1].Credit, 1e-5);
        Assert.Equal(3 / 2.2360680, maml.LastTasks[1].Plays[1].Advantages[0], 1e-5);

        static void Fill(MamlTask task, float[] rewards, float[] advantages)
        {
            (task.Plays[0].T, task.Plays[1].T) = (2, 1);
            ((float[])[1, 1, 1, 0]).CopyTo(task.Plays[0].Active, 0);
            ((float[])[1, 1]).CopyTo(task.Plays[1].Active, 0);
            rewards.CopyTo(task.Plays[1].Rewards, 0);
            advantages.CopyTo(task.Plays[1].Advantages, 0);
        }
    }

    // With the exact scale all plays before the last step share one credit, by how many steps each has; else the first
    // ones have it all.
    [Theory]
    [InlineData(ExplorationScale.Exact)]
    [InlineData(ExplorationScale.Standardised)]
    public void Plays_before_several_steps_share_one_credit(ExplorationScale scale)
    {
        using var workers = new Workers(1);
        MamlOptions options = Small with { Tasks = 1, Shards = 1, InnerSteps = 2, ExplorationScale = scale };
        using var maml = new Maml(Points, options, 1, workers);
        maml.Iterate(0);
        using var again = new Maml(Points, options, 1, workers);                    // at the weights that played
        MamlTask task = maml.LastTasks[0];
        task.Credit = 3;
        using var arena = new Arena();
        Assert.Equal(-3, again.Learn(new Tape(arena), task).Explored, 1e-5);
    }

    [Fact]
    public void Every_play_of_a_task_before_and_after_a_step_is_a_play_of_its_own()
    {
        using var workers = new Workers(1);
        using var maml = new Maml(new Corners(new() { Episodes = 1, Horizon = 2 }), Small, 1, workers);
        maml.Iterate(0);
        HashSet<float> starts = [];
        foreach (Plays plays in maml.LastTasks[2].Plays)
        {
            for (int k = 0; k < plays.K; k++)
                Assert.True(starts.Add(plays.Rows[2 * k]));
        }
        Assert.Equal(8, starts.Count);
    }

    [Fact]
    public void A_learned_step_size_begins_as_it_is_told_and_moves()
    {
        using var workers = new Workers(1);
        using var maml = new Maml(Points, Small with { LearnStepSize = true, StepSize = 0.3f }, 1, workers);
        Parameter[] sizes = [.. maml.Parameters.Group("step").All];
        Assert.Equal(maml.Policy.Adapted.Count, sizes.Length);
        Assert.All(sizes, size => Assert.Equal(MathF.Log(0.3f), size.Value.Read()));
        maml.Iterate(0);
        Assert.All(sizes, size => Assert.NotEqual(MathF.Log(0.3f), size.Value.Read()));
    }

    [Fact]
    public void What_cannot_be_is_refused_in_one_sentence()
    {
        using var workers = new Workers(1);
        Assert.Equal("inner-steps must be from 1 to 100, but is 0",
            Message(() => _ = new MamlOptions { InnerSteps = 0 }));
        Assert.Equal("7 shards cannot share 6 tasks; 6 or fewer can",
            Message(() => _ = new Maml(Points, Small with { Shards = 7 }, 1, workers)));
        Assert.Equal("2000 plays before and after 2 inner steps are more than the 4095 that a task can be played",
            Message(() => _ = new Maml(Points, Small with { Plays = 2000, InnerSteps = 2 }, 1, workers)));
        Assert.Equal(
            "mazes shows images, and a policy that adapts by gradients sees states and vectors; rl2 looks at images",
            Message(() => _ = new Maml(TaskCatalogue.Create("mazes"), Small, 1, workers)));
        Assert.Equal("few has 3 lanes, and maml plays a task 4 times at once; rl2 can learn it",
            Message(() => _ = new Maml(new FewLanes(), Small, 1, workers)));
        Assert.Equal("inner-loss must be published, likelihood-ratio or dice, but is 'dicee'; did you mean 'dice'?",
            Message(() => MamlOptions.Table.Apply([Assignment.Parse("inner-loss=dicee")])));

        static string Message(Action wrong) => Assert.Throws<OptionException>(wrong).Message;
    }

    static TaskDistribution Points => new PointGoals(new() { Episodes = 1, Horizon = 6 });

    static float[] WeightsAfter(MamlOptions options, int threads = 1, int iterations = 2)
    {
        using var workers = new Workers(threads);
        using var maml = new Maml(Points, options, 1, workers);
        for (int i = 0; i < iterations; i++)
            maml.Iterate(0);
        return Numbers(maml);
    }

    static float[] Numbers(Maml maml) => [.. maml.Parameters.All.SelectMany(parameter => parameter.Value.ToArray())];

    /// <summary>Five arms, of which the task's pays 1.</summary>
    sealed class OneArm(int episodes = 1) : TaskDistribution
    {
        public override string Name => "one-arm";
        public override ObservationSpace Observation => ObservationSpace.Nothing;
        public override ActionSpace Action => 5;
        public override int Episodes => episodes;
        public override int TrialLength => episodes;
        public override Lanes CreateLanes(int count) => FromEnvironment(
            Name, Observation, Action, episodes, 1, () => new Arm()).CreateLanes(count);

        sealed class Arm : SingleEnvironment
        {
            int pays;

            public override void BeginTrial(ref RandomSequence random) => pays = random.NextInt(5);

            public override void Reset(ref RandomSequence random, Span<float> observation)
            {
            }

            public override StepResult Step(
                ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) =>
                new(action[0] == pays ? 1 : 0, Terminated: true);
        }
    }

    sealed class FewLanes : TaskDistribution
    {
        public override string Name => "few";
        public override ObservationSpace Observation => ObservationSpace.Nothing;
        public override ActionSpace Action => 2;
        public override int TrialLength => 1;
        public override int MaxLanes => 3;
        public override Lanes CreateLanes(int count) => throw new NotSupportedException();
    }
}
