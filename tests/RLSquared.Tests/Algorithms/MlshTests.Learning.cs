using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

public sealed partial class MlshTests
{
    // ---- what is learned ----

    [Theory]
    [MemberData(nameof(Spaces))]
    public void Before_the_first_update_masters_and_skills_are_those_that_played(string kind)
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(
            Asking(kind), Small("epochs=1", "minibatches=1", "master-minibatches=1", "warm-up=0"), seed: 1, workers);
        for (int i = 0; i < 3; i++)
        {
            IterationReport report = mlsh.Iterate(0);
            Assert.Equal((0, 0, 0),
                (Figure(report, "master_kl"), Figure(report, "kl"), Figure(report, "clip_fraction")));
            Assert.NotEqual(0, Figure(report, "gradient_norm"));
        }
    }

    // Values of 0 (weights of 0), γ = 0.5, λ = 1, two slices of two steps that pay 1, 0 and 0, 4; the limit of time is
    // taken for the end. Master: γ for each slice, so 1 + 0.5·4 = 3 and 4. Steps: 0.5·(0.5·(0.5·4)) + 1 = 1.5, …
    [Theory]
    [InlineData("credit=episode", new float[] { 1.5f, 1, 2, 4 })]
    [InlineData("credit=slice", new float[] { 1, 0, 2, 4 })]
    public void Slices_count_as_one_step_for_the_master_and_steps_are_credited_to_their_end(
        string credit, float[] expected)
    {
        TaskDistribution task = TaskDistribution.FromEnvironment("pays", ObservationSpace.Vector(1), actions: 2,
            episodes: 1, maxStepsPerEpisode: 4, () => new Pays([1, 0, 0, 4]));
        using var workers = new Workers(1);
        MlshOptions options = Small("interval=2", "plays=1", "groups=1", "bootstrap=false", "normalise-rewards=false",
            "discount=0.5", "master-discount=0.5", "lambda=1", "master-minibatches=1", credit);
        using SkillPolicy policy = Mlsh.SkillsOf(task.Spaces, options, new ParameterSet(), 1);
        using var group = new MlshGroup(task, policy, options, 1, 0);
        foreach (ParameterSet set in (ParameterSet[])[policy.Parameters, group.Master.Parameters])
        {
            foreach (Parameter parameter in set.All.Where(one => one.Name.Contains("value", StringComparison.Ordinal)))
                parameter.SetAll(0);
        }
        using var scale = new ReturnScale(0.5f, 4);
        group.Play();
        group.LearnMaster(scale);
        Assert.Equal([3, 4], group.Slices.Returns);
        group.JudgeSteps();
        Assert.Equal(expected, group.Steps.Advantages);
    }

    sealed class Pays(float[] rewards) : SingleEnvironment
    {
        int step;

        public override void Reset(ref RandomSequence random, Span<float> observation) => observation[0] = step = 0;

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            observation[0] = step + 1;
            return new StepResult(rewards[step++ % rewards.Length]);
        }
    }

    // All values are 2, γ = 0.5 and λ = 1: at the limit of time a value follows, the master's and the skill's.
    [Theory]
    [InlineData(true, 1 + 0.5 * (1 + 0.5 * 2))]
    [InlineData(false, 1 + 0.5 * 1)]
    public void A_limit_of_time_is_bootstrapped_or_taken_for_the_end(bool bootstrap, double expected)
    {
        TaskDistribution task = TaskDistribution.FromEnvironment("pays", ObservationSpace.Vector(1), actions: 2,
            episodes: 1, maxStepsPerEpisode: 2, () => new Pays([1, 1]));
        MlshOptions options = Small("interval=1", "plays=1", $"bootstrap={bootstrap}", "normalise-rewards=false",
            "discount=0.5", "master-discount=0.5", "lambda=1", "master-minibatches=1");
        using SkillPolicy policy = Mlsh.SkillsOf(task.Spaces, options, new ParameterSet(), 1);
        using var group = new MlshGroup(task, policy, options, 1, 0);
        foreach (ParameterSet set in (ParameterSet[])[policy.Parameters, group.Master.Parameters])
        {
            foreach (Parameter parameter in set.All.Where(one => one.Name.Contains("value", StringComparison.Ordinal)))
                parameter.SetAll(parameter.Name.EndsWith("head.bias", StringComparison.Ordinal) ? 2 : 0);
        }
        using var scale = new ReturnScale(0.5f, 4);
        group.Play();
        group.LearnMaster(scale);
        group.JudgeSteps();
        Assert.Equal((expected, expected), (group.Slices.Returns[0], group.Steps.Returns[0]));
    }

    [Fact]
    public void A_skill_that_was_not_in_charge_stays_as_it_is()
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(12), Small("warm-up=0", "fresh-optimiser=false"), seed: 1, workers);
        mlsh.Iterate(0);                                        // gives the optimiser momentum
        float[] second = Skill(mlsh, 1);
        foreach (MlshGroup group in mlsh.Groups)
            group.AlwaysChooses = 0;
        for (int i = 0; i < 2; i++)
        {
            float[] first = Skill(mlsh, 0);
            Assert.Equal(0, Figure(mlsh.Iterate(0), "least_used"));
            Assert.NotEqual(first, Skill(mlsh, 0));
            Assert.Equal(second, Skill(mlsh, 1));
        }
    }

    // Three tasks: the masters take skill 0 for 9, 6 and 6 steps of 10. Means 0.7 and 0.3; p = u / (2 ū) is 9/14 and
    // 1/6 for the first task, 6/14 and 4/6 for the others; squares are shared out.
    [Fact]
    public void Tasks_are_shared_out_by_which_skill_their_master_likes_more_than_other_masters_do()
    {
        double[][] weights = SkillShares.Of([[0.9, 0.1], [0.6, 0.4], [0.6, 0.4]], balance: 2);
        double first = 2 * Math.Pow(9 / 14.0, 2) / (Math.Pow(9 / 14.0, 2) + Math.Pow(1 / 6.0, 2));
        double other = 2 * Math.Pow(6 / 14.0, 2) / (Math.Pow(6 / 14.0, 2) + Math.Pow(4 / 6.0, 2));
        double[] expected = [first, 2 - first, other, 2 - other, other, 2 - other];
        foreach ((double wanted, double weight) in expected.Zip(weights.SelectMany(row => row)))
            Assert.Equal(wanted, weight, 1e-9);
        Assert.All(SkillShares.Of([[0.9, 0.1], [0.6, 0.4]], balance: 0).SelectMany(row => row),
            weight => Assert.Equal(1, weight));
        // A skill that is hardly used counts at most four times as much; one that is not used at all stays so.
        Assert.Equal((2, 0), (SkillShares.Of([[1, 0]], balance: 1)[0][0], SkillShares.Of([[1, 0]], balance: 1)[0][1]));
        double[] rare = SkillShares.Of([[0.99, 0.01], [0.99, 0.01]], balance: 1)[0];
        Assert.Equal(2 * 0.04 / (0.04 + 0.99 / 1.98), rare[1], 1e-9);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Advantages_are_standardised_on_each_task_or_over_all(bool pooled)
    {
        using var workers = new Workers(1);
        MlshOptions options = Small($"pooled-advantages={pooled}", "warm-up=0", "skills=1", "plays=30");
        using var mlsh = new Mlsh(new WhichPays(12), options, seed: 1, workers);
        mlsh.Iterate(0);
        foreach (MlshGroup group in mlsh.Groups)
        {
            double[] own =
                [.. group.Steps.Advantages.Where((_, i) => group.Steps.Active[i] != 0).Select(x => (double)x)];
            double mean = own.Average(), deviation = Math.Sqrt(own.Average(x => (x - mean) * (x - mean)));
            Assert.Equal(!pooled, Math.Abs(mean) < 1e-5 && Math.Abs(deviation - 1) < 1e-4);
        }
    }

    [Fact]
    public void One_skill_is_one_policy_for_all_tasks()
    {
        using var workers = new Workers(1);
        using var mlsh = new Mlsh(new WhichPays(12), Small("skills=1"), seed: 1, workers);
        for (int i = 0; i < 3; i++)
            mlsh.Iterate(0);
        Assert.All(mlsh.Groups[0].Skills, skill => Assert.Equal(0, skill));
    }

    // Two tasks, for each of which one option pays, and nothing else tells them apart: the skills must come to differ,
    // and a fresh master must find out which of them pays.
    [Fact]
    public void Skills_come_to_differ_and_a_fresh_master_learns_a_task()
    {
        var task = new WhichPays(20);
        using var workers = new Workers(1);
        MlshOptions options = Small("groups=6", "plays=10", "warm-up=6", "learning-rate=0.003", "interval=5");
        using var mlsh = new Mlsh(task, options, seed: 2, workers);
        for (int i = 0; i < 210; i++)
            mlsh.Iterate(0);
        EvaluationResult result = Evaluator.Run(task, [mlsh.Agent, .. mlsh.Parts],
            new() { Instances = 30, Threads = 1, Lanes = 10 });
        double[] means = [.. result.Agents.Select(agent => agent.Score.Mean)];
        Assert.True(means[0] > 17, $"{means[0]} of 20 after practice; skills alone {means[1]}, {means[2]}");
        Assert.All(means[1..], mean => Assert.InRange(mean, 3, 17));            // each is right for one of the tasks
    }

    [Fact]
    public void The_diversity_term_makes_skills_unlike_each_other()
    {
        double Unlike(double weight)
        {
            using var workers = new Workers(1);
            using var mlsh = new Mlsh(Asking("mixed"), Small("warm-up=0", "learning-rate=0.003", $"diversity={weight}"),
                seed: 1, workers);
            double last = 0;
            for (int i = 0; i < 10; i++)
                last = Figure(mlsh.Iterate(0), "unlike");
            return last;
        }
        double with = Unlike(1), little = Unlike(1e-6);
        Assert.InRange(little, 1e-9, 0.6);
        Assert.InRange(with, little + 0.2, 1);
    }
}
