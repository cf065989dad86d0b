using RLSquared.Algorithms;
using RLSquared.Objectives;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;
using RLSquared.Tests.Runs;

namespace RLSquared.Tests.Algorithms;

/// <summary>
/// A number that is not finite stops every algorithm at once, wherever it comes from, and the message says what it was,
/// at what step and in what lane, how far the run was and from where it can go on.
/// </summary>
public sealed class SpoiledNumbersTests : IDisposable
{
    const int Lane = 9, Step = 3;

    static readonly Assignment[] small =
    [
        .. new[]
        {
            "hidden=4", "trials=12", "minibatch=6", "value-minibatch=6", "shards=3", "privileged-value=true",
        }.Select(Assignment.Parse),
    ];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string, Spoiled, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, Spoiled, string>();
            // Those that learn from single episodes of tasks that tell what an action costs.
            foreach (string algorithm in (string[])["rl2", "rl2-trpo"])
            {
                cases.Add(algorithm, Spoiled.FirstObservation,
                    $"the observation of lane {Lane} at step 0, number 1 of 2 is not a number");
                cases.Add(algorithm, Spoiled.Observation,
                    $"the observation of lane {Lane} at step {Step}, number 1 of 2 is not a number");
                cases.Add(algorithm, Spoiled.Reward, $"the reward of lane {Lane} at step {Step} is not a number");
                cases.Add(algorithm, Spoiled.Regret, $"the regret of lane {Lane} at step {Step} is not a number");
                cases.Add(algorithm, Spoiled.Privileged,
                    $"the privileged observation of lane {Lane} at step {Step} is not a number");
            }
            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_a_task_gives_stops_the_run_with_tensor_step_lane_and_last_good_checkpoint(
        string algorithm, Spoiled spoiled, string message)
    {
        // Twelve trials an iteration, so the lane of trial 21 is 9, in the second iteration; one takes 60 steps.
        TrainingException failure = Fails(
            algorithm, new SpoiledTask(spoiled, trial: 12 + Lane, Step), $"regret={spoiled == Spoiled.Regret}");
        Assert.Equal($"{message}; only finite numbers can be learned from; 60 steps of the run were done; " +
            $"the last good checkpoint is {folder.At("run", "checkpoints", "step-000000000060.safetensors")}",
            failure.Message);
    }

