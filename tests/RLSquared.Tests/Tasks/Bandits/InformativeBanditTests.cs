using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class InformativeBanditTests
{
    [Fact]
    public void One_of_ten_arms_pays_five_and_the_eleventh_a_tenth_of_its_number()
    {
        const int N = 2000;
        BanditLanes lanes = new InformativeBandit().CreateBanditLanes(N);
        lanes.Begin(1, 0, []);
        int[] targets = new int[10];
        for (int lane = 0; lane < N; lane++)
        {
            float[] means = lanes.Means(lane).ToArray();
            int target = Array.IndexOf(means, 5f);
            targets[target]++;
            Assert.Equal(9, means[..10].Count(mean => mean == 1));
            Assert.Equal(0.1f * (target + 1), means[10], 1e-6f);
        }
        Assert.All(targets, count => Assert.InRange(count, 140, 260));      // 200 ± 4.5 standard deviations of 13.4
    }

    [Fact]
    public void Arms_pay_their_means_and_a_miss_costs_the_difference_to_the_target()
    {
        var task = new InformativeBandit(new() { Pulls = 11 });
        BanditLanes lanes = task.CreateBanditLanes(1);
        lanes.Begin(1, 0, []);
        float[] means = lanes.Means(0).ToArray(), reward = new float[1], regret = new float[1];
        for (int arm = 0; arm < 11; arm++)
        {
            lanes.Step([arm], [], reward, new Endings[1]);
            lanes.Regrets(regret);
            Assert.Equal((means[arm], 5 - means[arm]), (reward[0], regret[0]));
        }
    }

    [Fact]
    public void Asking_first_is_optimal_from_two_pulls_on()
    {
        // The best of all sensible plans: with t pulls left and the target not among the first k arms, pull arm k + 1
        // or ask. Arms are tried from the lowest on, since then the eleventh pays most: on average (k + 1 + 10)/20.
        for (int pulls = 1; pulls <= 30; pulls++)
            Assert.Equal(Best(0, pulls), new InformativeBandit(new() { Pulls = pulls }).OptimalValue, 1e-9);

        static double Best(int k, int t)
        {
            if (t == 0)
                return 0;
            double ask = (k + 11) / 20.0 + 5 * (t - 1);
            if (k == 10)
                return ask;
            double hit = 1.0 / (10 - k);
            return Math.Max(ask, hit * 5 * t + (1 - hit) * (1 + Best(k + 1, t - 1)));
        }
    }

    [Fact]
    public void The_best_player_earns_the_optimum_and_a_learner_of_means_eleven()
    {
        // Greedy tries the arms in order until one pays 5: 25, 21, 17, 13, 9 with chance 1/10 each, else 5: 8.5 + 2.5.
        // Its deviation is 7.2, so the standard error of 20,000 trials is 0.05; that of the best player is 0.002.
        var task = new InformativeBandit();
        EvaluationResult result = Evaluator.Run(
            task, [new BayesOptimal(), new Greedy()], new() { Instances = 20_000, Threads = 1 });
        Assert.InRange(result.Agents[0].Score.Mean, 20.54, 20.56);
        Assert.InRange(result.Agents[1].Score.Mean, 10.8, 11.2);
        Assert.Equal(new Ceiling("Bayes-optimal, exact", true, new Estimate(20.55, 0)), result.Ceiling);
    }

    [Fact]
    public void Agents_that_believe_in_noise_do_not_play_it()
    {
        Assert.Equal(
            ["random", "greedy", "epsilon-greedy", "ucb1", "bayes-optimal"],
            AgentCatalogue.For(new InformativeBandit()).Select(entry => entry.Name));
        var error = Assert.Throws<NotSupportedException>(
            () => new Thompson().CreatePlayer(new InformativeBandit(), 1));
        Assert.Equal(
            "the agent thompson plays bandits, gaussian-bandits, dependent-bandits and restless-bandit only, " +
            "not the task informative-bandit", error.Message);
    }

    [Fact]
    public void A_trial_without_pulls_is_refused()
    {
        var error = Assert.Throws<OptionException>(
            () => TaskCatalogue.Create("informative-bandit", new Assignment("pulls", "0")));
        Assert.Equal("pulls must be at least 1, but is 0", error.Message);
    }
}
