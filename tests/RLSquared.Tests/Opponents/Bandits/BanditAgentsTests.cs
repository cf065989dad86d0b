using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Reproduction;
using RLSquared.Tasks;

namespace RLSquared.Tests.Opponents;

public sealed class BanditAgentsTests
{
    static double Mean(string agent, TaskDistribution task, int instances, params string[] settings) =>
        Evaluator.Run(task, [Duel.Make(agent, task, settings)], new() { Instances = instances, Seed = 3, Threads = 2 })
            .Agents[0].Score.Mean;

    [Fact]
    public void Greedy_stays_with_a_winner_and_leaves_a_loser_for_the_first_untried_arm()
    {
        // Means (s + 1)/(m + 2): a win lifts arm 0 to 2/3; a loss drops it to 2/4, which ties with the untried arms,
        // and the first of equals is pulled; a second loss drops it to 2/5, and arm 1 follows.
        Assert.Equal([0, 0, 0, 1], Duel.Pulls(new Greedy(), Duel.Bandits(3, 10), 1, 0, 0));
        Assert.Equal([0, 1, 2, 0], Duel.Pulls(new Greedy(), Duel.Bandits(3, 10), 0, 0, 0));
    }

    [Fact]
    public void Ucb1_weighs_the_mean_and_the_width_of_the_bound()
    {
        // k = 2, after one win of arm 0, t = 2, √(2 ln 2) = 1.1774: arm 0 has 2/3 + c·1.1774/√3 = .6667 + .6798 c, arm
        // 1 .5 + c·1.1774/√2 = .5 + .8326 c. They are equal at c = .1667/.1528 = 1.0907.
        Assert.Equal([0, 0], Duel.Pulls(new Ucb1 { Bonus = 1.05 }, Duel.Bandits(2, 10), 1));
        Assert.Equal([0, 1], Duel.Pulls(new Ucb1 { Bonus = 1.13 }, Duel.Bandits(2, 10), 1));
    }

    [Fact]
    public void Agents_of_gaussian_arms_start_from_the_true_prior()
    {
        // σ = 2, τ = 1: the prior is worth n₀ = 4 pulls of 10 each. After one pull of 4 arm 0 has (40 + 4)/5 = 8.8 and
        // is left for arm 1 (10), which pays 20 and has (40 + 20)/5 = 12.
        var task = new GaussianBandits(new() { Arms = 3, Pulls = 10, PriorMean = 10, RewardDeviation = 2 });
        Assert.Equal([0, 1, 1], Duel.Pulls(new Greedy(), task, 4, 20));
    }

    [Theory]
    [InlineData(10, 5)]
    [InlineData(100, 10)]
    public void Random_play_earns_half_of_the_pulls(int pulls, int arms)
    {
        // The standard deviation of a trial is below pulls/2, so the standard error of 20,000 is below pulls/280.
        double mean = Mean("random", Duel.Bandits(arms, pulls), 20_000);
        Assert.InRange(mean, pulls / 2.0 - pulls / 60.0, pulls / 2.0 + pulls / 60.0);
    }

    [Theory]
    [InlineData(5, 6.64)]
    [InlineData(10, 6.69)]
    [InlineData(50, 6.69)]
    public void Ucb1_with_a_bonus_of_a_fifth_earns_what_is_known_of_it(int arms, double expected)
    {
        double mean = Mean("ucb1", Duel.Bandits(arms, 10), 60_000, "c=0.2");
        Assert.InRange(mean, expected - 0.035, expected + 0.035);       // standard error .009, and .005 of rounding
    }

