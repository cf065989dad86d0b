using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Tasks;

public sealed class TabularMdpsTests
{
    static TabularMdps Small(int horizon, int episodes) =>
        new(new() { States = 3, Actions = 2, Horizon = horizon, Episodes = episodes });

    [Fact]
    public void Transition_rows_are_flat_dirichlet_and_mean_rewards_are_normal_around_one()
    {
        const int N = 2000, S = 4, A = 2, pairs = N * S * A;
        TabularMdpLanes lanes = new TabularMdps(new() { States = S, Actions = A }).CreateMdpLanes(N);
        lanes.Begin(1, 0, new float[N]);
        double[] sums = new double[S], squares = new double[S];
        double product = 0;
        List<double> means = [];
        for (int lane = 0; lane < N; lane++)
        {
            foreach (float[] row in lanes.Transitions(lane).ToArray().Chunk(S))
            {
                Assert.Equal(1, row.Sum(), 1e-5f);
                for (int next = 0; next < S; next++)
                {
                    sums[next] += row[next] / pairs;
                    squares[next] += row[next] * row[next] / (double)pairs;
                }
                product += row[0] * row[1] / (double)pairs;
            }
            foreach (float mean in lanes.RewardMeans(lane))
                means.Add(mean);
        }
        // Each entry is Beta(1, 3): mean 1/4, second moment 2/(4·5) = 0.1; two entries: 1/(4·5) = 0.05. Standard errors
        // over 16,000 rows: .1936/126 = .0015, below .13/126 = .001, below .05/126 = .0004.
        for (int next = 0; next < S; next++)
        {
            Assert.InRange(sums[next], 0.25 - 0.0075, 0.25 + 0.0075);
            Assert.InRange(squares[next], 0.1 - 0.005, 0.1 + 0.005);
        }
        Assert.InRange(product, 0.05 - 0.002, 0.05 + 0.002);
        // Normal(1, 1): standard error of the mean 1/√16,000 = .008, of the variance √(2/16,000) = .011.
        Assert.InRange(means.Average(), 1 - 0.04, 1 + 0.04);
        Assert.InRange(means.Average(mean => (mean - 1) * (mean - 1)), 1 - 0.055, 1 + 0.055);
    }

    [Fact]
    public void Next_states_follow_the_transition_rows_and_rewards_are_normal_around_their_means()
    {
        // Two episodes of 5,000 steps under random play; each pair is visited about 1,600 times.
        const int S = 3, A = 2, T = 10_000;
        TabularMdpLanes lanes = Small(horizon: 5000, episodes: 2).CreateMdpLanes(1);
        float[] state = new float[1], reward = new float[1];
        var endings = new Endings[1];
        lanes.Begin(2, 7, state);
        RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence(0);
        double[] counts = new double[S * A * S], visits = new double[S * A];
        double noise = 0, square = 0;
        for (int t = 0; t < T; t++)
        {
            int pair = (int)state[0] * A + random.NextInt(A);
            lanes.Step([pair % A], state, reward, endings);
            double difference = reward[0] - lanes.RewardMeans(0)[pair];
            (noise, square) = (noise + difference / T, square + difference * difference / T);
            if (endings[0] != Endings.None)
                continue;                           // shows the next episode's start
            visits[pair]++;
            counts[pair * S + (int)state[0]]++;
        }
        for (int i = 0; i < counts.Length; i++)
        {
            double p = lanes.Transitions(0)[i], error = Math.Sqrt(p * (1 - p) / visits[i / S]);
            Assert.InRange(counts[i] / visits[i / S], p - 5 * error - 1e-6, p + 5 * error + 1e-6);
        }
        Assert.InRange(noise, -0.05, 0.05);         // standard error 1/√10,000 = .01
        Assert.InRange(square, 0.93, 1.07);         // √(2/10,000) = .014
    }

