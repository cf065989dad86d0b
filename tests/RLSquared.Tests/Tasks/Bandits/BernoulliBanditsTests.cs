using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class BernoulliBanditsTests
{
    [Fact]
    public void The_same_pull_of_an_arm_pays_the_same_whenever_it_comes()
    {
        // Lane 0 pulls arm 0 three times and then arm 1 three times, lane 1's player does so in turns. They play the
        // same trial in two separate games; sorted by (arm, count of pulls) their rewards must be the same.
        float[] first = Play([0, 0, 0, 1, 1, 1]), second = Play([0, 1, 0, 1, 0, 1]), third = Play([1, 1, 1, 0, 0, 0]);
        float[] inTurn = [second[0], second[2], second[4], second[1], second[3], second[5]];
        float[] reversed = [.. third[3..], .. third[..3]];
        Assert.Contains(0, first);
        Assert.Contains(1, first);
        Assert.Equal(first, inTurn);
        Assert.Equal(first, reversed);

        static float[] Play(int[] arms)
        {
            const ulong trial = 77;         // has both rewards among its six
            BanditLanes lanes = new BernoulliBandits(new() { Arms = 2, Pulls = 6 }).CreateBanditLanes(1);
            lanes.Begin(seed: 5, trial, []);
            float[] rewards = new float[6];
            var endings = new Endings[1];
            for (int t = 0; t < 6; t++)
                lanes.Step([arms[t]], [], rewards.AsSpan(t, 1), endings);
            return rewards;
        }
    }

    [Fact]
    public void A_trial_does_not_depend_on_the_lane_that_plays_it()
    {
        var task = new BernoulliBandits(new() { Arms = 3, Pulls = 4 });
        BanditLanes wide = task.CreateBanditLanes(8), narrow = task.CreateBanditLanes(1);
        wide.Begin(9, firstTrial: 100, []);
        float[] rewards = new float[8], reward = new float[1];
        var endings = new Endings[8];
        float[] fromWide = new float[4], fromNarrow = new float[4];
        narrow.Begin(9, firstTrial: 106, []);
        Assert.Equal(wide.Means(6).ToArray(), narrow.Means(0).ToArray());
        for (int t = 0; t < 4; t++)
        {
            wide.Step([0, 1, 2, 0, 1, 2, t % 3, 1], [], rewards, endings);
            narrow.Step([t % 3], [], reward, endings);
            (fromWide[t], fromNarrow[t]) = (rewards[6], reward[0]);
        }
        Assert.Equal(fromWide, fromNarrow);
    }

    [Fact]
    public void Every_pull_ends_an_episode_and_the_last_one_the_trial()
    {
        BanditLanes lanes = new BernoulliBandits(new() { Arms = 2, Pulls = 3 }).CreateBanditLanes(2);
        lanes.Begin(1, 0, []);
        var endings = new Endings[2];
        for (int t = 0; t < 3; t++)
        {
            lanes.Step([0, 1], [], new float[2], endings);
            Endings expected = t < 2 ? Endings.Terminated : Endings.Terminated | Endings.TrialEnded;
            Assert.Equal([expected, expected], endings);
        }
        var error = Assert.Throws<InvalidOperationException>(() => lanes.Step([0, 1], [], new float[2], endings));
        Assert.Equal("a trial has 3 pulls and all are done; begin the next trial", error.Message);
    }

    [Fact]
    public void Means_are_uniform_and_arms_pay_their_mean()
    {
        const int N = 4000, T = 50;
        BanditLanes lanes = new BernoulliBandits(new() { Arms = 2, Pulls = T }).CreateBanditLanes(N);
        lanes.Begin(3, 0, []);
        float[] rewards = new float[N];
        double[] totals = new double[N];
        int[] actions = new int[N];
        for (int t = 0; t < T; t++)
        {
            lanes.Step(actions, [], rewards, new Endings[N]);
            for (int lane = 0; lane < N; lane++)
                totals[lane] += rewards[lane];
        }
        double mean = 0, square = 0, error = 0;
        for (int lane = 0; lane < N; lane++)
        {
            double p = lanes.Means(lane)[0];
            mean += p / N;
            square += p * p / N;
            error += (totals[lane] - T * p) * (totals[lane] - T * p) / N;
        }
        // Uniform: mean 1/2 (standard error .29/√4000 = .005), mean square 1/3 (.005).
        Assert.InRange(mean, 0.5 - 0.02, 0.5 + 0.02);
        Assert.InRange(square, 1 / 3.0 - 0.02, 1 / 3.0 + 0.02);
        // Given p the total is binomial with variance 50·p(1 − p), on average 50/6 = 8.33; standard error below 0.25.
        Assert.InRange(error, 7.4, 9.3);
    }

    [Fact]
    public void Stepping_and_beginning_allocate_nothing()
    {
        const int N = 64;
        var task = new BernoulliBandits();
        BanditLanes lanes = task.CreateBanditLanes(N);
        int[] actions = new int[N];
        float[] rewards = new float[N];
        var endings = new Endings[N];
        PlayOne();
        long before = GC.GetAllocatedBytesForCurrentThread();
        PlayOne();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void PlayOne()
        {
            lanes.Begin(1, 0, []);
            for (int t = 0; t < task.Pulls; t++)
                lanes.Step(actions, [], rewards, endings);
        }
    }

    [Fact]
    public void An_arm_that_is_not_there_is_named_with_its_lane()
    {
        BanditLanes lanes = new BernoulliBandits(new() { Arms = 2 }).CreateBanditLanes(2);
        lanes.Begin(1, 0, []);
        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => lanes.Step([0, 2], [], new float[2], new Endings[2]));
        Assert.StartsWith("lane 1 pulls arm 2, but the arms are 0 … 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("arms=1", "arms", "arms must be at least 2, but is 1")]
    [InlineData("pulls=0", "pulls", "pulls must be at least 1, but is 0")]
    [InlineData("pulls=ten", "pulls", "pulls must be a whole number such as 10, but is 'ten'")]
    [InlineData("arm=3", "arm", "there is no option 'arm'; did you mean 'arms'?")]
    [InlineData("discount=1", "discount", "there is no option 'discount'; the task bandits has arms, pulls")]
    public void A_wrong_option_says_which_and_what_would_do(string setting, string option, string message)
    {
        var error = Assert.Throws<OptionException>(
            () => TaskCatalogue.Create("bandits", Assignment.Parse(setting)));
        Assert.Equal(option, error.Option);
        Assert.Equal(message, error.Message);
    }
}