    [Fact]
    public void An_environment_of_ones_own_is_named_by_its_lane_among_all_of_the_run()
    {
        int made = 0;                                       // lane 9 is the second of the third shard
        var task = TaskDistribution.FromEnvironment("one's own", ObservationSpace.Vector(1), actions: 2, episodes: 1,
            maxStepsPerEpisode: 5, () => new SpoiledEnvironment(made++ == Lane));
        Assert.StartsWith($"the reward of lane {Lane} at step {Step} is not a number; ",
            Fails("rl2", task, "privileged-value=false").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rl2", "learning-rate=3e38")]
    [InlineData("rl2-trpo", "value-learning-rate=3e38")]
    public void A_loss_that_is_not_finite_stops_the_run(string algorithm, string setting)
    {
        // The first of several updates takes a step that no float can hold, and the second finds what became of it.
        TrainingException failure = Fails(
            algorithm, new BernoulliBandits(new() { Pulls = 5 }), "privileged-value=false", setting);
        Assert.Equal("the loss of iteration 0 is not a number; a smaller learning rate or a limit of the gradient " +
            "may help; 0 steps of the run were done; there is no checkpoint yet", failure.Message);
    }

    [Fact]
    public void A_parameter_that_an_update_has_ruined_stops_the_run_before_it_gets_into_a_checkpoint()
    {
        // One update per iteration, of a step that no float can hold; no loss is computed after it.
        TrainingException failure = Fails("rl2", new BernoulliBandits(new() { Pulls = 5 }),
            "privileged-value=false", "minibatch=12", "epochs=1", "learning-rate=3e38");
        Assert.StartsWith("the parameter policy.", failure.Message, StringComparison.Ordinal);
        Assert.Contains(" in iteration 0; ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("; 60 steps of the run were done; there is no checkpoint yet", failure.Message,
            StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.At("run", "checkpoints")));
    }

    [Fact]
    public void A_gradient_is_named_by_its_parameter()
    {
        using var parameters = new ParameterSet();
        parameters.Add("policy.weight", new Shape(2, 2));
        Parameter bias = parameters.Add("policy.bias", new Shape(3));
        NonFiniteException.ThrowIfGradient(parameters, norm: 1, iteration: 4);
        bias.Gradient.Span[1] = float.NegativeInfinity;
        NonFiniteException failure = Assert.Throws<NonFiniteException>(
            () => NonFiniteException.ThrowIfGradient(parameters, float.PositiveInfinity, iteration: 4));
        Assert.Equal("the gradient of policy.bias, number 1 of 3, is -infinity in iteration 4; " +
            "a smaller learning rate or a limit of the gradient may help", failure.Message);
        Assert.Equal(("gradient of policy.bias", 4, -1), (failure.Tensor, failure.Step, failure.Lane));

        bias.Gradient.Span[1] = 1e38f;                              // finite, and its square is not
        failure = Assert.Throws<NonFiniteException>(
            () => NonFiniteException.ThrowIfGradient(parameters, float.PositiveInfinity, iteration: 4));
        Assert.StartsWith("the gradient's length of iteration 4 is +infinity", failure.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_gradient_as_one_vector_is_named_by_its_parameter()
    {
        using var parameters = new ParameterSet();
        parameters.Add("policy.weight", new Shape(2, 2));
        parameters.Add("policy.bias", new Shape(3));
        var vector = new ParameterVector(parameters.All);
        float[] gradient = [1, 2, 3, 4, 5, 6, float.NaN];
        vector.RequireFinite(gradient, norm: 1, iteration: 0);
        NonFiniteException failure = Assert.Throws<NonFiniteException>(
            () => vector.RequireFinite(gradient, float.NaN, iteration: 2));
        Assert.StartsWith("the gradient of policy.bias, number 2 of 3, is not a number in iteration 2; ",
            failure.Message, StringComparison.Ordinal);
    }

    TrainingException Fails(string algorithm, TaskDistribution task, params string[] settings)
    {
        AlgorithmEntry entry = AlgorithmCatalogue.Find(algorithm);
        IEnumerable<Assignment> all = small.Concat(settings.Select(Assignment.Parse))
            .Where(option => entry.Options.Contains(option.Key));
        using var workers = new Workers(2);
        using IAlgorithm learner = entry.Create(task, entry.Merge(task, "default", all), seed: 1, workers);
        var training = new Training(learner, Budget.OfSteps(600))
        {
            Folder = RunFolder.Create(folder.At("run"), Counting.Configuration, "a test"),
            CheckpointEvery = Budget.OfSteps(1),
        };
        return Assert.Throws<TrainingException>(() => training.Run());
    }

    sealed class SpoiledEnvironment(bool spoiled) : SingleEnvironment
    {
        int steps;

        public override void Reset(ref RandomSequence random, Span<float> observation) => steps = 0;

        public override StepResult Step(
            ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation) =>
            new(spoiled && steps++ == SpoiledNumbersTests.Step ? float.NaN : 1);
    }

    /// <summary>What <see cref="SpoiledTask"/> spoils.</summary>
    public enum Spoiled
    {
        FirstObservation,
        Observation,
        Reward,
        Regret,
        Privileged,
    }

    /// <summary>Five steps that show two numbers; in one trial, something is not a number at one step.</summary>
    sealed class SpoiledTask(Spoiled spoiled, ulong trial, int step) : TaskDistribution
    {
        public override string Name => "spoiled";
        public override ObservationSpace Observation => ObservationSpace.Vector(2);
        public override ActionSpace Action => ActionSpace.Discrete(2);
        public override int TrialLength => 5;
        public override int PrivilegedWidth => 1;
        public override Lanes CreateLanes(int count) => new SpoiledLanes(spoiled, trial, step, count);
    }

    sealed class SpoiledLanes(Spoiled spoiled, ulong trial, int step, int count) : Lanes
    {
        int lane, at;

        public override int Count => count;

        public override bool KnowsRegrets => true;

        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
        {
            lane = trial >= firstTrial && trial < firstTrial + (ulong)count ? (int)(trial - firstTrial) : -1;
            at = -1;
            observations.Clear();
            if (lane >= 0 && spoiled == Spoiled.FirstObservation)
                observations[2 * lane + 1] = float.NaN;
        }

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            at++;
            observations.Clear();
            rewards.Fill(1);
            if (lane < 0 || at != step)
                return;
            if (spoiled == Spoiled.Observation)
                observations[2 * lane + 1] = float.NaN;
            if (spoiled == Spoiled.Reward)
                rewards[lane] = float.NaN;
        }

        public override void Regrets(Span<float> regrets)
        {
            regrets.Clear();
            if (lane >= 0 && at == step && spoiled == Spoiled.Regret)
                regrets[lane] = float.NaN;
        }

        public override void Privileged(Span<float> numbers)
        {
            numbers.Clear();
            if (lane >= 0 && at + 1 == step && spoiled == Spoiled.Privileged)
                numbers[lane] = float.NaN;
        }
    }
}
