using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Policies;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Files;

namespace RLSquared.Tests.Runs;

public sealed class TrainedPolicyTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly Workers workers = new(1);

    public void Dispose()
    {
        folder.Dispose();
        workers.Dispose();
    }

    public static TheoryData<string, string> Networks => new()
    {
        { "bandits", "" },
        { "bandits", "layer-norm=true shared=true" },
        { "bandits", "relu=true weight-norm=true time-to-go=false" },
        { "bandits", "cells=6" },
        { "bandits", "cells=6 value-cells=6 privileged-value=true" },
        { "bandits", "privileged-value=true" },
        { "bandits", "normalise-reward-inputs=true" },
        { "bandits", "cells=6 normalise-reward-inputs=true" },
        { "mdps", "" },
        { "mdps", "cells=5" },
        { "mazes", "filters=4 features=8 time-to-go=false weight-norm=true action-embedding=5" },
        { "mazes", "filters=4 features=8 normalise-reward-inputs=true" },
        { "pretend-game", "deviation=0.3 layer-norm=true weight-norm=true" },
    };

    [Theory, MemberData(nameof(Networks))]
    public void A_policy_is_loaded_from_one_file_without_its_task_and_plays_as_before(string name, string settings)
    {
        TaskDistribution task = PolicyFiles.Task(name);
        using Rl2 rl2 = PolicyFiles.Trained(task, settings, workers);
        string path = PolicyFiles.Write(folder, rl2);
        using TrainedPolicy policy = TrainedPolicy.Load(path);

        Assert.Equal(task.Spaces, policy.Network.Spaces);
        Assert.DoesNotContain(policy.Network.Parameters.All, parameter =>
            parameter.Name.StartsWith("value.", StringComparison.Ordinal)
            || parameter.Name.EndsWith(WeightLength, StringComparison.Ordinal));
        var options = new EvaluationOptions { Instances = 20, Lanes = 10, Threads = 1 };
        EvaluationResult result = Evaluator.Run(
            task, [rl2.Agent, new PolicyAgent("loaded", policy.Network)], options);
        Assert.Equal(result.Agents[0].Totals, result.Agents[1].Totals);
    }

    const string WeightLength = "_length";

    [Theory]
    [InlineData("space.observation", "vector 3", "policy.gru.input_weight is F32 [8, 24], and should be F32 [11, 24]")]
    [InlineData("space.observation", "vector 2000000000", "policy.gru.input_weight is F32 [8, 24]")]
    [InlineData("space.observation", "image 70000 70000 3", "'space.observation' is 'image 70000 70000 3'")]
    [InlineData("space.observation", "smell", "'space.observation' is 'smell', and no such space can be")]
    [InlineData("space.choices", "5 x", "'space.choices' is '5 x'")]
    [InlineData("space.choices", "2000000000 2000000000", "'space.choices' is '2000000000 2000000000'")]
    [InlineData("space.trial_length", "0", "'space.trial_length' is '0'")]
    [InlineData("option.hidden", "16", "policy.gru.input_weight is F32 [8, 24], and should be F32 [8, 48]")]
    [InlineData("option.hidden", "-1", "hidden must be at least 1")]
    [InlineData("option.cells", "8", "its network has 'policy.cell.input_weight', and the checkpoint lacks it")]
    [InlineData("option.layer-norm", "true", "its network has 'policy.norm.gain', and the checkpoint lacks it")]
    public void A_file_that_contradicts_itself_is_refused_and_says_where(string key, string value, string message)
    {
        using Rl2 rl2 = PolicyFiles.Trained(new BernoulliBandits(), "", workers);
        string path = PolicyFiles.Write(folder, rl2, (key, value));
        var failure = Assert.Throws<InvalidDataException>(() => TrainedPolicy.Load(path));
        Assert.StartsWith(path, failure.Message, StringComparison.Ordinal);
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
    }

    // Sizes that no weight shows, and sizes whose products leave int: refused before memory is taken.
    [Theory]
    [InlineData("mdps", "cells=5", "cannot be of such a task", "space.observation", "discrete 2000000000")]
    [InlineData("mdps", "cells=5", "cannot be of such a task", "space.choices", "1000000000")]
    [InlineData("mdps", "cells=5", "cannot be of such a task",
        "space.observation", "discrete 40000", "space.choices", "40000")]
    [InlineData("mdps", "cells=5", "its sizes are more than any network has",
        "space.observation", "discrete 2000000000", "space.choices", "2000000000", "option.cells", "0")]
    [InlineData("bandits", "cells=6", "cannot be of such a task", "space.choices", "100000000")]
    [InlineData("bandits", "", "its sizes are more than any network has", "option.hidden", "1000000000")]
    [InlineData("bandits", "", "holds no policy that can act", "option.hidden", "1431655766")]
    [InlineData("mazes", "filters=4 features=8", "cannot be of such a task",
        "space.observation", "image 20000 20000 3")]
    [InlineData("mazes", "filters=4 features=8", "cannot be of such a task", "space.observation",
        "image 13 13 8000000")]
    [InlineData("mazes", "filters=4 features=8", "cannot be of such a task", "option.filters", "2000000000")]
    [InlineData("mazes", "filters=4 features=8", "vision.dense.weight is", "option.features", "2000000000")]
    [InlineData("mazes", "filters=4 features=8", "holds no policy that can act", "option.action-embedding",
        "2000000000")]
    public void A_small_file_with_absurd_sizes_is_refused_before_memory_is_taken(
        string name, string settings, string message, params string[] changes)
    {
        using Rl2 rl2 = PolicyFiles.Trained(PolicyFiles.Task(name), settings, workers);
        string path = PolicyFiles.Write(
            folder, rl2, [.. changes.Chunk(2).Select(pair => (pair[0], (string?)pair[1]))]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var failure = Assert.Throws<InvalidDataException>(() => TrainedPolicy.Load(path));
        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        long length = new FileInfo(path).Length;
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 20 * length);
    }

    [Fact]
    public void What_was_not_trained_as_a_recurrent_network_is_refused()
    {
        string path = folder.At("counting.safetensors");
        Checkpoint.Write(path, new Counting(), default, new Dictionary<string, string>());
        var failure = Assert.Throws<InvalidDataException>(() => TrainedPolicy.Load(path));
        Assert.Equal($"{path} holds no policy that can act, trained by counting: " +
            "its network has 'policy.gru.input_weight', and the checkpoint lacks it", failure.Message);
    }

    [Fact]
    public void Of_a_run_the_last_and_the_best_checkpoint_can_be_loaded_while_it_is_trained()
    {
        string path = folder.At("run");
        var run = RunFolder.Create(path, Counting.Configuration, "rl2 train");
        Assert.Equal($"{path} has no checkpoint yet; if it is being trained, wait for the first, else go on with it: " +
            $"rl2 resume {path}",
            Assert.Throws<InvalidDataException>(() => TrainedPolicy.Load(path)).Message);
        using Rl2 rl2 = PolicyFiles.Trained(new BernoulliBandits(), "", workers);
        var options = PolicyFiles.Options(rl2);
        Directory.CreateDirectory(run.CheckpointsPath);
        Checkpoint.Write(run.BestCheckpointPath, rl2, new CheckpointFacts(1, 10, 1, 0), options);
        Checkpoint.Write(Path.Combine(run.CheckpointsPath, "step-000000000020.safetensors"), rl2,
            new CheckpointFacts(2, 20, 2, 0), options);
        using (TrainedPolicy last = TrainedPolicy.Load(path))
            Assert.Equal(20, last.Checkpoint.Facts.Steps);
        using (TrainedPolicy best = TrainedPolicy.Load(path, "best"))
            Assert.Equal(10, best.Checkpoint.Facts.Steps);
        Assert.Equal("of a run, the last or the best checkpoint can be loaded, but not 'first'",
            Assert.Throws<OptionException>(() => TrainedPolicy.Load(path, "first")).Message);
        Assert.Equal($"there is no run folder and no checkpoint {path}2",
            Assert.Throws<OptionException>(() => TrainedPolicy.Load(path + "2")).Message);
        Assert.Equal($"{folder.Path} is no run folder: it has no config.json",
            Assert.Throws<OptionException>(() => TrainedPolicy.Load(folder.Path)).Message);
    }

    [Fact]
    public async Task A_checkpoint_can_be_loaded_while_it_is_replaced()
    {
        using Rl2 rl2 = PolicyFiles.Trained(new BernoulliBandits(), "", workers);
        string path = PolicyFiles.Write(folder, rl2);
        Dictionary<string, string> options = PolicyFiles.Options(rl2);
        using var loaded = new CancellationTokenSource(Deadline.Far);
        Task<int> writer = Task.Run(() =>
        {
            int written = 0;
            for (; !loaded.IsCancellationRequested; written++)
                Checkpoint.Write(path, rl2, new CheckpointFacts(written, written, 0, 0), options);
            return written;
        });
        var seen = new HashSet<long>();
        for (int i = 0; i < 200 || (seen.Count < 3 && !loaded.IsCancellationRequested); i++)
        {
            using TrainedPolicy policy = TrainedPolicy.Load(path);
            seen.Add(policy.Checkpoint.Facts.Steps);
            Assert.Equal(rl2.Parameters.All[0].Value.Span.ToArray(),
                policy.Network.Parameters.All[0].Value.Span.ToArray());
        }
        loaded.Cancel();
        Assert.True(await writer >= seen.Count - 1);
        Assert.True(seen.Count >= 3, "the checkpoint was hardly replaced, so this test shows little");
    }

    [Fact]
    public void Its_weights_are_laid_out_once_for_all_who_act_with_them()
    {
        using Rl2 rl2 = PolicyFiles.Trained(new BernoulliBandits(), "", workers);
        using TrainedPolicy policy = TrainedPolicy.Load(PolicyFiles.Write(folder, rl2));
        using var arena = new Arena();
        using PolicyMemory loaded = policy.Network.CreateMemory(1, 10), trained = rl2.Policy.CreateMemory(1, 10);
        loaded.Begin(new Tape(arena) { Recording = false });
        Assert.Equal(0, arena.Used);
        trained.Begin(new Tape(arena) { Recording = false });
        Assert.NotEqual(0, arena.Used);
    }

    [Fact]
    public void A_checkpoint_that_is_deleted_between_listing_and_reading_is_looked_for_again()
    {
        var run = RunFolder.Create(folder.At("run"), Counting.Configuration, "rl2 train");
        string Name(int steps) => Path.Combine(run.CheckpointsPath, $"step-{steps:D12}.safetensors");
        File.WriteAllText(Name(1), "");
        List<string> asked = [];
        Assert.Equal("read", run.ReadLast(path =>
        {
            asked.Add(path);
            if (asked.Count == 1)
            {
                File.Move(Name(1), Name(2));
                throw new FileNotFoundException();
            }
            return "read";
        }));
        Assert.Equal([Name(1), Name(2)], asked);
    }

    [Fact]
    public void A_checkpoint_of_an_earlier_version_is_understood_within_the_folder_of_its_run()
    {
        var task = new BernoulliBandits(new() { Arms = 3 });
        using Rl2 rl2 = PolicyFiles.Trained(task, "", workers);
        var run = RunFolder.Create(folder.At("run"), Counting.Configuration with
        {
            TaskOptions = RunConfiguration.Options(task.Settings),
        }, "rl2 train");
        string old = PolicyFiles.Write(folder, rl2, ("space.task", null));
        Assert.Equal($"{old} does not say what its policy sees, for an earlier version wrote it; " +
            "load it where it was written, within the folder of its run",
            Assert.Throws<InvalidDataException>(() => TrainedPolicy.Load(old)).Message);
        File.Move(old, Path.Combine(run.CheckpointsPath, "step-000000000010.safetensors"));
        using TrainedPolicy policy = TrainedPolicy.Load(run.Path);
        Assert.Equal(task.Spaces, policy.Network.Spaces);
    }
}

