using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Algorithms;

public sealed class PpoTests
{
    /// <summary>
    /// One state in which each step pays 1. An episode takes one step, and then terminates or is cut.
    /// </summary>
    sealed class OneStep(bool terminates) : SingleEnvironment
    {
        public override void Reset(ref RandomSequence random, Span<float> observation) => observation[0] = 1;

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            observation[0] = 1;
            return new StepResult(1, Terminated: terminates, Truncated: !terminates);
        }
    }

    /// <summary>
    /// Asks for all that can be decided: the reward is for choices that are the (allowed) option named, and for numbers
    /// near those shown.
    /// </summary>
    sealed class Asks(ActionSpace space, bool masks) : SingleEnvironment
    {
        readonly float[] shown = new float[2];

        public override void Reset(ref RandomSequence random, Span<float> observation)
        {
            foreach (ref float number in shown.AsSpan())
                number = (float)random.NextUniform() - 0.5f;
            shown.CopyTo(observation);
        }

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            float reward = 0;
            for (int k = 0; k < space.Choices; k++)
                reward += action.Choices[k] == (shown[k % 2] > 0 ? 1 : 0) ? 1 : 0;
            for (int c = 0; c < space.Numbers; c++)
                reward += 1 - Math.Abs(action.Numbers[c] - shown[c % 2]);
            Reset(ref random, observation);
            return new StepResult(reward / (space.Choices + space.Numbers));
        }

        public override void Allowed(Span<bool> allowed)
        {
            for (int k = 0; k < space.Choices && masks; k++)
            {
                if (space.SizeOf(k) > 2)
                    allowed[space.StartOf(k) + 2] = false;
            }
        }
    }

    public static TheoryData<string> Spaces => [.. spaces.Keys];

    static readonly Dictionary<string, (ActionSpace Space, bool Masks)> spaces = new()
    {
        ["discrete"] = (3, false),
        ["masked"] = (ActionSpace.MultiDiscrete(3, 4), true),
        ["multi-discrete"] = (ActionSpace.MultiDiscrete(2, 3), false),
        ["continuous"] = (ActionSpace.Continuous(2), false),
        ["mixed"] = (ActionSpace.Mixed([2], 1), false),
    };

    static TaskDistribution Asking(string kind) => TaskDistribution.FromEnvironment(
        "asks", ObservationSpace.Vector(2), spaces[kind].Space, episodes: 1, maxStepsPerEpisode: 10,
        () => new Asks(spaces[kind].Space, spaces[kind].Masks), spaces[kind].Masks);

    static double Figure(IterationReport report, string name) => report.Figures.First(one => one.Name == name).Value;

    static PpoOptions Small(params string[] settings) =>
        PpoOptions.Table.Apply(
            new PpoOptions(), Assignment.ParseAll(["hidden=16", "lanes=8", "window=32", .. settings]));

    // One minibatch learned from once: the policy is the one that played until its only step, so no ratio differs from
    // 1, whatever is decided, with masks, and after observations have been normalised anew.
    [Theory]
    [MemberData(nameof(Spaces))]
    public void Before_the_first_update_of_an_iteration_the_policy_is_the_one_that_played(string kind)
    {
        using var workers = new Workers(1);
        using var ppo = new Ppo(Asking(kind), Small("epochs=1", "minibatches=1"), seed: 1, workers);
        for (int i = 0; i < 4; i++)
        {
            IterationReport report = ppo.Iterate(0);
            Assert.Equal((0, 0), (Figure(report, "kl"), Figure(report, "clip_fraction")));
        }
        Assert.NotEqual(0, Figure(ppo.Iterate(0), "gradient_norm"));
    }

    [Theory]
    [MemberData(nameof(Spaces))]
    public void It_learns_whatever_is_decided(string kind)
    {
        using var workers = new Workers(1);
        using var ppo = new Ppo(Asking(kind), Small("learning-rate=0.003", "deviation=0.3", "discount=0"), 1, workers);
        double first = ppo.Iterate(0).MeanReturn, last = 0;
        for (int i = 0; i < 80; i++)
            last = ppo.Iterate(0).MeanReturn;
        Assert.True(last > first + 1 && last > 7.5, $"{first} to {last} of 10");
    }

    // γ = 0.9: after a termination nothing follows, so the state is worth 1; after a cut the same goes on, and it is
    // worth 1 / (1 − 0.9) = 10.
    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 10)]
    public void A_state_is_worth_what_follows_a_cut_and_nothing_follows_a_termination(bool terminates, double worth)
    {
        TaskDistribution task = TaskDistribution.FromEnvironment("one-step", ObservationSpace.Vector(1), actions: 2,
            episodes: 1, maxStepsPerEpisode: 5, () => new OneStep(terminates));
        using var workers = new Workers(1);
        PpoOptions options = Small("discount=0.9", "normalise-rewards=false", "normalise-observations=false",
            "learning-rate=0.02", "gradient-norm=0", "hidden=8");
        using var ppo = new Ppo(task, options, seed: 1, workers);
        for (int i = 0; i < 120; i++)
            ppo.Iterate(i / 120.0);
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = false };
        var rows = new SequenceInput(1, 1, tape.Constant(new Shape(1, 1, 1), [1]));
        Assert.Equal(worth, ppo.Policy.Values(tape, new PolicyInput { Rows = rows }).Read(), 0.05 * worth);
    }

    [Fact]
    public void It_learns_to_balance_a_pole()
    {
        using var workers = new Workers(1);
        var task = new CartPole();
        using var ppo = new Ppo(task, PpoOptions.For(task), seed: 1, workers);
        for (int i = 0; i < 30; i++)
            ppo.Iterate(i / 30.0);
        double mean = Evaluator.Run(task, [ppo.Agent], new() { Instances = 100 }).Agents[0].Score.Mean;
        Assert.True(mean > 200, $"{mean} of 500 after {ppo.Steps} steps");
    }

    [Fact]
    public void A_recurrent_policy_remembers_what_one_without_memory_cannot_know()
    {
        var task = new TMaze(new() { Corridor = 3 });
        using var workers = new Workers(1);
        PpoOptions recurrent = PpoOptions.Table.Apply(PpoOptions.For(task), Assignment.ParseAll(
            ["recurrent=true", "hidden=16", "lanes=128", "minibatches=4", "learning-rate=0.01", "entropy=0.01"]));
        using var ppo = new Ppo(task, recurrent, seed: 1, workers);
        for (int i = 0; i < 60; i++)
            ppo.Iterate(i / 60.0);
        double mean = Evaluator.Run(task, [ppo.Agent], new() { Instances = 300 }).Agents[0].Score.Mean;
        Assert.True(mean > 0.9, $"{mean} of 1");
    }

    [Fact]
    public void A_limit_of_the_divergence_ends_the_epochs()
    {
        using var workers = new Workers(1);
        using var limited = new Ppo(Asking("discrete"), Small("epochs=8", "max-kl=1e-9"), 1, workers);
        using var free = new Ppo(Asking("discrete"), Small("epochs=8"), 1, workers);
        Assert.Equal((1, 8), (Figure(limited.Iterate(0), "epochs"), Figure(free.Iterate(0), "epochs")));
    }

    // Rewards a thousand times as large are the same to a learner that divides them by what returns vary.
    [Fact]
    public void Normalised_rewards_of_any_size_teach_the_same()
    {
        using var workers = new Workers(1);
        double[] Losses(float size)
        {
            TaskDistribution task = TaskDistribution.FromEnvironment("paid", ObservationSpace.Vector(1), 2, 1, 9,
                () => new Paid(size));
            using var ppo = new Ppo(task, Small(), seed: 1, workers);
            return [.. Enumerable.Range(0, 3).Select(_ => Figure(ppo.Iterate(0), "value_loss"))];
        }
        Assert.Equal(Losses(1).Select(loss => Math.Round(loss, 3)), Losses(1024).Select(loss => Math.Round(loss, 3)));
    }

    sealed class Paid(float size) : SingleEnvironment
    {
        public override void Reset(ref RandomSequence random, Span<float> observation) => observation[0] = 1;

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            observation[0] = (float)random.NextUniform();
            return new StepResult(size * action[0], Terminated: random.NextInt(4) == 0);
        }
    }

    [Fact]
    public void Observations_count_for_the_next_window_and_are_saved_with_the_policy()
    {
        using var workers = new Workers(1);
        var task = new MountainCar();
        using var ppo = new Ppo(task, Small(), seed: 1, workers);
        ppo.Iterate(0);
        float[] mean = ppo.Parameters.All.First(one => one.Name == "normaliser.mean").Value.ToArray();
        float[] scale = ppo.Parameters.All.First(one => one.Name == "normaliser.scale").Value.ToArray();
        Assert.InRange(mean[0], -0.55, -0.45);                  // a car begins at −0.6 … −0.4 and hardly moves
        Assert.InRange(scale[0], 5, 50);
        Assert.InRange(scale[1], 50, 2000);
    }

    [Fact]
    public void A_solved_task_on_which_nothing_varies_any_more_does_not_end_the_training()
    {
        TaskDistribution task = TaskDistribution.FromEnvironment("one-step", ObservationSpace.Vector(1), actions: 2,
            episodes: 1, maxStepsPerEpisode: 5, () => new OneStep(terminates: true));
        using var workers = new Workers(1);
        using var ppo = new Ppo(task, Small("learning-rate=0.01"), seed: 1, workers);
        for (int i = 0; i < 15; i++)
            Assert.All(ppo.Iterate(0).Figures, figure => Assert.True(double.IsFinite(figure.Value)));
    }

    [Theory]
    [InlineData("discrete", false)]
    [InlineData("masked", false)]
    [InlineData("mixed", true)]
    public void A_policy_is_loaded_from_one_file_and_plays_as_before(string kind, bool recurrent)
    {
        TaskDistribution task = Asking(kind);
        using var workers = new Workers(1);
        PpoOptions options = Small($"recurrent={recurrent}", "layers=3", "activation=relu", "minibatches=2");
        using var ppo = new Ppo(task, options, seed: 1, workers);
        for (int i = 0; i < 3; i++)
            ppo.Iterate(0);
        using var folder = new TemporaryFolder();
        string path = folder.At("policy.safetensors");
        Checkpoint.Write(path, ppo, new CheckpointFacts(1, 2, 3, 4),
            new Dictionary<string, string>(RunConfiguration.Options(PpoOptions.Table.Show(options))));
        using TrainedPolicy loaded = TrainedPolicy.Load(path);
        EvaluationResult result = Evaluator.Run(
            task, [ppo.Agent, new PolicyAgent("loaded", loaded.Network)], new() { Instances = 50, Threads = 1 });
        Assert.Equal(result.Agents[0].Totals, result.Agents[1].Totals);
        Assert.NotEqual(0, result.Agents[0].Score.Mean);
    }

    sealed class Spoils(int lane) : SingleEnvironment
    {
        int steps;

        public override void Reset(ref RandomSequence random, Span<float> observation) => observation[0] = 1;

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) =>
            new(lane == 5 && ++steps == 9 ? float.NaN : 1, Terminated: lane == 2);
    }

    // Lane 2 ends at each step, so lanes are at steps of their own; an episode takes five.
    [Fact]
    public void What_is_not_a_number_is_named_by_its_lane_and_by_the_step_of_its_own_trial()
    {
        int made = 0;
        TaskDistribution task = TaskDistribution.FromEnvironment("spoils", ObservationSpace.Vector(1), actions: 2,
            episodes: 1, maxStepsPerEpisode: 5, () => new Spoils(made++));
        using var workers = new Workers(1);
        using var ppo = new Ppo(task, Small(), seed: 1, workers);
        var error = Assert.Throws<NonFiniteException>(() => ppo.Iterate(0));
        Assert.Equal(("reward", 3, 5), (error.Tensor, error.Step, error.Lane));
    }

    [Theory]
    [InlineData("shards=9", "9 shards cannot share 8 lanes; 8 or fewer can")]
    [InlineData("minibatches=129",
        "256 steps of an iteration in 2 shards cannot be cut into 129 minibatches; 128 or fewer can be")]
    [InlineData("lanes=0", "lanes must be at least 1, but is 0")]
    [InlineData("clip=0", "clip must be above 0, but is 0")]
    [InlineData("discount=1.5", "discount must be from 0 to 1, but is 1.5")]
    public void Options_that_cannot_be_are_refused(string setting, string message)
    {
        using var workers = new Workers(1);
        var error = Assert.Throws<OptionException>(
            () => new Ppo(Asking("discrete"), Small(setting), seed: 1, workers));
        Assert.Equal(message, error.Message);
    }
}
