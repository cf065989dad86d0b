using BenchmarkDotNet.Attributes;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Benchmarks;

/// <summary>
/// The parts of an iteration, and that none of them allocates: 1,000 lanes of ten-armed bandits, one
/// thread.
/// </summary>
[MemoryDiagnoser]
public class Steps : IDisposable
{
    const int N = 1000;

    readonly int[] actions = new int[N];
    readonly float[] rewards = new float[N];
    readonly Endings[] endings = new Endings[N];
    Lanes lanes = null!;
    Policy network = null!;
    PolicyPlayer player = null!;
    Workers workers = null!;
    Rl2 rl2 = null!;
    int step;
    ulong trial;

    [Params(64, 256)]
    public int Hidden { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        var task = new BernoulliBandits(new BernoulliBanditsOptions { Arms = 10, Pulls = 100 });
        lanes = task.CreateLanes(N);
        lanes.Begin(1, 0, []);
        network = Policy.Recurrent(task.Spaces, new() { Hidden = Hidden }, 1);
        player = new PolicyPlayer(network, N);
        player.Begin(1, 0);
        workers = new Workers(1);
        rl2 = new Rl2(task, new() { Network = new() { Hidden = Hidden }, Trials = 128, Minibatch = 64 }, 1, workers);
    }

    [GlobalCleanup]
    public void Dispose()
    {
        GC.SuppressFinalize(this);
        player.Dispose();
        network.Dispose();
        rl2.Dispose();
        workers.Dispose();
    }

    /// <summary>One pull in every lane.</summary>
    [Benchmark(OperationsPerInvoke = N)]
    public void Step()
    {
        if (step++ % 100 == 0)
            lanes.Begin(1, trial += N, []);
        lanes.Step(actions, [], rewards, endings);
    }

    /// <summary>One decision of the network in every lane.</summary>
    [Benchmark(OperationsPerInvoke = N)]
    public void Act() => player.Act(
        new Percept
        {
            Step = 0,
            Observations = [],
            PreviousActions = actions,
            PreviousRewards = rewards,
            PreviousEndings = endings,
        },
        actions);

    /// <summary>One whole iteration of 128 trials.</summary>
    [Benchmark(OperationsPerInvoke = 128 * 100)]
    public void Iterate() => rl2.Iterate(0);
}
