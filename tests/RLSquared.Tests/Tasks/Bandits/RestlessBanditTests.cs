using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class RestlessBanditTests
{
    /// <summary>The first arm's chance at each pull, [T, N], and what the arms pulled brought.</summary>
    static (float[] Chances, float[] Rewards) Play(RestlessBanditOptions options, int N, Func<int, int, int> arm)
    {
        var task = new RestlessBandit(options);
        BanditLanes lanes = task.CreateBanditLanes(N);
        float[] chances = new float[task.Pulls * N], rewards = new float[task.Pulls * N];
        int[] actions = new int[N];
        lanes.Begin(seed: 4, firstTrial: 50, []);
        for (int t = 0; t < task.Pulls; t++)
        {
            for (int lane = 0; lane < N; lane++)
            {
                (float first, float second) = (lanes.Means(lane)[0], lanes.Means(lane)[1]);
                Assert.InRange(first, 0, 1);
                Assert.Equal(1, first + second, 1e-6f);
                chances[t * N + lane] = first;
                actions[lane] = arm(t, lane);
            }
            lanes.Step(actions, [], rewards.AsSpan(t * N, N), new Endings[N]);
        }
        return (chances, rewards);
    }

    [Theory]
    [InlineData(Volatility.Low, 0.02)]
    [InlineData(Volatility.High, 0.15)]
    public void Chances_move_by_the_drift(Volatility volatility, double drift)
    {
        const int N = 400, T = 100;
        (float[] chances, _) = Play(new() { Volatility = volatility }, N, (_, _) => 0);
        double sum = 0;
        int count = 0;
        for (int i = 0; i < (T - 1) * N; i++)
        {
            double before = chances[i], after = chances[i + N];
            if (Math.Abs(before - 0.5) > 0.05)
                continue;                           // only steps that are too far from the walls to be reflected
            sum += (after - before) * (after - before);
            count++;
        }
        double deviation = Math.Sqrt(sum / count);          // of some 4,000 steps: standard error 1.1 %
        Assert.InRange(deviation, 0.95 * drift, 1.05 * drift);
    }

    [Fact]
    public void Mixed_trials_are_half_slow_and_half_fast_and_each_keeps_its_own_drift()
    {
        const int N = 1000, T = 100;
        (float[] chances, _) = Play(new(), N, (_, _) => 0);
        int fast = 0;
        for (int lane = 0; lane < N; lane++)
        {
            double first = Size(lane, 0, 50), second = Size(lane, 50, T - 1);
            Assert.Equal(first > 0.05, second > 0.05);      // mean steps of .016 and of about .11 in either half
            fast += first > 0.05 ? 1 : 0;
        }
        Assert.InRange(fast, 430, 570);                     // 500 ± 4.4 standard deviations of 15.8

        double Size(int lane, int from, int to) => Enumerable.Range(from, to - from)
            .Average(t => Math.Abs(chances[(t + 1) * N + lane] - chances[t * N + lane]));
    }

    [Fact]
    public void The_walk_is_the_same_whoever_plays_and_one_arm_wins_what_the_other_would_have_lost()
    {
        (float[] chances, float[] first) = Play(new(), 200, (_, _) => 0);
        (float[] same, float[] second) = Play(new(), 200, (_, _) => 1);
        (_, float[] turns) = Play(new(), 200, (t, lane) => (t + lane) % 2);
        Assert.Equal(chances, same);
        Assert.All(first.Zip(second), pair => Assert.Equal(1, pair.First + pair.Second));
        for (int i = 0; i < turns.Length; i++)
            Assert.Equal((i / 200 + i % 200) % 2 == 0 ? first[i] : second[i], turns[i]);
    }

    [Fact]
    public void Arms_pay_with_the_chance_of_their_pull()
    {
        (float[] chances, float[] rewards) = Play(new(), 500, (_, _) => 0);
        double luck = rewards.Zip(chances, (reward, chance) => (double)reward - chance).Average();
        Assert.InRange(luck, -0.01, 0.01);                  // standard error below .5/√50,000 = .0022
        double high = rewards.Where((_, i) => chances[i] > 0.9).Average();
        Assert.InRange(high, 0.93, 0.97);
    }

    [Fact]
    public void Regrets_and_the_best_total_go_by_the_means_of_the_pull()
    {
        var task = new RestlessBandit(new() { Volatility = Volatility.High, Pulls = 20 });
        BanditLanes lanes = task.CreateBanditLanes(3);
        lanes.Begin(1, 0, []);
        double best = 0;
        float[] regrets = new float[3];
        for (int t = 0; t < 20; t++)
        {
            float[] means = lanes.Means(2).ToArray();
            best += means.Max();
            lanes.Step([0, 0, 1], [], new float[3], new Endings[3]);
            lanes.Regrets(regrets);
            Assert.Equal(means.Max() - means[1], regrets[2]);
        }
        Assert.Equal(best, lanes.BestTotal(2), 1e-9);
    }

    [Fact]
    public void Stepping_and_beginning_allocate_nothing()
    {
        const int N = 16;
        BanditLanes lanes = new RestlessBandit().CreateBanditLanes(N);
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
            for (int t = 0; t < 100; t++)
                lanes.Step(actions, [], rewards, endings);
        }
    }

    [Theory]
    [InlineData("low-drift=-0.1", "low-drift must be from 0 to 1, but is -0.1")]
    [InlineData("high-drift=2", "high-drift must be from 0 to 1, but is 2")]
    [InlineData("volatility=hihg", "volatility must be mixed, low or high, but is 'hihg'; did you mean 'high'?")]
    [InlineData("pulls=0", "pulls must be at least 1, but is 0")]
    public void Impossible_options_are_refused(string setting, string message)
    {
        var error = Assert.Throws<OptionException>(
            () => TaskCatalogue.Create("restless-bandit", Assignment.Parse(setting)));
        Assert.Equal(message, error.Message);
    }
}