/// <summary>Checkpoints of small networks, for tests of what reads them.</summary>
static class PolicyFiles
{
    // Three buttons of which one is at times locked, a switch and a stick.
    sealed class Game : SingleEnvironment
    {
        int step;

        public override void Reset(ref Tensors.Random.RandomSequence random, Span<float> observation)
        {
            step = 0;
            observation[1] = 0.5f;
        }

        public override StepResult Step(
            ReadOnlyActionSpan action, ref Tensors.Random.RandomSequence random, Span<float> observation)
        {
            step++;
            observation[0] = action.Numbers[0];
            return new StepResult(action.Choices[0] - action.Choices[1] * action.Numbers[0], Terminated: step == 3);
        }

        public override void Allowed(Span<bool> allowed) => allowed[step % 3] = false;
    }

    public static TaskDistribution Task(string name) => name switch
    {
        "bandits" => new BernoulliBandits(new() { Arms = 4, Pulls = 8 }),
        "mdps" => new TabularMdps(new() { Episodes = 2 }),
        "mazes" => new RLSquared.Tasks.Mazes.MazeNavigation(new() { Horizon = 20 }),
        "pretend-game" => TaskDistribution.FromEnvironment("pretend-game", ObservationSpace.Vector(2),
            ActionSpace.Mixed([3, 2], 1), episodes: 2, maxStepsPerEpisode: 5, () => new Game(), masks: true),
        _ => TaskCatalogue.Create(name),
    };