    [Fact]
    public void Every_episode_begins_in_state_0_and_its_last_step_terminates()
    {
        TabularMdpLanes lanes = Small(horizon: 3, episodes: 2).CreateMdpLanes(2);
        float[] states = [9, 9];
        var endings = new Endings[2];
        lanes.Begin(1, 0, states);
        Assert.Equal([0, 0], states);
        for (int t = 1; t <= 6; t++)
        {
            lanes.Step([0, 1], states, new float[2], endings);
            Endings expected = t switch
            {
                3 => Endings.Terminated,
                6 => Endings.Terminated | Endings.TrialEnded,
                _ => Endings.None,
            };
            Assert.Equal([expected, expected], endings);
            if (t % 3 == 0)
                Assert.Equal([0, 0], states);
            Assert.All(states, state => Assert.InRange(state, 0, 2));
        }
        var error = Assert.Throws<InvalidOperationException>(
            () => lanes.Step([0, 1], states, new float[2], endings));
        Assert.Equal("a trial has 6 steps and all are done; begin the next trial", error.Message);
    }

    [Fact]
    public void The_same_visit_of_a_pair_brings_the_same_whoever_plays_and_in_whichever_lane()
    {
        // Two players who prefer different actions. Sorted by (pair, visit) they must have met the same luck.
        var task = Small(horizon: 10, episodes: 20);
        Dictionary<(int Pair, int Visit), (float Reward, float Next)> first = Play(0.2, 4, 1), second = Play(0.7, 6, 5);
        int shared = 0;
        foreach (((int, int) visit, (float Reward, float Next) met) in first)
        {
            if (!second.TryGetValue(visit, out (float Reward, float Next) other))
                continue;
            shared++;
            Assert.Equal(met.Reward, other.Reward);
            if (met.Next >= 0 && other.Next >= 0)
                Assert.Equal(met.Next, other.Next);
        }
        Assert.InRange(shared, 50, 199);

        Dictionary<(int, int), (float, float)> Play(double chanceOfSecond, int N, int lane)
        {
            TabularMdpLanes lanes = task.CreateMdpLanes(N);
            float[] states = new float[N], rewards = new float[N];
            var endings = new Endings[N];
            lanes.Begin(3, firstTrial: 50 - (ulong)lane, states);            // trial 50 in either game
            RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence(0);
            Dictionary<(int, int), (float, float)> met = [];
            int[] actions = new int[N];
            for (int t = 0; t < task.TrialLength; t++)
            {
                int pair = (int)states[lane] * 2 + (random.NextUniform() < chanceOfSecond ? 1 : 0);
                actions[lane] = pair % 2;
                lanes.Step(actions, states, rewards, endings);
                int visit = met.Keys.Count(key => key.Item1 == pair);
                met.Add((pair, visit), (rewards[lane], endings[lane] == Endings.None ? states[lane] : -1));
            }
            return met;
        }
    }

    [Fact]
    public void A_trial_with_two_states_has_the_value_worked_out_by_hand()
    {
        // Two steps to go: V₁(s) = maxₐ r(s, a); V₂(0) = maxₐ [r(0, a) + P(0 | 0, a) V₁(0) + P(1 | 0, a) V₁(1)].
        TabularMdpLanes lanes = new TabularMdps(new() { States = 2, Actions = 2, Horizon = 2 }).CreateMdpLanes(1);
        float[] state = new float[1], regret = new float[1];
        lanes.Begin(4, 0, state);
        float[] r = lanes.RewardMeans(0).ToArray(), P = lanes.Transitions(0).ToArray();
        float[] last = [Math.Max(r[0], r[1]), Math.Max(r[2], r[3])];
        float[] first = [r[0] + P[0] * last[0] + P[1] * last[1], r[1] + P[2] * last[0] + P[3] * last[1]];
        Assert.Equal([0, 0], lanes.Values(0, stepsLeft: 0).ToArray());
        Assert.Equal(last, lanes.Values(0, stepsLeft: 1).ToArray());
        Assert.Equal(first.Max(), lanes.Values(0, stepsLeft: 2)[0], 1e-6f);

        lanes.Regrets(regret);
        Assert.Equal(0, regret[0]);
        int worse = first[0] < first[1] ? 0 : 1;
        lanes.Step([worse], state, new float[1], new Endings[1]);
        lanes.Regrets(regret);
        Assert.Equal(first.Max() - first.Min(), regret[0], 1e-6f);
        int s = (int)state[0];
        worse = r[2 * s] < r[2 * s + 1] ? 0 : 1;
        lanes.Step([worse], state, new float[1], new Endings[1]);
        lanes.Regrets(regret);
        Assert.Equal(Math.Abs(r[2 * s] - r[2 * s + 1]), regret[0], 1e-6f);
    }

