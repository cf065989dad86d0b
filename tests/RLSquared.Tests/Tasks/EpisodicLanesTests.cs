using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class EpisodicLanesTests
{
    public static TheoryData<string> Names => [.. Tasks.Keys];

    // One of each kind that lives on these lanes, and an environment that does not.
    static readonly Dictionary<string, TaskDistribution> Tasks = new()
    {
        ["cartpole"] = new CartPole(new() { Horizon = 20, Episodes = 2 }),
        ["mountain-car"] = new MountainCar(new() { Horizon = 20, Episodes = 2 }),
        ["pendulum"] = new Pendulum(new() { Horizon = 20, Episodes = 2 }),
        ["acrobot"] = new Acrobot(new() { Horizon = 20, Episodes = 2 }),
        ["movement-bandits"] = new MovementBandits(new() { Horizon = 20, Episodes = 2 }),
        ["four-rooms"] = new FourRooms(new() { Horizon = 20, Episodes = 2 }),
        ["grid-mazes"] = new GridMazes(new() { Horizon = 20, Episodes = 2 }),
        ["krazy-world"] = new KrazyWorld(new() { Horizon = 20, Episodes = 2, Worlds = 0, Lock = true }),
        ["dark-key-to-door"] = new DarkKeyToDoor(new() { Size = 3, Horizon = 20, Episodes = 2 }),
        ["t-maze"] = new TMaze(new() { Corridor = 19, Episodes = 2 }),
        ["maze-runner"] = new MazeRunner(new() { Size = 5, Horizon = 20, Episodes = 2 }),
        ["rule-worlds"] = new RuleWorlds(new() { Size = 4, Horizon = 20, Episodes = 2 }),
        ["environment"] = TaskDistribution.FromEnvironment(
            "walk", ObservationSpace.Vector(1), actions: 2, episodes: 2, maxStepsPerEpisode: 20, () => new Walk()),
    };

    // A random walk that ends at ±3.
    sealed class Walk : SingleEnvironment
    {
        int at;

        public override void Reset(ref Tensors.Random.RandomSequence random, Span<float> observation) =>
            observation[0] = at = random.NextInt(3) - 1;

        public override StepResult Step(
            ReadOnlyActionSpan action, ref Tensors.Random.RandomSequence random, Span<float> observation)
        {
            at += random.NextInt(3) - 1 + (action[0] == 0 ? -1 : 1);
            observation[0] = at;
            return new StepResult(at, Terminated: Math.Abs(at) >= 3);
        }
    }

    // Some lanes that take pseudo-random actions, which depend on (trial, step) alone.
    sealed class Play(TaskDistribution task, int count)
    {
        readonly int[] choices = new int[count];
        readonly float[] numbers = new float[count * task.Action.Numbers];

        public Lanes Lanes { get; } = task.CreateLanes(count);
        public float[] Seen { get; } = new float[count * task.Observation.Width];
        public float[] Rewards { get; } = new float[count];
        public Endings[] Endings { get; } = new Endings[count];
        public uint[] Steps { get; } = new uint[count];
        public ulong[] Trials { get; } = new ulong[count];

        public void Begin(ulong seed, ulong first)
        {
            Lanes.Begin(seed, first, Seen);
            for (int lane = 0; lane < count; lane++)
                (Trials[lane], Steps[lane]) = (first + (ulong)lane, 0);
        }

        public void BeginLane(int lane, ulong trial)
        {
            Lanes.BeginLane(lane, trial, Seen);
            (Trials[lane], Steps[lane], Endings[lane]) = (trial, 0, 0);
        }

        public void Step()
        {
            for (int lane = 0; lane < count; lane++)
            {
                var key = new Tensors.Random.RandomKey(9, RandomPurpose.Other, Trials[lane]);
                float draw = key.Uniform(Steps[lane]++);
                choices[lane] = (int)(draw * Math.Max(1, task.Actions));
                if (task.Action.Numbers > 0)
                    numbers[lane] = 2 * draw - 1;
            }
            Lanes.Step(new ActionSpan(task.Action.Choices > 0 ? choices : [], numbers), Seen, Rewards, Endings);
        }

        public string Of(int lane) => $"{Rewards[lane]} {Endings[lane]} " + string.Join(
            ' ', Seen.AsSpan(lane * task.Observation.Width, task.Observation.Width).ToArray());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_task_says_how_many_episodes_its_trials_have(string name)
    {
        TaskDistribution task = Tasks[name];
        var play = new Play(task, 2);
        int[] ended = new int[2];
        play.Begin(3, 10);
        for (int t = 0; t < task.TrialLength; t++)
        {
            play.Step();
            for (int lane = 0; lane < 2; lane++)
                ended[lane] += (play.Endings[lane] & Endings.EpisodeEnded) != 0 ? 1 : 0;
        }
        Assert.Equal(2, task.Episodes);
        Assert.Equal([2, 2], ended);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_trial_is_the_same_in_every_lane_and_whenever_it_begins(string name)
    {
        TaskDistribution task = Tasks[name];
        Play all = new(task, 8), apart = new(task, 2);
        var expected = new Dictionary<(ulong, uint), string>();
        all.Begin(3, 10);
        for (int t = 0; t < task.TrialLength; t++)
        {
            all.Step();
            for (int lane = 0; lane < 8; lane++)
                expected[(all.Trials[lane], all.Steps[lane])] = all.Of(lane);
        }
        // Two lanes play the same eight trials, each taking up the next one as soon as it is done with its last.
        apart.Begin(3, 10);
        ulong next = 12;
        for (int t = 0; next < 18; t++)
        {
            apart.Step();
            for (int lane = 0; lane < 2; lane++)
            {
                Assert.Equal(expected[(apart.Trials[lane], apart.Steps[lane])], apart.Of(lane));
                if ((apart.Endings[lane] & Endings.TrialEnded) != 0 && next < 18)
                    apart.BeginLane(lane, next++);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_episode_is_over_within_its_steps_and_a_trial_after_its_episodes(string name)
    {
        TaskDistribution task = Tasks[name];
        Play play = new(task, 30);
        play.Begin(5, 0);
        int[] episodes = new int[30], steps = new int[30];
        var isOver = new bool[30];
        for (int t = 0; t < task.TrialLength; t++)
        {
            play.Step();
            for (int lane = 0; lane < 30; lane++)
            {
                if (isOver[lane])
                {
                    Assert.Equal((0, Endings.TrialEnded), (play.Rewards[lane], play.Endings[lane]));
                    continue;
                }
                steps[lane]++;
                if ((play.Endings[lane] & Endings.EpisodeEnded) != 0)
                {
                    episodes[lane]++;
                    bool atLimit = steps[lane] == 20;
                    Assert.True(atLimit || (play.Endings[lane] & Endings.Truncated) == 0);
                    steps[lane] = 0;
                }
                isOver[lane] = (play.Endings[lane] & Endings.TrialEnded) != 0;
                Assert.Equal(episodes[lane] == 2, isOver[lane]);
            }
        }
        Assert.All(isOver, Assert.True);
    }

    // A walk of cart-pole's: the last step of an episode that is cut shows where the next step would have gone from.
    [Fact]
    public void The_last_observation_is_of_the_episode_that_ended_and_not_of_the_next()
    {
        Play longer = new(new MountainCar(new() { Horizon = 21 }), 1);
        Play cut = new(new MountainCar(new() { Horizon = 20, Episodes = 2 }), 1);
        longer.Begin(3, 7);
        cut.Begin(3, 7);
        for (int t = 0; t < 20; t++)
        {
            longer.Step();
            cut.Step();
        }
        float[] last = new float[2];
        cut.Lanes.LastObservation(0, last);
        Assert.Equal(Endings.Truncated, cut.Endings[0]);
        Assert.Equal(longer.Seen, last);
        Assert.NotEqual(cut.Seen, last);
        Assert.Equal(0, cut.Seen[1]);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Steps_and_new_trials_allocate_nothing(string name)
    {
        TaskDistribution task = Tasks[name];
        Play play = new(task, 16);
        play.Begin(1, 0);
        Run(200);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run(200);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Run(int steps)
        {
            for (int t = 0; t < steps; t++)
            {
                play.Step();
                for (int lane = 0; lane < 16; lane++)
                {
                    if ((play.Endings[lane] & Endings.TrialEnded) != 0)
                        play.BeginLane(lane, play.Trials[lane] + 16);
                }
            }
        }
    }

    [Fact]
    public void An_action_that_there_is_not_is_refused()
    {
        Lanes lanes = new CartPole().CreateLanes(2);
        float[] seen = new float[8], rewards = new float[2];
        lanes.Begin(1, 0, seen);
        var error = Assert.Throws<ArgumentOutOfRangeException>(
            () => lanes.Step([1, 2], seen, rewards, new Endings[2]));
        Assert.StartsWith("lane 1 takes action 2, but the actions are 0 … 1", error.Message);
    }
}
