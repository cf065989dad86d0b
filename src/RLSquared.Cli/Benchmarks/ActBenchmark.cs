using RLSquared.Deployment;
using RLSquared.Policies;
using RLSquared.Tasks;

namespace RLSquared.Cli.Benchmarks;

/// <summary>
/// A loaded policy that acts in a program (<see cref="Actor"/>): ten arms, a hundred pulls. Counted per
/// action, so that a step of 64 lanes counts 64.
/// </summary>
internal sealed class ActBenchmark(string shape, RecurrentPolicyOptions network, int lanes) : Benchmark(
    $"act/{shape}-lanes{lanes}", threads: 1, "us/action")
{
    const int Pulls = 100;

    public override double Measure(TimeSpan time)
    {
        var task = new BernoulliBandits(new BernoulliBanditsOptions { Arms = 10, Pulls = Pulls });
        using var weights = Policy.Recurrent(task.Spaces, network, seed: 1);
        using var agent = new Actor(weights, new() { Lanes = lanes });
        float[] rewards = new float[lanes];
        bool[] done = new bool[lanes];
        int[] actions = new int[lanes];
        int step = 0;
        double rate = MedianRate(
            () =>
            {
                if (++step % Pulls == 0)
                    agent.BeginTrial();
                agent.Act([], rewards, done, actions);
            },
            lanes, time);
        return 1e6 / rate;
    }
}
