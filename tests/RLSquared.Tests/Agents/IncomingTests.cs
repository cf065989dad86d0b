using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Agents;

/// <summary>
/// What tasks and players hand over is checked where it enters, from a trial's first step to its last.
/// </summary>
public sealed class IncomingTests
{
    /// <summary>Shows and pays what is right, but for one number of one step in one lane.</summary>
    sealed class Wrong(bool here, float observation, float reward, int at) : SingleEnvironment
    {
        int step;

        public override void Reset(ref RandomSequence random, Span<float> seen)
        {
            step = 0;
            Show(seen);
        }

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> seen)
        {
            bool wrong = here && step == at;
            step++;
            Show(seen);
            return new(wrong ? reward : 1);
        }

        void Show(Span<float> seen)
        {
            if (seen.Length > 0)
                seen[^1] = here && step == at ? observation : 1;
        }
    }

    static TaskDistribution Task(ObservationSpace space, float observation, float reward = 1, int at = 3)
    {
        int made = 0;                                                   // lane 2
        return TaskDistribution.FromEnvironment("wrong", space, 2, 1, 6,
            () => new Wrong(made++ == 2, observation, reward, at));
    }

    static readonly ObservationSpace tiny = ObservationSpace.Image(13, 13, 1);

    public static TheoryData<int, float, string> Observations => new()
    {
        { 0, -1, "is -1; its states are whole numbers from 0 to 4" },
        { 0, 5, "is 5; its states are whole numbers from 0 to 4" },
        { 0, 1.5f, "is 1.5; its states are whole numbers from 0 to 4" },
        { 0, 1e30f, "is 1E+30; its states are whole numbers from 0 to 4" },
        { 1, 1e19f, ", number 1 of 2 is 1E+19; numbers beyond ±1E+18 overflow" },
        { 1, float.MinValue, ", number 1 of 2 is -3.4028235E+38; numbers beyond ±1E+18 overflow" },
        { 2, 256, ", number 168 of 169 is 256; pixels are whole numbers from 0 to 255" },
        { 2, -0.5f, ", number 168 of 169 is -0.5; pixels are whole numbers from 0 to 255" },
        { 2, 0.25f, ", number 168 of 169 is 0.25; pixels are whole numbers from 0 to 255" },
    };

    [Theory]
    [MemberData(nameof(Observations))]
    public void An_observation_outside_of_its_space_is_refused_in_training_and_evaluation(
        int kind, float number, string message)
    {
        ObservationSpace space = kind == 0 ? ObservationSpace.Discrete(5) : kind == 1 ? ObservationSpace.Vector(2)
            : tiny;
        foreach (int at in (int[])[0, 3])
        {
            // What is shown after step 2 is what step 3 sees; the message names the step after which it came.
            string where = $"the observation of the task wrong in lane 2 at step {Math.Max(0, at - 1)}";
            var trained = Assert.Throws<TrainingException>(() => Train(Task(space, number, at: at)));
            Assert.StartsWith(where, trained.Message, StringComparison.Ordinal);
            Assert.Contains(message, trained.Message, StringComparison.Ordinal);
            Assert.EndsWith("there is no checkpoint yet", trained.Message, StringComparison.Ordinal);
            var evaluated = Assert.Throws<InvalidDataException>(() => Evaluate(Task(space, number, at: at)));
            Assert.Contains(message, evaluated.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1e19f, "the reward of the task wrong in lane 2 at step 3 is 1E+19; rewards beyond ±1E+18 overflow")]
    [InlineData(-1e38f, "the reward of the task wrong in lane 2 at step 3 is -1E+38; rewards beyond ±1E+18 overflow")]
    public void Rewards_that_overflow_stop_a_training_with_step_and_lane(float reward, string message)
    {
        var failure = Assert.Throws<TrainingException>(() => Train(Task(ObservationSpace.Discrete(5), 1, reward)));
        Assert.StartsWith(message, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rewards_whose_sum_overflows_stop_a_training_with_step_and_lane()
    {
        var failure = Assert.Throws<TrainingException>(() => Train(TaskDistribution.FromEnvironment(
            "sums", ObservationSpace.Nothing, 2, 1, 2, () => new Rich())));
        Assert.StartsWith("the return of lane 7 from step 0 on is 1.8E+18; sums of rewards beyond ±1E+18 overflow",
            failure.Message, StringComparison.Ordinal);
    }

    sealed class Rich : SingleEnvironment
    {
        public override void Reset(ref RandomSequence random, Span<float> observation)
        {
        }

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) => new(0.9e18f);
    }

    public static TheoryData<int, float, string> Actions => new()
    {
        { 2, 0, "its choice 0 is option 2; its options are whole numbers from 0 to 1" },
        { -1, 0, "its choice 0 is option -1; its options are whole numbers from 0 to 1" },
        { 1, 0, "its choice 0 is option 1, which the task does not allow there" },
        { 0, 1.5f, "its number 0 is 1.5; its numbers are from -1 to 1" },
        { 0, float.NaN, "its number 0 is NaN; its numbers are from -1 to 1" },
    };

    [Theory]
    [MemberData(nameof(Actions))]
    public void A_player_who_decides_what_cannot_be_is_stopped(int choice, float number, string message)
    {
        TaskDistribution task = TaskDistribution.FromEnvironment(
            "narrow", ObservationSpace.Nothing, ActionSpace.Mixed([2], 1), 1, 4, () => new Narrow(), masks: true);
        var failure = Assert.Throws<InvalidDataException>(
            () => Evaluator.Run(task, [new Stubborn(choice, number)], new() { Instances = 3, Threads = 1 }));
        Assert.Equal($"the action of the agent stubborn in lane 1 at step 2 cannot be: {message}", failure.Message);
    }

    // Option 1 is never allowed.
    sealed class Narrow : SingleEnvironment
    {
        public override void Reset(ref RandomSequence random, Span<float> observation)
        {
        }

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) => default;

        public override void Allowed(Span<bool> allowed) => allowed[1] = false;
    }

    sealed class Stubborn(int choice, float number) : Agent
    {
        public override string Name => "stubborn";

        public override Player CreatePlayer(TaskDistribution task, int lanes) => new Seat(choice, number);

        sealed class Seat(int choice, float number) : Player
        {
            public override void Begin(ulong seed, ulong firstTrial)
            {
            }

            public override void Act(in Percept percept, ActionSpan actions)
            {
                actions.Choices.Clear();
                actions.Numbers.Clear();
                if (percept.Step == 2)
                    (actions.Choices[1], actions.Numbers[1]) = (choice, number);
            }
        }
    }

    // What a program of one's own tells a network is checked by the network.
    [Theory]
    [InlineData(5, 0, "the state of lane 0 is 5, and must be a whole number from 0 to 4")]
    [InlineData(float.NaN, 0, "the state of lane 0 is NaN, and must be a whole number from 0 to 4")]
    [InlineData(1, 2, "the previous choice of lane 0 is 2, and must be a whole number from 0 to 1")]
    [InlineData(1, int.MinValue,
        "the previous choice of lane 0 is -2147483648, and must be a whole number from 0 to 1")]
    public void A_network_reads_no_state_and_no_action_that_there_is_not(float state, int action, string message)
    {
        TaskDistribution task = Task(ObservationSpace.Discrete(5), 1);
        using var network = RLSquared.Policies.Policy.Recurrent(task.Spaces, new() { Hidden = 4 }, 1);
        using var player = new RLSquared.Policies.PolicyPlayer(network, 1);
        player.Begin(1, 0);
        var failure = Assert.Throws<ArgumentException>(() => player.Act(new Percept
        {
            Step = 0,
            Observations = [state],
            PreviousActions = new ReadOnlyActionSpan([action], []),
            PreviousRewards = [0],
            PreviousEndings = [Endings.None],
        }, new int[1]));
        Assert.Equal(message, failure.Message);
    }

    [Fact]
    public void What_is_right_at_the_edge_passes()
    {
        foreach ((ObservationSpace space, float[] numbers) in ((ObservationSpace, float[])[])
            [(ObservationSpace.Discrete(5), [0, 4]), (ObservationSpace.Vector(2), [-1e18f, 1e18f]), (tiny, [0, 255])])
        {
            foreach (float number in numbers)
                Evaluate(Task(space, number));
        }
    }

    static void Train(TaskDistribution task)
    {
        using var workers = new Workers(1);
        using var rl2 = new Rl2(task, new()
        {
            Network = new() { Hidden = 4, Features = 4, Shared = task.Observation.Kind == ObservationKind.Image },
            Trials = 8,
            Minibatch = 8,
            Shards = 1,
        }, 1, workers);
        new Training(rl2, Budget.OfSteps(100)).Run();
    }

    static void Evaluate(TaskDistribution task) =>
        Evaluator.Run(task, [new RandomAgent()], new() { Instances = 4, Threads = 1, Lanes = 4 });
}