    // The paper's columns are means of 1,000 instances: standard error .06 for ten pulls and .5 for a hundred with five
    // arms, and .05 of rounding. The margins are four standard errors of both. Parameters near those that our tuning
    // finds.
    [Theory]
    [InlineData("thompson", 5, 10, "", 0.3)]
    [InlineData("thompson", 10, 10, "", 0.3)]
    [InlineData("optimistic-thompson", 10, 10, "samples=20", 0.3)]
    [InlineData("greedy", 5, 10, "", 0.3)]
    [InlineData("greedy", 10, 10, "", 0.3)]
    [InlineData("epsilon-greedy", 5, 10, "epsilon=0", 0.3)]
    [InlineData("gittins", 10, 10, "discount=0.9", 0.3)]
    [InlineData("thompson", 5, 100, "", 2)]
    [InlineData("optimistic-thompson", 5, 100, "samples=15", 2)]
    [InlineData("greedy", 5, 100, "", 2)]
    [InlineData("ucb1", 5, 100, "c=0.2", 2)]
    [InlineData("gittins", 5, 100, "discount=0.99", 2)]
    public void Opponents_earn_what_the_paper_reports(string agent, int arms, int pulls, string setting, double margin)
    {
        BernoulliBandits task = Duel.Bandits(arms, pulls);
        double paper = PaperTables.Find(task)![agent]!.Value;
        double mean = Mean(agent, task, pulls == 10 ? 4000 : 1500, setting.Length == 0 ? [] : [setting]);
        Assert.InRange(mean, paper - margin, paper + margin);
    }

    [Fact]
    public void Optimistic_thompson_with_one_sample_is_thompson_sampling()
    {
        BernoulliBandits task = Duel.Bandits(4, 12);
        EvaluationResult result = Evaluator.Run(
            task, [new Thompson(), new OptimisticThompson { Samples = 1 }], new() { Instances = 300, Threads = 1 });
        Assert.Equal(result.Agents[0].Totals.ToArray(), result.Agents[1].Totals.ToArray());
    }

    [Fact]
    public void Epsilon_of_one_pulls_all_arms_alike_and_of_zero_is_greedy()
    {
        BernoulliBandits task = Duel.Bandits(4, 400);
        int[] pulls = Duel.Pulls(new EpsilonGreedy { Epsilon = 1 }, task, new float[399]);
        for (int arm = 0; arm < 4; arm++)
            Assert.InRange(pulls.Count(pull => pull == arm), 60, 140);      // 100 ± 4.6 standard deviations of 8.7
        float[] rewards = [1, 0, 0, 0, 1, 1, 0, 0, 0, 0];
        Assert.Equal(
            Duel.Pulls(new Greedy(), task, rewards), Duel.Pulls(new EpsilonGreedy { Epsilon = 0 }, task, rewards));
    }

    [Theory]
    [InlineData(DependentVariant.Easy, 0.0014)]         // odds (.1/.9)³ = 1/729 that arm 0 is the good one
    [InlineData(DependentVariant.Hard, 0.2286)]         // odds (.4/.6)³ = 8/27
    [InlineData(DependentVariant.Uniform, 0.0625)]      // Beta(1, 4) is above 1/2 with (1/2)⁴
    public void Thompson_sampling_knows_that_dependent_arms_are_dependent(DependentVariant variant, double expected)
    {
        // After three losses of arm 0 it is pulled with the probability that it is the better one.
        const int N = 4000;
        Player player = new Thompson().CreatePlayer(new DependentBandits(new() { Variant = variant }), N);
        player.Begin(1, 0);
        int[] actions = new int[N];
        for (int t = 0; t < 4; t++)
        {
            player.Act(new Percept
            {
                Step = t,
                Observations = [],
                PreviousActions = new int[N],
                PreviousRewards = new float[N],
                PreviousEndings = new Endings[N],
            }, actions);
        }
        double share = actions.Count(action => action == 0) / (double)N;
        double error = Math.Sqrt(expected * (1 - expected) / N);
        Assert.InRange(share, expected - 5 * error, expected + 5 * error);
    }

    [Theory]
    [InlineData("greedy")]
    [InlineData("epsilon-greedy")]
    [InlineData("ucb1")]
    [InlineData("thompson")]
    [InlineData("optimistic-thompson")]
    public void Agents_of_gaussian_arms_do_better_than_chance_and_worse_than_knowing_the_best(string agent)
    {
        // Five standard normal means have an expected maximum of 1.163; the default task has a hundred pulls.
        Assert.InRange(Mean(agent, new GaussianBandits(), 1000), 50, 114);
    }

