using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Algorithms;

public sealed class ERl2Tests(ITestOutputHelper output)
{
    const int Explore = 3;

    // The best that the last two of five pulls bring is 1; staying with the first arm brings 0.
    [Fact]
    public void On_pay_to_look_it_explores_and_RL2_stays_greedy()
    {
        var task = new PayToLook();
        double optimum = task.OptimalExploitValue(Explore);
        (double looked, double exploit) = Trained(task, ERl2.For(task));
        output.WriteLine($"e-rl2 looks in {looked:P1} of trials and then earns {exploit:F3} of {optimum}");
        Assert.True(looked > 0.97, $"it looked in a share of {looked}");
        Assert.True(exploit > 0.95 * optimum, $"it earned {exploit} of {optimum}");

        (looked, exploit) = Trained(task, Rl2Options.For(task));
        output.WriteLine($"rl2 looks in {looked:P1} of trials and then earns {exploit:F3}");
        Assert.True(looked < 0.03, $"RL² looked in a share of {looked}");
    }

    static (double Looked, double Exploit) Trained(PayToLook task, Rl2Options options)
    {
        options = options with
        {
            Network = options.Network with { Hidden = 16 },
            Trials = 256,
            Minibatch = 64,
        };
        using var workers = new Workers(1);
        using var rl2 = new Rl2(task, options, 1, workers);
        for (int i = 0; i < 60; i++)
            rl2.Iterate(i / 60.0);
        Transcript played = Transcript.Of(task, rl2.Agent, 2000, 1);
        int looked = 0;
        for (int trial = 0; trial < played.N; trial++)
        {
            bool any = false;
            for (int t = 0; t < Explore; t++)
                any |= played.Actions[t * played.N + trial] == 1;
            looked += any ? 1 : 0;
        }
        IReadOnlyList<double[]> episodes = EpisodeReturns.Of(task, rl2.Agent, 2000, 1);
        double exploit = episodes.Skip(Explore).Sum(returns => returns.Average());
        return ((double)looked / played.N, exploit);
    }

    [Fact]
    public void It_goes_by_the_pulls_that_count_and_shows_the_whole_trial_beside_them()
    {
        Rl2Options options = Small();
        using var workers = new Workers(1);
        using var cheap = new Rl2(new PayToLook(new() { Cost = 1 }), options, 1, workers);
        using var dear = new Rl2(new PayToLook(new() { Cost = 100 }), options, 1, workers);
        IterationReport ofCheap = cheap.Iterate(0), ofDear = dear.Iterate(0);
        double Trial(IterationReport report) => report.Figures.Single(figure => figure.Name == "trial_return").Value;
        Assert.True(Trial(ofDear) < ofDear.MeanReturn);                    // the cost of the first three pulls is in it
        Assert.Equal("exploit return", cheap.Score);
        Assert.Equal("e-rl2", cheap.Name);
        Assert.NotEqual(Trial(ofCheap), ofCheap.MeanReturn);
    }

    [Fact]
    public void Options_suit_the_task_and_the_table_knows_the_episodes_that_explore()
    {
        Assert.Equal(3, ERl2.For(new PayToLook()).ExploreEpisodes);
        Assert.Equal(1, ERl2.For(new PayToLook(new() { Pulls = 2 })).ExploreEpisodes);
        Assert.Equal(2, ERl2.Table.Apply([Assignment.Parse("explore-episodes=2")]).ExploreEpisodes);
        Assert.False(Rl2Options.Table.Contains("explore-episodes"));
        Assert.Equal(0, new Rl2Options().ExploreEpisodes);
    }

    [Fact]
    public void What_leaves_nothing_to_explore_or_nothing_to_count_is_refused()
    {
        using var workers = new Workers(1);
        Assert.Equal("explore-episodes must be at least 1, but is 0", Assert.Throws<OptionException>(
            () => ERl2.Table.Apply([Assignment.Parse("explore-episodes=0")])).Message);
        Assert.Equal(
            "explore-episodes must be below the 5 episodes of a trial of pay-to-look, of which the last must count, " +
            "but is 5",
            Assert.Throws<OptionException>(
                () => new Rl2(new PayToLook(), Small() with { ExploreEpisodes = 5 }, 1, workers)).Message);
        TaskDistribution single = new Corners(new() { Episodes = 1 });
        const string message = "e-rl2 explores in the first episodes of a trial and learns for the others, but a " +
            "trial of corners is a single episode; rl2 can learn it";
        Assert.Equal(message, Assert.Throws<OptionException>(() => ERl2.For(single)).Message);
        Assert.Equal(message, Assert.Throws<OptionException>(() => new Rl2(single, Small(), 1, workers)).Message);
    }

    [Fact]
    public void The_same_bits_come_of_any_number_of_threads()
    {
        float[] Weights(int threads)
        {
            using var workers = new Workers(threads);
            using var rl2 = new Rl2(new PayToLook(), Small(), 1, workers);
            for (int i = 0; i < 3; i++)
                rl2.Iterate(0);
            return [.. rl2.Parameters.All.SelectMany(parameter => parameter.Value.ToArray())];
        }
        Assert.Equal(Weights(1), Weights(3));
    }

    static Rl2Options Small() => new()
    {
        Network = new() { Hidden = 8 },
        Trials = 64,
        Minibatch = 32,
        ExploreEpisodes = Explore,
    };
}
