using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Runs;

/// <summary>
/// The same seed gives the same bits, with any number of threads and with a stop in between: for every algorithm on
/// every task that the catalogues list, and for every agent. What is added to a catalogue is tested by being listed.
/// </summary>
public sealed class ReproducibilityTests : IDisposable
{
    // Small values of options that many tasks and algorithms have; of each the ones that it knows are set. Shards are
    // more than threads in one run and fewer in another, and of unlike sizes.
    static readonly Assignment[] small =
    [
        .. new[]
        {
            "pulls=4", "rounds=2", "horizon=8", "episodes=2", "arms=3", "states=3", "actions=2",
            "hidden=8", "features=6", "filters=2", "action-embedding=2", "trials=14", "shards=3", "minibatch=7",
            "tasks=5", "plays=2", "value-minibatch=7", "epochs=2", "value-epochs=2", "cg-iterations=2", "backtracks=3",
            "trajectories=4", "rows=9", "layers=1", "batch=14", "updates=2", "probes=1", "latent=4", "steps=3",
            "lanes=6", "window=5", "minibatches=2", "corridor=4", "size=5",
            "groups=3", "master-minibatches=2", "warm-up=1",
        }.Select(Assignment.Parse),
    ];

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>Every preset of every algorithm, on every task.</summary>
    public static TheoryData<string, string, string> Runs
    {
        get
        {
            var runs = new TheoryData<string, string, string>();
            foreach (AlgorithmEntry algorithm in AlgorithmCatalogue.Entries)
            {
                foreach (Preset preset in algorithm.Presets)
                {
                    foreach (TaskEntry task in TaskCatalogue.Entries.Where(task => !task.NeedsPeer && Suits(task)))
                        runs.Add(algorithm.Name, preset.Name, task.Name);

                    // E-RL² is RL² with another rule of credit, and E-MAML is MAML with another term: two tasks each
                    // are enough. MAML does not look at images.
                    bool Suits(TaskEntry task) => algorithm.Name switch
                    {
                        ERl2.Name => task.Name is "pay-to-look" or "mdps",
                        EMaml.Name => task.Name is "corners" or "bandits",
                        "maml" => task.Name is not "mazes" && IsPlayed(task),
                        // States, vectors, numbers, several episodes; it plays each task apart.
                        Mlsh.Called => task.Name is "four-rooms" or "movement-bandits" or "sparse-course" or "mdps",
                        // The rivals of transitive-rl share its loop: a task of numbers for each, and one of choices.
                        "transitive-rl" => !IsPlayed(task),
                        "gcbc" or "gcivl" or "td-n" or "sac-bc" or "coe" => task.Name is "point-maze" or "grid-goals",
                        "gciql" or "crl" or "qrl" or "hiql" => task.Name is "point-maze",
                        "sgt" => task.Name is "grid-goals",
                        _ => IsPlayed(task),
                    };
                }
            }
            return runs;
        }
    }

    public static TheoryData<string> Tasks =>
        [.. TaskCatalogue.Entries.Where(task => !task.NeedsPeer && IsPlayed(task)).Select(task => task.Name)];

    static bool IsPlayed(TaskEntry task) => task.CreateProblem() is TaskDistribution;

    [Theory]
    [MemberData(nameof(Runs))]
    public void The_same_seed_gives_the_same_bits_with_one_two_and_four_threads(
        string algorithm, string preset, string task)
    {
        string one = HashAfterTwo(algorithm, preset, task, seed: 7, threads: 1);
        Assert.Equal(one, HashAfterTwo(algorithm, preset, task, seed: 7, threads: 2));
        Assert.Equal(one, HashAfterTwo(algorithm, preset, task, seed: 7, threads: 4));
        Assert.NotEqual(one, HashAfterTwo(algorithm, preset, task, seed: 8, threads: 1));
    }