    [Fact]
    public void An_agent_that_cannot_play_says_who_can()
    {
        var error = Assert.Throws<NotSupportedException>(() => Duel.Make("gittins", new GaussianBandits()));
        Assert.Equal("the agent gittins cannot play the task gaussian-bandits; these can: random, greedy, " +
            "epsilon-greedy, ucb1, thompson, optimistic-thompson", error.Message);
        error = Assert.Throws<NotSupportedException>(() => new Gittins().CreatePlayer(new GaussianBandits(), 1));
        Assert.Equal("the agent gittins plays bandits whose arms pay 1 or 0 only, " +
            "and the task gaussian-bandits is none", error.Message);
    }

    [Theory]
    [InlineData("ucb", "c=1", "there is no agent 'ucb'; did you mean 'ucb1'?")]
    [InlineData("ucb1", "c=-1", "c must be at least 0, but is -1")]
    [InlineData("epsilon-greedy", "epsilon=1.1", "epsilon must be from 0 to 1, but is 1.1")]
    [InlineData("epsilon-greedy", "epsilom=0.1", "there is no option 'epsilom'; did you mean 'epsilon'?")]
    [InlineData("gittins", "discount=1", "discount must be at most 0.9999, but is 1")]
    [InlineData("gittins", "discount=0", "discount must be above 0, but is 0")]
    [InlineData("optimistic-thompson", "samples=0", "samples must be at least 1, but is 0")]
    [InlineData("thompson", "c=1", "there is no option 'c'; the agent thompson has no options")]
    public void A_wrong_name_or_option_says_what_would_do(string agent, string setting, string message)
    {
        var error = Assert.Throws<OptionException>(() => Duel.Make(agent, Duel.Bandits(5, 10), setting));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Every_agent_plays_what_it_says_and_allocates_nothing_while_it_does()
    {
        TaskDistribution[] tasks =
        [
            Duel.Bandits(3, 8), new DependentBandits(new() { Pulls = 8 }), new GaussianBandits(),
            new InformativeBandit(new() { Pulls = 8 }), new RestlessBandit(new() { Pulls = 8 }),
        ];
        bool inRange = true;
        foreach (TaskDistribution task in tasks)
        {
            foreach (AgentEntry entry in AgentCatalogue.Entries)
            {
                if (!entry.Plays(task))
                {
                    Assert.Throws<NotSupportedException>(() => entry.Create().CreatePlayer(task, 4));
                    continue;
                }
                Player player = entry.Create().CreatePlayer(task, 4);
                int[] previous = new int[4], actions = new int[4];
                float[] rewards = [1, 0, 1, 0];
                var endings = new Endings[4];
                Play();
                long before = GC.GetAllocatedBytesForCurrentThread();
                Play();
                Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

                void Play()
                {
                    player.Begin(1, 0);
                    for (int t = 0; t < 8; t++)
                    {
                        player.Act(new Percept
                        {
                            Step = t,
                            Observations = [],
                            PreviousActions = previous,
                            PreviousRewards = rewards,
                            PreviousEndings = endings,
                        }, actions);
                        foreach (int action in actions)
                            inRange &= action >= 0 && action < task.Actions;
                        actions.CopyTo(previous, 0);
                    }
                }
            }
        }
        Assert.True(inRange);
    }

    [Fact]
    public void Every_agent_can_be_made_again_from_its_settings()
    {
        foreach (AgentEntry entry in AgentCatalogue.Entries)
        {
            Agent agent = entry.Create(entry.Grid.Take(1));
            Assert.Equal(entry.Name, agent.Name);
            Assert.Equal(
                entry.Options.Settings.Select(setting => setting.Name), agent.Settings.Select(pair => pair.Key));
            Assert.Equal(agent.Settings, entry.Create(agent.Settings).Settings);
        }
    }
}
