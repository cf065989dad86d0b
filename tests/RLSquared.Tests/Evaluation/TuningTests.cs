using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Tasks;
using RLSquared.Tests.Opponents;

namespace RLSquared.Tests.Evaluation;

public sealed class TuningTests
{
    [Fact]
    public void The_value_with_the_highest_mean_on_the_tuning_trials_is_chosen()
    {
        BernoulliBandits task = Duel.Bandits(3, 30);
        var options = new EvaluationOptions { TuningInstances = 300, Seed = 4 };
        var chosen = (Ucb1)Tuning.Tune(AgentCatalogue.Find("ucb1"), task, options);
        double[] bonuses = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
        double best = bonuses.MaxBy(bonus => Evaluator.Score(
            task, new Ucb1 { Bonus = bonus }, 300, Tuning.FirstTrial, options, null, default).Score.Mean);
        Assert.Equal(best, chosen.Bonus);
        Assert.Same(chosen, Tuning.Tune(AgentCatalogue.Find("ucb1"), task, options));
        Assert.NotSame(chosen, Tuning.Tune(AgentCatalogue.Find("ucb1"), task, options with { TuningInstances = 299 }));
    }

    [Fact]
    public void Training_tuning_and_evaluation_never_meet_the_same_trials()
    {
        // Training counts from 0, the others from their first trial on; none comes near the next.
        Assert.True(Evaluator.FirstTrial > 1UL << 40);
        Assert.True(Tuning.FirstTrial - Evaluator.FirstTrial > int.MaxValue);
        BanditLanes lanes = Duel.Bandits(5, 10).CreateBanditLanes(1);
        HashSet<float> firstMeans = [];
        foreach (ulong trial in new[] { 0UL, Evaluator.FirstTrial, Tuning.FirstTrial })
        {
            lanes.Begin(1, trial, []);
            firstMeans.Add(lanes.Means(0)[0]);
        }
        Assert.Equal(3, firstMeans.Count);
    }

    [Fact]
    public void The_opponents_of_a_task_are_all_who_can_play_it_but_the_optimum()
    {
        var options = new EvaluationOptions { TuningInstances = 20 };
        Assert.Equal(
            ["random", "greedy", "epsilon-greedy", "ucb1", "thompson", "optimistic-thompson", "gittins",
                "finite-horizon-gittins"],
            Tuning.Opponents(Duel.Bandits(2, 5), options).Select(agent => agent.Name));
        Assert.Equal(
            ["random", "greedy", "epsilon-greedy", "ucb1", "thompson", "optimistic-thompson"],
            Tuning.Opponents(new GaussianBandits(new() { Pulls = 5 }), options).Select(agent => agent.Name));
        Assert.Equal(
            ["random", "greedy", "epsilon-greedy", "ucb1", "thompson", "gittins", "finite-horizon-gittins"],
            Tuning.Opponents(new DependentBandits(new() { Pulls = 5 }), options).Select(agent => agent.Name));
    }

    [Fact]
    public void Opponents_whose_prior_matters_stand_in_the_table_once_for_each_and_are_tuned_for_each()
    {
        var task = new TabularMdps(new() { States = 3, Actions = 2, Horizon = 4, Episodes = 6 });
        var options = new EvaluationOptions { TuningInstances = 200, Threads = 1 };
        IReadOnlyList<Agent> agents = Tuning.Opponents(task, options);
        Assert.Equal(
            ["random", "greedy 0", "greedy 1", "epsilon-greedy 0", "epsilon-greedy 1", "psrl 0", "psrl 1", "opsrl 0",
                "opsrl 1", "ucrl2 0", "ucrl2 1", "beb 0", "beb 1", "replanner 1"],
            agents.Select(agent => $"{agent.Name} {Prior(agent.SettingsFor(task))}".TrimEnd()));
        // Whoever expects less of what it does not know needs the larger bonus.
        double[] bonuses = [.. agents.OfType<Beb>().Select(agent => agent.Beta)];
        Assert.True(bonuses[0] > bonuses[1], $"{bonuses[0]} and {bonuses[1]}");
        // A bandit's prior is its own, so nothing is said of it there.
        Assert.Equal([], new Greedy().SettingsFor(Duel.Bandits(2, 5)));

        static string? Prior(IReadOnlyList<RLSquared.Settings.Assignment> settings) =>
            settings.Where(setting => setting.Key == "prior-mean").Select(setting => setting.Value).SingleOrDefault();
    }
}