    /// <summary>
    /// RL² after one iteration, its weights then made large, so that the policy is far from uniform.
    /// </summary>
    public static Rl2 Trained(TaskDistribution task, string settings, Workers workers)
    {
        Rl2Options small = new() { Network = new() { Hidden = 8 }, Trials = 4, Minibatch = 4, Shards = 1, Epochs = 1 };
        var rl2 = new Rl2(task, Rl2Options.Table.Apply(small,
            settings.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Assignment.Parse)), seed: 3, workers);
        rl2.Iterate(0);
        foreach (Parameter parameter in rl2.Parameters.All)
        {
            float factor = !parameter.Name.StartsWith("policy.head.weight", StringComparison.Ordinal) ? 2 : 100;
            foreach (ref float weight in parameter.Value.Span)
                weight *= factor;
        }
        return rl2;
    }

    public static Dictionary<string, string> Options(Rl2 rl2) =>
        new(RunConfiguration.Options(Rl2Options.Table.Show(rl2.Options)));

    /// <summary>Writes a checkpoint, with a text of its metadata changed or left out.</summary>
    public static string Write(TemporaryFolder folder, Rl2 rl2, params (string Key, string? Value)[] changes)
    {
        string path = folder.At("policy.safetensors");
        Checkpoint.Write(path, rl2, new CheckpointFacts(1, 2, 3, 4), Options(rl2));
        if (changes.Length == 0)
            return path;
        var writer = new SafetensorsWriter();
        using var arena = new Arena();
        using (SafetensorsReader reader = SafetensorsReader.Open(path))
        {
            foreach ((string key, string value) in reader.Metadata)
                writer.Metadata[key] = value;
            foreach ((string name, Tensor tensor) in StateList.Of(rl2).Tensors)
                writer.Add(name, tensor);
        }
        foreach ((string key, string? value) in changes)
        {
            if (value is null)
                writer.Metadata.Remove(key);
            else
                writer.Metadata[key] = value;
        }
        Checkpoint.WriteHashed(path, writer);
        return path;
    }
}