    // What the presets above leave out: cells that share weights, what the value alone is told, and mazes of which some
    // are over soon and others never.
    [Theory]
    [InlineData("rl2", "bandits", "cells=5", "value-cells=4", "privileged-value=true")]
    [InlineData("rl2", "mdps", "cells=5", "value-cells=4", "regret=true", "max-kl=1e-6")]
    [InlineData("rl2", "plants", "normalise-reward-inputs=true")]
    [InlineData("rl2-trpo", "bandits", "normalise-reward-inputs=true")]
    [InlineData("rl2", "mazes", "horizon=40", "episodes=1", "shared=false", "layer-norm=true", "regret=true")]
    [InlineData("ppo", "t-maze", "recurrent=true", "shared=true")]
    [InlineData("ppo", "plants", "recurrent=true", "max-kl=1e-9", "value-clip=0.1")]
    [InlineData("mlsh", "sparse-course", "stage=practice", "diversity=0.1", "credit=slice", "warm-up=0", "skills=3")]
    [InlineData("mlsh", "movement-bandits", "stagger=true", "joint=2", "fresh-optimiser=false", "exploration=0.1")]
    [InlineData("mlsh", "movement-bandits", "terminations=true", "warm-up=0", "plays=4")]
    [InlineData("rl2-trpo", "mdps", "cells=5", "value-cells=4", "regret=true")]
    [InlineData("rl2-trpo", "mazes", "horizon=40", "episodes=1", "time-to-go=false")]
    public void Other_settings_give_the_same_bits_with_one_two_and_four_threads(
        string algorithm, string task, params string[] settings)
    {
        string one = HashAfterTwo(algorithm, "default", task, 7, threads: 1, settings);
        Assert.Equal(one, HashAfterTwo(algorithm, "default", task, 7, threads: 2, settings));
        Assert.Equal(one, HashAfterTwo(algorithm, "default", task, 7, threads: 4, settings));
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Going_on_from_a_checkpoint_gives_the_bits_of_going_on_without_a_stop(
        string algorithm, string preset, string task)
    {
        using var workers = new Workers(1);
        using IAlgorithm whole = Create(algorithm, preset, task, 3, workers);
        IterationReport report = whole.Iterate(0);
        Dictionary<string, string> none = [];
        string path = folder.At("state.safetensors");
        Checkpoint.Write(path, whole, new CheckpointFacts(report.Iteration, report.Steps, 1, 0), none);
        using IAlgorithm resumed = Create(algorithm, preset, task, 3, workers);
        Assert.NotEqual(Hash(whole), Hash(resumed));
        Checkpoint.Read(path).Restore(resumed, none);
        Assert.Equal(Hash(whole), Hash(resumed));

        IterationReport one = whole.Iterate(0.5), other = resumed.Iterate(0.5);
        Assert.Equal(Hash(whole), Hash(resumed));
        Assert.Equal((one.Iteration, one.Steps, one.MeanReturn), (other.Iteration, other.Steps, other.MeanReturn));
        Assert.Equal(one.Figures, other.Figures);
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Every_agent_scores_the_same_bits_with_one_two_and_four_threads(string name)
    {
        var task = (TaskDistribution)CreateTask(TaskCatalogue.Find(name), []);
        Agent[] agents = [.. AgentCatalogue.For(task).Select(entry => entry.Create())];
        Assert.NotEmpty(agents);
        EvaluationResult one = Evaluate(threads: 1);
        foreach (EvaluationResult other in new[] { Evaluate(threads: 2), Evaluate(threads: 4) })
        {
            foreach ((AgentScore expected, AgentScore score) in one.Agents.Zip(other.Agents))
                Assert.Equal(expected.Totals.ToArray(), score.Totals.ToArray());
            Assert.Equal(one.Ceiling, other.Ceiling);
        }

        EvaluationResult Evaluate(int threads) => Evaluator.Run(
            task, agents, new() { Instances = 50, Lanes = 8, Threads = threads, Seed = 5 });
    }

    static string HashAfterTwo(
        string algorithm, string preset, string task, ulong seed, int threads, params string[] settings)
    {
        using var workers = new Workers(threads);
        using IAlgorithm learner = Create(algorithm, preset, task, seed, workers, settings);
        learner.Iterate(0);
        learner.Iterate(0.5);
        return Hash(learner);
    }

    static Problem CreateTask(TaskEntry entry, IEnumerable<Assignment> settings) => entry.CreateProblem(
        [.. Accepted(entry.Options, options => entry.CreateProblem(options)), .. settings]);

    // The small values that are known and within range, for tasks and algorithms that are not written yet.
    static List<Assignment> Accepted(OptionTable table, Action<IEnumerable<Assignment>> attempt)
    {
        List<Assignment> accepted = [];
        foreach (Assignment option in small.Where(option => table.Contains(option.Key)))
        {
            accepted.Add(option);
            try
            {
                attempt(accepted);
            }
            catch (OptionException)
            {
                accepted.Remove(option);
            }
        }
        return accepted;
    }

    static IAlgorithm Create(
        string algorithm, string preset, string task, ulong seed, Workers workers, params string[] settings)
    {
        TaskEntry taskEntry = TaskCatalogue.Find(task);
        AlgorithmEntry entry = AlgorithmCatalogue.Find(algorithm);
        IReadOnlyList<Assignment>[] shares = OptionTable.Divide(
            settings.Select(Assignment.Parse), taskEntry.Options, entry.Options);
        Problem distribution = CreateTask(taskEntry, shares[0]);
        List<Assignment> own = Accepted(entry.Options, options => entry.Merge(distribution, preset, options));
        return entry.Create(distribution, entry.Merge(distribution, preset, [.. own, .. shares[1]]), seed, workers);
    }

    // Over all that a checkpoint holds: weights, optimiser, statistics and counters, with their names.
    static string Hash(IAlgorithm algorithm)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, Tensor tensor) in StateList.Of(algorithm).Tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{name} {tensor.Shape} "));
            hash.AppendData(MemoryMarshal.AsBytes(tensor.Span));
        }
        foreach ((string name, long count) in StateList.Of(algorithm).Integers.OrderBy(
            pair => pair.Key, StringComparer.Ordinal))
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name} {count} ")));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