    [Fact]
    public void Regrets_add_up_to_what_a_random_player_loses()
    {
        // The performance-difference lemma: E[sum of regrets] = n·V*(0) − E[total reward], trial by trial; what is left
        // is the luck of rewards and transitions, whose mean over N trials is 0 but for its standard error.
        const int N = 4000;
        var task = Small(horizon: 5, episodes: 4);
        TabularMdpLanes lanes = task.CreateMdpLanes(N);
        float[] states = new float[N], rewards = new float[N], regrets = new float[N];
        var endings = new Endings[N];
        int[] actions = new int[N];
        double[] luck = new double[N];
        double regret = 0;
        lanes.Begin(5, 0, states);
        for (int lane = 0; lane < N; lane++)
            luck[lane] = -4 * lanes.Values(lane, stepsLeft: 5)[0];
        for (int t = 0; t < task.TrialLength; t++)
        {
            for (int lane = 0; lane < N; lane++)
            {
                var key = new RandomKey(6, RandomPurpose.Other, (ulong)lane);
                actions[lane] = key.Uniform((uint)t) < 0.5f ? 0 : 1;
            }
            lanes.Step(actions, states, rewards, endings);
            lanes.Regrets(regrets);
            for (int lane = 0; lane < N; lane++)
            {
                Assert.True(regrets[lane] >= 0);
                luck[lane] += rewards[lane] + regrets[lane];
                regret += regrets[lane] / N;
            }
        }
        double mean = luck.Average(), deviation = Math.Sqrt(luck.Average(x => x * x) - mean * mean);
        // 20 rewards of variance 1 and next states whose values differ by less than the rewards: near √20 … √40.
        Assert.InRange(deviation, 4, 7);
        Assert.InRange(mean, -5 * deviation / Math.Sqrt(N), 5 * deviation / Math.Sqrt(N));
        Assert.InRange(regret, 5, 20);          // a random action of two costs about half of E|x − y| = 1.13 a step
    }

    [Fact]
    public void Beginning_stepping_and_regrets_allocate_nothing()
    {
        const int N = 16;
        var task = new TabularMdps();
        TabularMdpLanes lanes = task.CreateMdpLanes(N);
        int[] actions = new int[N];
        float[] states = new float[N], rewards = new float[N], regrets = new float[N];
        var endings = new Endings[N];
        PlayOne();
        long before = GC.GetAllocatedBytesForCurrentThread();
        PlayOne();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void PlayOne()
        {
            lanes.Begin(1, 0, states);
            for (int t = 0; t < task.TrialLength; t++)
            {
                lanes.Step(actions, states, rewards, endings);
                lanes.Regrets(regrets);
            }
        }
    }

    [Fact]
    public void An_action_that_is_not_there_is_named_with_its_lane()
    {
        TabularMdpLanes lanes = Small(horizon: 3, episodes: 1).CreateMdpLanes(2);
        lanes.Begin(1, 0, new float[2]);
        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => lanes.Step([0, 2], new float[2], new float[2], new Endings[2]));
        Assert.StartsWith("lane 1 takes action 2, but the actions are 0 … 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("states=1", "states must be from 2 to 100, but is 1")]
    [InlineData("actions=101", "actions must be from 2 to 100, but is 101")]
    [InlineData("horizon=0", "horizon must be from 1 to 10000, but is 0")]
    [InlineData("episodes=0", "episodes must be from 1 to 10000, but is 0")]
    [InlineData("episode=3", "there is no option 'episode'; did you mean 'episodes'?")]
    public void A_wrong_option_says_which_and_what_would_do(string setting, string message)
    {
        var error = Assert.Throws<OptionException>(() => TaskCatalogue.Create("mdps", Assignment.Parse(setting)));
        Assert.Equal(message, error.Message);
    }

    [Fact]
    public void Lanes_that_no_array_can_hold_are_refused()
    {
        var task = new TabularMdps(new() { States = 100, Actions = 100 });
        var error = Assert.Throws<OptionException>(() => task.CreateLanes(3000));
        Assert.StartsWith("3000 lanes of 100 states, 100 actions and horizon 10 are 3000000000 numbers",
            error.Message, StringComparison.Ordinal);
    }
}
