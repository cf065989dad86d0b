using System.Runtime.InteropServices;
using System.Security.Cryptography;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Opponents;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Tasks;

/// <summary>Both algorithms on tasks with numbers, with several choices, with masks, and with all of them.</summary>
public sealed class ActionSpaceTests
{
    // The hidden target of the trial is ±0.6, shown nowhere: whoever acts u gets 1 − (u − target)², so that the best
    // constant without learning within the trial is u = 0 with 0.64 a step, and knowing the sign brings 1.
    sealed class HiddenTarget : SingleEnvironment
    {
        float target;

        public override void BeginTrial(ref RandomSequence random) => target = random.NextInt(2) == 0 ? -0.6f : 0.6f;

        public override void Reset(ref RandomSequence random, Span<float> observation)
        {
        }

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            float distance = action.Numbers[0] - target;
            Assert.InRange(action.Numbers[0], -1, 1);
            return new StepResult(1 - distance * distance);
        }
    }

    // Two choices of three options; the reward counts the choices that match a pair hidden for the trial.
    sealed class HiddenPair : SingleEnvironment
    {
        int first, second;

        public override void BeginTrial(ref RandomSequence random) =>
            (first, second) = (random.NextInt(3), random.NextInt(3));

        public override void Reset(ref RandomSequence random, Span<float> observation)
        {
        }

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) =>
            new((action.Choices[0] == first ? 0.5f : 0) + (action.Choices[1] == second ? 0.5f : 0));
    }

    // Four actions; which two are allowed changes at each step, shown in the observation; the higher of them pays 1.
    sealed class Moving : SingleEnvironment
    {
        int low, high;

        public override void Reset(ref RandomSequence random, Span<float> observation) => Draw(ref random, observation);

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            Assert.True(action[0] == low || action[0] == high, $"{action[0]} is not allowed");
            float reward = action[0] == high ? 1 : 0;
            Draw(ref random, observation);
            return new StepResult(reward);
        }

        public override void Allowed(Span<bool> allowed)
        {
            allowed.Clear();
            allowed[low] = allowed[high] = true;
        }

        void Draw(ref RandomSequence random, Span<float> observation)
        {
            low = random.NextInt(3);
            high = low + 1 + random.NextInt(3 - low);
            observation[low] = observation[high] = 1;
        }
    }

    // A choice of two, one of three of which one is forbidden, and two numbers: all that a space can have at once.
    sealed class Everything : SingleEnvironment
    {
        public override void Reset(ref RandomSequence random, Span<float> observation) =>
            observation[0] = random.NextInt(2);

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            if (action.Choices[1] == 1)
                throw new ArgumentException("option 1 of choice 1 is not allowed");
            observation[0] = random.NextInt(2);
            return new StepResult(action.Choices[0] + action.Numbers[0] - action.Numbers[1] * action.Numbers[1]);
        }

        public override void Allowed(Span<bool> allowed) => allowed[3] = false;
    }

    static TaskDistribution Targets => TaskDistribution.FromEnvironment(
        "target", ObservationSpace.Nothing, ActionSpace.Continuous(1), episodes: 1, 8, () => new HiddenTarget());

    static TaskDistribution Pairs => TaskDistribution.FromEnvironment(
        "pairs", ObservationSpace.Nothing, ActionSpace.MultiDiscrete(3, 3), episodes: 1, 8, () => new HiddenPair());

    static TaskDistribution Masked => TaskDistribution.FromEnvironment(
        "masked", ObservationSpace.Vector(4), actions: 4, episodes: 1, 8, () => new Moving(), masks: true);

    static TaskDistribution All => TaskDistribution.FromEnvironment("all", ObservationSpace.Discrete(2),
        ActionSpace.Mixed([2, 3], 2), episodes: 2, 4, () => new Everything(), masks: true);

    // 8 steps. Without memory the best is 8 · 0.64 = 5.12; to try one side costs about 0.4 and then 1 a step follows.
    [Fact]
    public void Rl2_learns_to_find_a_hidden_number_within_the_trial() =>
        Assert.InRange(Learned(Targets, 80_000), 7.2, 8);

    // 8 steps. Chance is 8/3 = 2.67; trying at most three options of each choice at once loses about 1 on average.
    [Fact]
    public void Rl2_learns_to_find_a_hidden_pair_of_choices_within_the_trial() =>
        Assert.InRange(Learned(Pairs, 160_000), 6.2, 7.01);

    // Chance among the allowed is 4 of 8.
    [Fact]
    public void Rl2_learns_under_masks_and_never_chooses_what_is_not_allowed() =>
        Assert.InRange(Learned(Masked, 40_000), 7.8, 8);

    // The natural gradient on a Gaussian. From a mean near 0 with σ = 0.6 the first return is about 8 · (0.64 − 0.36).
    [Fact]
    public void Rl2_trpo_learns_to_find_a_hidden_number() => Assert.InRange(LearnedByTrpo(Targets, 120_000), 7.2, 8);

    // The best is 8 · (1 + 1) = 16 with the numbers at (1, 0); chance is 8 · (0.5 − 1/3).
    [Fact]
    public void Choices_and_numbers_and_masks_are_learned_at_once() => Assert.InRange(Learned(All, 80_000), 15, 16);

    [Fact]
    public void The_random_agent_plays_every_space_and_keeps_to_masks()
    {
        foreach (TaskDistribution task in (TaskDistribution[])[Targets, Pairs, Masked, All])
        {
            EvaluationResult result = Evaluator.Run(task, [new RandomAgent()], new() { Instances = 200, Threads = 1 });
            Assert.True(double.IsFinite(result.Agents[0].Score.Mean));
        }
    }

    [Fact]
    public void The_steady_state_allocates_next_to_nothing_with_numbers_choices_and_masks()
    {
        using var workers = new Workers(1);
        using var rl2 = new Rl2(All, Options, seed: 1, workers);
        for (int i = 0; i < 3; i++)
            rl2.Iterate(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        rl2.Iterate(0);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024);
    }

    [Theory]
    [InlineData("rl2")]
    [InlineData("rl2-trpo")]
    public void The_bits_do_not_depend_on_threads_with_numbers_choices_and_masks(string algorithm)
    {
        Assert.Equal(Bits(1), Bits(3));

        string Bits(int threads)
        {
            using var workers = new Workers(threads);
            AlgorithmEntry entry = AlgorithmCatalogue.Find(algorithm);
            string minibatch = algorithm == "rl2" ? "minibatch=32" : "value-minibatch=32";
            var settings = entry.Merge(All, "default", Assignment.ParseAll(["trials=64", minibatch, "hidden=8"]));
            using IAlgorithm learner = entry.Create(All, settings, 1, workers);
            learner.Iterate(0);
            learner.Iterate(0.5);
            return string.Join(' ', StateList.Of(learner).Tensors.Select(
                state => Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes(state.Tensor.Span)))));
        }
    }

    [Fact]
    public void A_choice_without_an_option_left_stops_the_run_and_says_where()
    {
        TaskDistribution task = TaskDistribution.FromEnvironment(
            "shut", ObservationSpace.Nothing, actions: 2, episodes: 1, maxStepsPerEpisode: 3, () => new Shut(),
            masks: true);
        using var workers = new Workers(1);
        using var rl2 = new Rl2(task, Options, seed: 1, workers);
        var error = Assert.Throws<InvalidDataException>(() => rl2.Iterate(0));
        const string expected =
            "the task shut allows no option of choice 0 at step 2 in lane 0; a choice must have one left";
        Assert.Equal(expected, error.Message);
    }

    sealed class Shut : SingleEnvironment
    {
        int step;

        public override void Reset(ref RandomSequence random, Span<float> observation) => step = 0;

        public override StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            step++;
            return default;
        }

        public override void Allowed(Span<bool> allowed) => allowed.Fill(step < 2);
    }

    // The kernels once had room for 16 ones in a row.
    [Theory]
    [InlineData("rl2", 16)]
    [InlineData("rl2", 17)]
    [InlineData("rl2", 70)]
    [InlineData("rl2-trpo", 17)]
    [InlineData("rl2-trpo", 70)]
    public void Any_number_of_choices_is_trained_evaluated_and_loaded(string algorithm, int choices)
    {
        TaskDistribution task = Buttons(choices);
        using var folder = new TemporaryFolder();
        using var workers = new Workers(1);
        IEnumerable<Assignment> settings = ((string[])["hidden=4", "trials=8", "shards=1",
            algorithm == "rl2" ? "minibatch=8" : "value-minibatch=8"]).Select(Assignment.Parse);
        using var learner = (IAgentAlgorithm)AlgorithmCatalogue.Find(algorithm).Create(task, settings, 1, workers);
        learner.Iterate(0);
        learner.Iterate(0);
        string path = folder.At("buttons.safetensors");
        Checkpoint.Write(path, learner, default, RunConfiguration.Options(settings).ToDictionary());
        using var policy = TrainedPolicy.Load(path);
        var options = new EvaluationOptions { Instances = 5, Threads = 1 };
        double trained = Evaluator.Run(task, [learner.Agent], options).Agents[0].Score.Mean;
        double loaded = Evaluator.Run(task, [new PolicyAgent("loaded", policy.Network)],
            new() { Instances = 5, Threads = 1 }).Agents[0].Score.Mean;
        Assert.Equal(trained, loaded);
    }

    [Fact]
    public void More_choices_than_there_can_be_are_refused()
    {
        var error = Assert.Throws<OptionException>(() => ActionSpace.MultiDiscrete(new int[1025].Select(_ =>
            2).ToArray()));
        Assert.Equal("choices must be at most 1024, but is 1025", error.Message);
    }

    static TaskDistribution Buttons(int count) => TaskDistribution.FromEnvironment(
        "buttons", ObservationSpace.Nothing, ActionSpace.MultiDiscrete([.. Enumerable.Repeat(2, count)]), 1, 3,
        () => new Pressed());

    sealed class Pressed : SingleEnvironment
    {
        public override void Reset(ref RandomSequence random, Span<float> observation)
        {
        }

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation)
        {
            float sum = 0;
            foreach (int choice in action.Choices)
                sum += choice;
            return new(sum);
        }
    }

    [Theory]
    [InlineData("cells=8", "there is a cell for each action, but the task pairs has choices of 3 and 3; " +
        "set cells=0 and value-cells=0")]
    public void Cells_are_for_one_choice_alone(string setting, string message)
    {
        string[] parts = setting.Split('=');
        using var workers = new Workers(1);
        var error = Assert.Throws<OptionException>(() => AlgorithmCatalogue.Find("rl2").Create(
            Pairs, [new(parts[0], parts[1])], 1, workers));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_first_deviation_of_the_numbers_is_what_was_asked_for()
    {
        using var network = Policy.Recurrent(Targets.Spaces, new() { Deviation = 0.25f }, seed: 1);
        Parameter deviation = Assert.Single(
            network.Parameters.All, parameter => parameter.Name == "policy.log_deviation");
        Assert.Equal(MathF.Log(0.25f), Assert.Single(deviation.Value.Span.ToArray()), 1e-6);
    }

    static Rl2Options Options { get; } = new()
    {
        Trials = 128,
        Minibatch = 32,
        Shards = 1,
        LearningRate = 1e-2f,
        Entropy = 0.003f,
        Network = new() { Hidden = 24 },
    };

    static double Learned(TaskDistribution task, long steps)
    {
        using var workers = new Workers(1);
        using var rl2 = new Rl2(task, Options, seed: 1, workers);
        while (rl2.Steps < steps)
            rl2.Iterate((double)rl2.Steps / steps);
        return Evaluator.Run(task, [rl2.Agent], new() { Instances = 1000, Threads = 1 }).Agents[0].Score.Mean;
    }

    static double LearnedByTrpo(TaskDistribution task, long steps)
    {
        using var workers = new Workers(1);
        var options = new Rl2TrpoOptions
        {
            Trials = 256,
            ValueMinibatch = 64,
            Shards = 1,
            MaxKl = 0.05f,
            Network = new() { Hidden = 24 },
        };
        using var trpo = new Rl2Trpo(task, options, seed: 1, workers);
        while (trpo.Steps < steps)
            trpo.Iterate((double)trpo.Steps / steps);
        return Evaluator.Run(task, [trpo.Agent], new() { Instances = 1000, Threads = 1 }).Agents[0].Score.Mean;
    }
}
