using RLSquared.Algorithms;
using RLSquared.Datasets;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

/// <summary>The rivals of transitive RL: their targets by hand, and that each learns a chain.</summary>
public sealed class GoalRivalsTests : IDisposable
{
    const float Gamma = 0.9f;

    readonly Workers workers = new(1);

    public void Dispose() => workers.Dispose();

    static readonly GridGoals chain = new(new() { Width = 6 });

    static GoalDataset Walk() => new("walk", chain.Observation, chain.Action,
        [0, 1, 2, 3, 4, 5], [], [3, 3, 3, 3, 3, 3], [false, false, false, false, false, true]);

    [Theory]
    [InlineData("gcbc")]
    [InlineData("gcivl")]
    [InlineData("gciql")]
    [InlineData("crl")]
    [InlineData("td-n")]
    [InlineData("td-n", "steps=0")]
    [InlineData("td-n", "steps=1")]
    [InlineData("qrl")]
    [InlineData("hiql", "subgoal-steps=3")]
    [InlineData("sac-bc")]
    [InlineData("sgt")]
    [InlineData("coe")]
    public void Each_learns_to_walk_most_of_a_chain(string name, params string[] settings)
    {
        Problem problem = TaskCatalogue.Find("grid-goals").CreateProblem(
            [new("width", "6"), new("trajectories", "200"), new("rows", "31")]);
        AlgorithmEntry entry = AlgorithmCatalogue.Find(name);
        string[] all = ["discount=0.9", "hidden=32", "layers=1", "batch=128", "updates=500", "probes=4",
            "learning-rate=0.01", "follow=0.05", "latent=16", "behaviour=0.03", .. settings];
        string[] options = [.. all.Where(option => entry.Options.Contains(option.Split('=')[0]))];
        using IAlgorithm algorithm = entry.Create(
            problem, entry.Merge(problem, "default", Assignment.ParseAll(options)), 1, workers);
        IterationReport report = algorithm.Iterate(0);
        Assert.True(report.MeanReturn >= 0.8, $"{name} reaches {report.MeanReturn:P0} of the goals");
    }

    [Fact]
    public void A_step_costs_one_until_the_goal_and_ends_there()
    {
        using var batch = new GoalBatch(Walk(), 0, 2, 2);
        (batch.Anchors[0], batch.Goals[0], batch.Anchors[1], batch.Goals[1]) = (1, 4, 3, 3);
        (Tensor reward, Tensor discount) = GoalSteps.Of(batch, Gamma);
        Assert.Equal([-1, 0], reward.ToArray());
        Assert.Equal([Gamma, 0], discount.ToArray());
        Assert.Equal([2, 4], GoalSteps.After(batch));
    }

    // n = 2 with anchor 0: goal 2 is exact, γ²; goal 4 is γ² times the least that the targets say of row 2.
    [Fact]
    public void An_n_step_target_is_exact_up_to_n_steps_and_leans_on_the_least_target_beyond()
    {
        using var parameters = new ParameterSet();
        var targets = new GoalCritics(parameters, "critic", 6 + 6 + 4,
            new GoalLearningOptions { Hidden = 8, Layers = 1 }.Network(), 3);
        using var batch = new GoalBatch(Walk(), 0, 2, 2);
        batch.Tape.Recording = false;
        (batch.Anchors[0], batch.Subgoals[0][0], batch.Goals[0]) = (0, 2, 2);
        (batch.Anchors[1], batch.Subgoals[0][1], batch.Goals[1]) = (0, 2, 4);
        float[] found = TdN.Target(batch, batch.Observations(batch.Goals), targets, Gamma).ToArray();
        Tensor question = Tensor.Concatenate(
            batch.Observations([2]), batch.Observations([4]), batch.Actions([2]));
        float first = targets.Logits(0, question).Sigmoid().Read();
        float second = targets.Logits(1, question).Sigmoid().Read();
        Assert.Equal(Gamma * Gamma, found[0], 1e-6f);
        Assert.Equal(Gamma * Gamma * Math.Min(first, second), found[1], 1e-6f);
        Assert.NotEqual(first, second);
        Assert.Equal((first + second) / 2, targets.Mean(question).Read(), 1e-6f);
    }

