using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Experience;

public sealed class WindowCollectorTests
{
    /// <summary>
    /// Shows the steps of its episode, and terminates after four of them in every third trial; else a limit cuts it
    /// after six. Odd steps allow action 1 alone. The reward is 10 × the step that led there.
    /// </summary>
    sealed class Clock : SingleEnvironment
    {
        int steps, kind;

        public override void BeginTrial(ref RandomSequence random) => kind = random.NextInt(3);

        public override void Reset(ref RandomSequence random, Span<float> observation) =>
            observation[0] = steps = 0;

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            Assert.True(steps % 2 == 0 || action[0] == 1);
            observation[0] = ++steps;
            return new StepResult(10 * steps, Terminated: kind == 0 && steps == 4);
        }

        public override void Allowed(Span<bool> allowed)
        {
            if (steps % 2 == 1)
                allowed[0] = allowed[2] = false;
        }
    }

    static readonly TaskDistribution clock = TaskDistribution.FromEnvironment(
        "clock", ObservationSpace.Vector(1), actions: 3, episodes: 1, maxStepsPerEpisode: 6, () => new Clock(),
        masks: true);

    public static TheoryData<string> Names => [.. tasks.Keys];

    // Lanes that begin apart and lanes that begin together; choices, numbers, masks; one episode and several.
    static readonly Dictionary<string, TaskDistribution> tasks = new()
    {
        ["clock"] = clock,
        ["cartpole"] = new CartPole(new() { Horizon = 13, Episodes = 2 }),
        ["pendulum"] = new Pendulum(new() { Horizon = 7 }),
        ["four-rooms"] = new FourRooms(new() { Horizon = 9 }),
        ["bandits"] = new BernoulliBandits(new() { Pulls = 7 }),
        ["plants"] = new Plants(new() { Horizon = 4, Episodes = 2 }),
    };

    static Policy PolicyFor(TaskDistribution task) => Policy.FeedForward(task.Spaces, new() { Hidden = 8 }, seed: 4);

    static WindowCollector Collector(
        TaskDistribution task, Policy policy, int lanes, int window, Workers workers, int shards = 2) =>
        new(task, policy, lanes, window, shards, chunk: 16, seed: 9, workers);

    static float ValueOf(Policy policy, float observation)
    {
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        Tensor dense = tape.Constant(new Shape(1, 1, 1), [observation]);
        return policy.Values(tape, new PolicyInput { Rows = new SequenceInput(1, 1, dense) }).Read();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Two_windows_are_what_one_of_twice_the_length_is(string name)
    {
        TaskDistribution task = tasks[name];
        using var workers = new Workers(1);
        using Policy policy = PolicyFor(task);
        using WindowCollector whole = Collector(task, policy, 5, 22, workers);
        using WindowCollector halves = Collector(task, policy, 5, 11, workers);
        whole.Play();
        for (int half = 0; half < 2; half++)
        {
            halves.Play();
            Rollout one = whole.Rollout, other = halves.Rollout;
            int from = half * 55, W = one.Width;
            Assert.Equal(one.Rewards[from..(from + 55)], other.Rewards);
            Assert.Equal(one.Endings[from..(from + 55)], other.Endings);
            Assert.Equal(one.Observations[(from * W)..((from + 55) * W)], other.Observations);
            Assert.Equal(one.LogProbabilities[from..(from + 55)], other.LogProbabilities);
            Assert.Equal(one.Values[from..(from + 55)], other.Values);
            Assert.Equal(one.Active[from..(from + 55)], other.Active);
            for (int i = 0; i < 55; i++)
            {
                if (one.Active[from + i] != 0 && (one.Endings[from + i] & Endings.Terminated) == 0)
                    Assert.Equal(whole.NextValues[from + i], halves.NextValues[i], 1e-5f);
            }
        }
    }

    // The clock shows how many steps an episode has taken, so what follows a step is known: the next number, at a cut
    // too, though the lane by then shows the next episode's 0.
    [Fact]
    public void The_next_value_is_that_of_the_state_that_followed_at_a_cut_too()
    {
        using var workers = new Workers(1);
        using Policy policy = PolicyFor(clock);
        using WindowCollector collector = Collector(clock, policy, 7, 20, workers);
        collector.Play();
        collector.Play();
        Rollout rollout = collector.Rollout;
        (int cut, int terminated) = (0, 0);
        for (int i = 0; i < rollout.N; i++)
        {
            float seen = rollout.Observations[i];
            Assert.Equal(10 * (seen + 1), rollout.Rewards[i]);
            Assert.Equal(ValueOf(policy, seen), rollout.Values[i], 1e-5f);
            Assert.Equal(seen == 5, (rollout.Endings[i] & Endings.Truncated) != 0);
            if ((rollout.Endings[i] & Endings.Terminated) != 0)
            {
                Assert.Equal((3, 0), (seen, collector.NextValues[i]));
                terminated++;
                continue;
            }
            Assert.Equal(ValueOf(policy, seen + 1), collector.NextValues[i], 1e-5f);
            cut += seen == 5 ? 1 : 0;
        }
        Assert.True(cut > 5 && terminated > 2);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Lanes_go_on_from_where_others_stood(string name)
    {
        TaskDistribution task = tasks[name];
        using var workers = new Workers(1);
        using Policy policy = PolicyFor(task);
        foreach (int windows in (int[])[0, 1, 2, 5])
        {
            using WindowCollector whole = Collector(task, policy, 6, 8, workers);
            using WindowCollector resumed = Collector(task, policy, 6, 8, workers);
            for (int i = 0; i < windows; i++)
                whole.Play();
            resumed.Restore(whole.Save());
            Assert.Equal(whole.Save(), resumed.Save());
            for (int i = 0; i < 2; i++)
            {
                whole.Play();
                resumed.Play();
                Assert.Equal(whole.Rollout.Observations, resumed.Rollout.Observations);
                Assert.Equal(whole.Rollout.StepsInTrial, resumed.Rollout.StepsInTrial);
                Assert.Equal(whole.Rollout.Rewards, resumed.Rollout.Rewards);
                Assert.Equal(whole.Rollout.Endings, resumed.Rollout.Endings);
                Assert.Equal(whole.Rollout.LogProbabilities, resumed.Rollout.LogProbabilities);
                Assert.Equal(whole.NextValues, resumed.NextValues);
                Assert.Equal(whole.MeanReturn, resumed.MeanReturn);
                Assert.Equal(whole.Save(), resumed.Save());
            }
        }
    }

    // A trial of the clock brings 10 + 20 + 30 + 40 = 100 where it terminates, else 210.
    [Fact]
    public void The_mean_return_is_that_of_whole_trials()
    {
        using var workers = new Workers(1);
        using Policy policy = PolicyFor(clock);
        using WindowCollector collector = Collector(clock, policy, 1, 6, workers, shards: 1);
        List<double> found = [];
        for (int i = 0; i < 12; i++)
        {
            collector.Play();
            found.Add(collector.MeanReturn ?? -1);
        }
        Assert.All(found, mean => Assert.Contains(mean, new double[] { -1, 100, 155, 210 }));
        Assert.Contains(100, found);
        Assert.Contains(210, found);
    }

    [Fact]
    public void Lanes_that_begin_together_wait_for_the_last_one_and_padding_does_not_count()
    {
        TaskDistribution task = new TabularMdps(new() { Horizon = 3, Episodes = 2, States = 3, Actions = 2 });
        using var workers = new Workers(1);
        using Policy policy = PolicyFor(task);
        using WindowCollector collector = Collector(task, policy, 4, 13, workers);
        collector.Play();
        for (int i = 0; i < collector.Rollout.N; i++)
        {
            bool padding = collector.Rollout.Endings[i] == Endings.TrialEnded;
            Assert.Equal(padding ? 0 : 1, collector.Rollout.Active[i]);
        }
        Assert.Equal((long)collector.Rollout.Active.Sum(), collector.Rollout.Steps);
    }

    [Fact]
    public void A_state_of_other_lanes_is_refused()
    {
        using var workers = new Workers(1);
        using Policy policy = PolicyFor(clock);
        using WindowCollector collector = Collector(clock, policy, 2, 4, workers);
        collector.Restore([.. Enumerable.Repeat((byte)255, 400)]);
        Assert.Throws<InvalidDataException>(collector.Play);
        collector.Restore([1, 2, 3]);
        Assert.Contains("lanes", Assert.Throws<InvalidDataException>(collector.Play).Message);
    }
}
