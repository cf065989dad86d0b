using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Deployment;
using RLSquared.Evaluation;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tests.Runs;

namespace RLSquared.Tests.Deployment;

public sealed class ActorTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly Workers workers = new(1);

    public void Dispose()
    {
        folder.Dispose();
        workers.Dispose();
    }

    public static TheoryData<string, string> Networks => TrainedPolicyTests.Networks;

    // Two blocks of trials of an evaluation: the player of the network that was trained, an actor with as many lanes
    // that was loaded from its file, and an actor of one lane for each trial.
    [Theory, MemberData(nameof(Networks))]
    public void It_acts_as_in_an_evaluation_bit_for_bit_in_many_lanes_and_in_one(string name, string settings)
    {
        const int N = 3;
        TaskDistribution task = PolicyFiles.Task(name);
        using Rl2 rl2 = PolicyFiles.Trained(task, settings, workers);
        string path = PolicyFiles.Write(folder, rl2);
        using TrainedPolicy policy = TrainedPolicy.Load(path);
        foreach (bool greedy in (bool[])[false, true])
        {
            var options = new ActorOptions { Greedy = greedy, Seed = 7, FirstTrial = Evaluator.FirstTrial, Lanes = N };
            using var player = new PolicyPlayer(rl2.Policy, N, greedy);
            using Actor many = Agent.Load(path, options);
            Actor[] ones = [.. Enumerable.Range(0, N).Select(lane => new Actor(
                policy.Network, options with { Lanes = 1, FirstTrial = options.FirstTrial + (ulong)lane }))];
            var game = new Game(task, N);
            int live = 0;
            for (ulong block = 0; block < 2; block++)
            {
                game.Begin(7, options.FirstTrial + block * N);
                player.Begin(7, options.FirstTrial + block * N);
                many.BeginTrial();
                if (block == 1)
                {
                    for (int lane = 0; lane < N; lane++)
                    {
                        ones[lane].Dispose();
                        ones[lane] = new Actor(policy.Network,
                            options with { Lanes = 1, FirstTrial = options.FirstTrial + N + (ulong)lane });
                    }
                }
                for (int step = 0; step < task.TrialLength; step++)
                {
                    var expected = new ActionBuffer(task.Action, N);
                    player.Act(game.Percept(step), expected.Span);
                    var actions = new ActionBuffer(task.Action, N);
                    many.Act(game.Observations, game.Rewards, game.Done, actions.Span, game.Allowed);
                    for (int lane = 0; lane < N; lane++)
                    {
                        if ((game.Endings[lane] & Endings.TrialEnded) != 0)
                            continue;
                        live++;
                        var one = new ActionBuffer(task.Action, 1);
                        ones[lane].Act(game.ObservationOf(lane), [game.Rewards[lane]], [game.Done[lane]], one.Span,
                            game.AllowedIn(lane));
                        Same(((ReadOnlyActionSpan)expected.Span).Lane(lane, task.Action), one.Span);
                        Same(one.Span, ((ReadOnlyActionSpan)actions.Span).Lane(lane, task.Action));
                        Assert.Equal(
                            player.ActionProbabilities.Slice(lane * task.Actions, task.Actions).ToArray(),
                            ones[lane].Probabilities.ToArray());
                    }
                    game.Step(expected.Span);
                }
            }
            Assert.True(live >= 2 * N * Math.Min(6, task.TrialLength));
            foreach (Actor one in ones)
                one.Dispose();
        }

        static void Same(ReadOnlyActionSpan expected, ReadOnlyActionSpan actual)
        {
            Assert.Equal(expected.Choices.ToArray(), actual.Choices.ToArray());
            Assert.Equal(expected.Numbers.ToArray(), actual.Numbers.ToArray());
        }
    }

    [Fact]
    public void The_short_forms_are_the_long_one()
    {
        using Actor bandit = Loaded("bandits", ""), sameBandit = Loaded("bandits", "");
        using Actor mdp = Loaded("mdps", ""), sameMdp = Loaded("mdps", "");
        using Actor maze = Loaded("mazes", "filters=4 features=8 time-to-go=false");
        using Actor sameMaze = Loaded("mazes", "filters=4 features=8 time-to-go=false");
        byte[] image = [.. Enumerable.Range(0, maze.Spaces.Observation.Size).Select(i => (byte)(i * 7))];
        float[] floats = [.. image.Select(pixel => (float)pixel)];
        var seen = new HashSet<int>();
        for (int step = 0; step < 8; step++)
        {
            int action = bandit.Act([], step % 2, true);
            seen.Add(action);
            Assert.Equal(action, sameBandit.Act(step % 2, true));
            Assert.Equal(mdp.Act([step % 10], 0.5f, step == 3), sameMdp.Act(step % 10, 0.5f, step == 3));
            Assert.Equal(maze.Act(floats, 0, false), sameMaze.Act(image, 0, false));
            Assert.Equal(maze.Probabilities.ToArray(), sameMaze.Probabilities.ToArray());
        }
        Assert.True(seen.Count > 1, "always the same arm, so this test shows little");
    }

    [Fact]
    public void In_the_first_step_of_a_trial_reward_and_done_are_not_looked_at()
    {
        using Actor agent = Loaded("bandits", "");
        agent.Act(float.NaN, false);
        float[] first = agent.Probabilities.ToArray();
        agent.Act(1, true);
        Assert.NotEqual(first, agent.Probabilities.ToArray());
        agent.BeginTrial();
        agent.Act(1, true);
        Assert.Equal(first, agent.Probabilities.ToArray());
    }

    [Theory]
    [InlineData("")]
    [InlineData("cells=6")]
    public void A_lane_begins_a_trial_while_the_others_go_on(string settings)
    {
        using Actor both = Loaded("bandits", settings, new() { Lanes = 2, Seed = 4 });
        using Actor first = Loaded("bandits", settings, new() { Seed = 4 });
        using Actor second = Loaded("bandits", settings, new() { Seed = 4, FirstTrial = 1 });
        using Actor third = Loaded("bandits", settings, new() { Seed = 4, FirstTrial = 2 });
        int[] actions = new int[2];
        for (int step = 0; step < 8; step++)
        {
            if (step == 3)
                both.BeginTrial(1);
            float reward = step % 3;
            both.Act([], [reward, reward], [true, true], actions);
            Assert.Equal(first.Act(reward, true), actions[0]);
            Assert.Equal((step < 3 ? second : third).Act(reward, true), actions[1]);
        }
    }

    [Fact]
    public void Before_its_first_step_a_trial_cannot_be_begun_again()
    {
        using Actor agent = Loaded("bandits", ""), other = Loaded("bandits", "");
        agent.BeginTrial();
        agent.BeginTrial(0);
        for (int step = 0; step < 8; step++)
            Assert.Equal(other.Act(step, true), agent.Act(step, true));
    }

    // T = 10: the last step of a trial sees 1/10 to go, and so does each one beyond.
    [Fact]
    public void Beyond_the_length_of_a_trial_each_step_is_as_its_last()
    {
        using var network = Policy.Recurrent(new BernoulliBandits(new() { Pulls = 10 }).Spaces, new(), 1);
        using var player = new PolicyPlayer(network, 4);
        player.Begin(1, 0);
        player.Act(new Percept
        {
            Step = 0,
            LaneSteps = [0, 9, 10, uint.MaxValue],
            Observations = [],
            PreviousActions = [0, 0, 0, 0],
            PreviousRewards = [0, 0, 0, 0],
            PreviousEndings = [Endings.Terminated, Endings.Terminated, Endings.Terminated, Endings.Terminated],
        }, new int[4]);
        float last = 1 - 0.9f;
        Assert.Equal([1, last, last, last], player.InputNumbers.ToArray().Chunk(3).Select(row => row[2]));

        using Actor agent = Loaded("bandits", "");
        for (int step = 0; step < 100; step++)
            Assert.InRange(agent.Act(step % 2, true), 0, 3);
        using Actor longer = Loaded("bandits", "", new() { TrialLength = 80 }), shorter = Loaded("bandits", "");
        shorter.Act(0, true);
        longer.Act(0, true);
        Assert.Equal(shorter.Probabilities.ToArray(), longer.Probabilities.ToArray());
        shorter.Act(0, true);
        longer.Act(0, true);
        Assert.NotEqual(shorter.Probabilities.ToArray(), longer.Probabilities.ToArray());
    }

    [Fact]
    public void A_greedy_agent_takes_the_likeliest_option_and_probabilities_are_of_the_last_action()
    {
        using Actor agent = Loaded("bandits", "", new() { Greedy = true });
        Assert.Equal(new float[4], agent.Probabilities.ToArray());
        int action = agent.Act(0, true);
        float[] probabilities = agent.Probabilities.ToArray();
        Assert.Equal(1, probabilities.Sum(), 1e-5);
        Assert.Equal(probabilities.Max(), probabilities[action]);
    }

    [Fact]
    public void A_forbidden_option_is_never_chosen()
    {
        using Actor agent = Loaded("bandits", "");
        for (int step = 0; step < 200; step++)
        {
            Assert.Equal(1, agent.Act(1, true, allowed: [false, true, false, false]));
            Assert.Equal([0f, 1f, 0f, 0f], agent.Probabilities.ToArray());
        }
        Assert.Equal(1, Distributions.Sample([0.5f, 0.4999999f, 0], 0.99999999f));
    }

    [Fact]
    public void Acting_allocates_nothing()
    {
        using Actor bandit = Loaded("bandits", "weight-norm=true"), cells = Loaded("bandits", "cells=6");
        using Actor mdp = Loaded("mdps", ""), lanes = Loaded("mdps", "", new() { Lanes = 64 });
        using Actor maze = Loaded("mazes", "filters=4 features=8 time-to-go=false");
        using Actor game = Loaded("pretend-game", "layer-norm=true");
        byte[] image = new byte[maze.Spaces.Observation.Size];
        float[] states = new float[64], rewards = new float[64];
        bool[] done = new bool[64];
        int[] actions = new int[64];
        var mixed = new ActionBuffer(game.Spaces.Action, 1);
        Play(50);                                       // the runtime compiles and arenas grow
        long before = GC.GetAllocatedBytesForCurrentThread();
        Play(50);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Play(int count)
        {
            for (int step = 0; step < count; step++)
            {
                bandit.Act(step % 2, true);
                cells.Act(step % 2, true);
                mdp.Act(step % 10, 0.5f, step % 5 == 0);
                lanes.Act(states, rewards, done, actions);
                maze.Act(image, 0, false);
                game.Act([step, 1], [0.5f], [false], mixed.Span, [true, true, false, true, true]);
                if (step % 10 == 9)
                {
                    bandit.BeginTrial();
                    cells.BeginTrial();
                    lanes.BeginTrial(step);
                }
            }
        }
    }

    [Fact]
    public async Task Actors_of_one_policy_act_at_once_on_several_threads()
    {
        using TrainedPolicy policy = TrainedPolicy.Load(File("mdps", "weight-norm=true layer-norm=true"));
        int[] alone = Play(), again = Play();
        Assert.Equal(alone, again);
        foreach (int[] played in await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(Play))))
            Assert.Equal(alone, played);

        int[] Play()
        {
            using var agent = new Actor(policy.Network);
            return [.. Enumerable.Range(0, 300).Select(step => agent.Act(step % 10, step % 3, step % 7 == 0))];
        }
    }

    [Fact]
    public void What_cannot_be_is_refused_and_says_what_would_be_right()
    {
        using Actor bandit = Loaded("bandits", ""), mdp = Loaded("mdps", "");
        using Actor maze = Loaded("mazes", "filters=4 features=8 time-to-go=false"), game = Loaded("pretend-game", "");
        using Actor two = Loaded("mdps", "", new() { Lanes = 2 });
        var mixed = new ActionBuffer(game.Spaces.Action, 1);
        int[] pair = new int[2];
        Refused("observation has 2 numbers, and must have 0, for it sees nothing", () => bandit.Act([1, 2], 0, false));
        Refused("this agent sees nothing, not the number of a state", () => bandit.Act(1, 0, false));
        Refused("this agent sees nothing, not an image", () => bandit.Act(new byte[3], 0, false));
        Refused("observation has 0 numbers, and must have 1, for it sees the number of one of 10 states",
            () => mdp.Act(0f, false));
        Refused("there is no state 10: states are whole numbers from 0 to 9", () => mdp.Act(10, 0, false));
        Refused("there is no state -1: states are whole numbers from 0 to 9", () => mdp.Act(-1, 0, false));
        Refused("there is no state 0.5: states are whole numbers from 0 to 9", () => mdp.Act([0.5f], 0, false));
        Refused(
            "observation has 1 numbers, and must have 2 (2 lanes with 1), for it sees the number of one of 10 states",
            () => two.Act([1], [0, 0], [false, false], pair));
        Refused("reward has 1 numbers, and must have 2 (2 lanes with 1)",
            () => two.Act([1, 1], [0], [false, false], pair));
        Refused("done has 3 flags, and must have 2 (2 lanes with 1)",
            () => two.Act([1, 1], [0, 0], [false, false, true], pair));
        Refused("place for choices has 3 numbers, and must have 2 (2 lanes with 1)",
            () => two.Act([1, 1], [0, 0], [false, false], new int[3]));
        Refused("number 1 of the observation of lane 0 is NaN, and must be a finite number",
            () => game.Act([1, float.NaN], [0], [false], mixed.Span));
        game.Act([1, 1], [0], [false], mixed.Span);
        Refused("the reward of lane 0 is Infinity, and must be a finite number",
            () => game.Act([1, 1], [float.PositiveInfinity], [false], mixed.Span));
        Refused("place for numbers has 0 numbers, and must have 1",
            () => game.Act([1, 1], [0], [false], new int[2]));
        Refused("no option of choice 1 is allowed in lane 0; a choice must have one left",
            () => game.Act([1, 1], [0], [false], mixed.Span, [true, true, true, false, false]));
        Refused("allowed has 2 flags, and must have 5", () => game.Act([1, 1], [0], [false], mixed.Span, [true, true]));
        Refused("there is no pixel 256: pixels are whole numbers from 0 to 255",
            () => maze.Act([.. Enumerable.Repeat(256f, maze.Spaces.Observation.Size)], 0, false));
        Assert.Equal("this agent decides choices of 3 and 2 with 1 number in 1 lane; call Act with a place for all " +
            "of that, such as an ActionSpan",
            Assert.Throws<InvalidOperationException>(() => game.Act([1, 1], 0, false)).Message);
        Assert.Equal("this agent decides 5 actions in 2 lanes; call Act with a place for all of that, such as an " +
            "ActionSpan", Assert.Throws<InvalidOperationException>(() => two.Act(1, 0, false)).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => two.BeginTrial(2));
        mdp.Dispose();
        Assert.Throws<ObjectDisposedException>(() => mdp.Act(1, 0, false));
        Assert.Throws<ObjectDisposedException>(mdp.BeginTrial);
        Assert.Equal("lanes must be at least 1, but is 0",
            Assert.Throws<OptionException>(() => new ActorOptions { Lanes = 0 }).Message);
        Assert.Equal("trial-length must be at least 1, but is 0",
            Assert.Throws<OptionException>(() => new ActorOptions { TrialLength = 0 }).Message);

        static void Refused(string message, Action act) =>
            Assert.Equal(message, Assert.ThrowsAny<ArgumentException>(act).Message.Split(" (Parameter")[0]);
    }

    // What it refuses leaves it as it was.
    [Fact]
    public void After_a_refusal_it_goes_on_as_if_nothing_had_been_said()
    {
        using Actor agent = Loaded("mdps", ""), other = Loaded("mdps", "");
        for (int step = 0; step < 10; step++)
        {
            Assert.ThrowsAny<ArgumentException>(() => agent.Act(99, 0, false));
            if (step > 0)
                Assert.ThrowsAny<ArgumentException>(() => agent.Act(1, float.NaN, false));
            Assert.Equal(other.Act(step, 1, false), agent.Act(step, 1, false));
        }
    }

    Actor Loaded(string name, string settings, ActorOptions? options = null) =>
        Agent.Load(File(name, settings), options);

    string File(string name, string settings)
    {
        using Rl2 rl2 = PolicyFiles.Trained(PolicyFiles.Task(name), settings, workers);
        return PolicyFiles.Write(folder, rl2);
    }

    /// <summary>The lanes of a task with the buffers that an evaluation has.</summary>
    sealed class Game(TaskDistribution task, int lanes)
    {
        readonly Lanes game = task.CreateLanes(lanes);
        readonly ActionBuffer previous = new(task.Action, lanes);

        public float[] Observations { get; } = new float[lanes * task.Observation.Width];
        public float[] Rewards { get; } = new float[lanes];
        public Endings[] Endings { get; } = new Endings[lanes];
        public bool[] Allowed { get; } = new bool[task.Masks ? lanes * task.Actions : 0];
        public bool[] Done => [.. Endings.Select(ending => (ending & RLSquared.Tasks.Endings.EpisodeEnded) != 0)];

        public void Begin(ulong seed, ulong firstTrial)
        {
            previous.Clear();
            Array.Clear(Rewards);
            Array.Fill(Endings, RLSquared.Tasks.Endings.Terminated);
            game.Begin(seed, firstTrial, Observations);
            Ask();
        }

        public Percept Percept(int step) => new()
        {
            Step = step,
            Observations = Observations,
            PreviousActions = previous.Span,
            PreviousRewards = Rewards,
            PreviousEndings = Endings,
            Allowed = Allowed,
        };

        public ReadOnlySpan<float> ObservationOf(int lane) =>
            Observations.AsSpan(lane * task.Observation.Width, task.Observation.Width);

        public ReadOnlySpan<bool> AllowedIn(int lane) =>
            task.Masks ? Allowed.AsSpan(lane * task.Actions, task.Actions) : [];

        public void Step(ReadOnlyActionSpan actions)
        {
            game.Step(actions, Observations, Rewards, Endings);
            actions.Choices.CopyTo(previous.Choices);
            actions.Numbers.CopyTo(previous.Numbers);
            Ask();
        }

        void Ask()
        {
            Allowed.AsSpan().Fill(true);
            if (task.Masks)
                game.Allowed(Allowed);
        }
    }
}