    [Fact]
    public void Steps_beyond_every_trajectory_are_refused()
    {
        var problem = new GoalProblem(chain, Walk());
        Assert.Equal("steps 6 is longer than any trajectory of walk, which have 5 steps at most; 0 is Monte Carlo",
            Assert.Throws<OptionException>(() => TdN.Create(problem, new() { Steps = 6 }, 1, workers)).Message);
    }

    // Weights e^(α A) of 1 and e, the second cut at 100 for a large α.
    [Fact]
    public void Recorded_actions_weigh_by_their_advantage_up_to_a_hundred()
    {
        GoalDataset data = Walk();
        using var parameters = new ParameterSet();
        var actor = new GoalActor(parameters, new GoalInput(data),
            new GoalLearningOptions { Hidden = 8, Layers = 1 }.Network(), 3);
        Assert.Equal(Expected(1, MathF.E), Loss(1), 1e-4f);
        Assert.Equal(Expected(1, 100), Loss(50), 1e-2f);

        float Loss(float temperature)
        {
            using var batch = new GoalBatch(data, 0, 2, 2);
            (batch.Anchors[0], batch.Anchors[1]) = (0, 1);
            return GoalExtraction.Weigh(batch, actor, batch.Observations([0, 1]), batch.Observations([4, 4]),
                batch.Actions([0, 1]), batch.Column([0, 1]), temperature).Read();
        }

        float Expected(float first, float second)
        {
            using var batch = new GoalBatch(data, 0, 2, 2);
            float[] log = actor.LogProbability(actor.Forward(batch.Observations([0, 1]), batch.Observations([4, 4])),
                batch.Actions([0, 1])).ToArray();
            return -(first * log[0] + second * log[1]) / 2;
        }
    }

    [Fact]
    public void Minibatches_are_normalised_where_it_is_asked_for()
    {
        GoalProblem maze = RivalBench.Maze();
        Assert.Equal(Learned(false), Learned(false));
        Assert.NotEqual(Learned(false), Learned(true));

        float[] Learned(bool normalise)
        {
            using GoalAlgorithm algorithm = Gcbc.Create(
                maze, new() { Learning = RivalBench.Tiny with { Normalise = normalise } }, 1, workers);
            algorithm.Updates.Update();
            return [.. algorithm.Parameters.All.SelectMany(parameter => parameter.Value.ToArray())];
        }
    }

    // ---- what all of them draw ----

    [Fact]
    public void Geometric_futures_have_the_mean_that_the_discount_says_and_stay_within_the_trajectory()
    {
        var grid = new GridGoals(new() { Width = 2 });
        GoalDataset data = grid.MakeData(new() { Trajectories = 2, Rows = 400 });
        var sampler = new GoalSampler(data, 0.9);
        RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence(0);
        double sum = 0;
        const int draws = 20_000;
        for (int draw = 0; draw < draws; draw++)
            sum += sampler.Future(0, geometric: true, ref random);
        Assert.Equal(10, sum / draws, 0.3);                                     // 1 / (1 − γ)
        for (int draw = 0; draw < 200; draw++)
        {
            Assert.InRange(sampler.Future(395, geometric: true, ref random), 396, 399);
            Assert.InRange(sampler.Future(395, geometric: false, ref random), 396, 399);
            Assert.NotEqual(399, sampler.Anchor(ref random) % 400);
        }
    }

    [Fact]
    public void A_rule_gives_the_anchor_any_row_and_futures_in_their_shares()
    {
        var grid = new GridGoals(new() { Width = 2 });
        GoalDataset data = grid.MakeData(new() { Trajectories = 10, Rows = 100 });
        var sampler = new GoalSampler(data, 0.9);
        RandomSequence random = new RandomKey(2, RandomPurpose.Other, 0).Sequence(0);
        const int draws = 10_000;
        int current = 0, elsewhere = 0;
        for (int draw = 0; draw < draws; draw++)
        {
            int goal = sampler.Goal(GoalSteps.Goals, 510, ref random);
            current += goal == 510 ? 1 : 0;
            elsewhere += goal < 510 || goal >= 600 ? 1 : 0;
        }
        Assert.Equal(0.2, (double)current / draws, 0.02);
        Assert.Equal(0.3 * 0.91, (double)elsewhere / draws, 0.02);
    }
}
