using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Gpu.Tests;

/// <summary>What <c>rl2 train --device gpu</c> does, on a simulated card.</summary>
public sealed class Rl2OnCardTests
{
    [Theory]
    [InlineData("rl2", "trials=8 minibatch=4 shards=2 epochs=2 hidden=5")]
    [InlineData("rl2-trpo", "trials=8 value-minibatch=4 shards=2 hidden=4")]
    public void Training_on_a_card_gives_the_weights_of_the_processor_with_any_number_of_threads(
        string algorithm, string settings)
    {
        float[] before = Train(algorithm, settings, Device.Cpu, iterations: 0, threads: 1);
        float[] here = Train(algorithm, settings, Device.Cpu, iterations: 2, threads: 1);
        float[] there = OnCard(1), withThreads = OnCard(3);
        Assert.Equal(there, withThreads);
        double moved = Distance(before, here), apart = Distance(here, there);
        Assert.True(moved > 0.01, $"the weights moved by {moved}");
        Assert.True(apart < 1e-3 * Math.Max(1, moved), $"the weights are {apart} apart and moved by {moved}");

        float[] OnCard(int threads)
        {
            using var card = new GpuDevice(new SimulatedAccelerator());
            return Train(algorithm, settings, card, iterations: 2, threads);
        }
    }

    [Fact]
    public void An_agent_on_a_card_is_evaluated_by_several_threads_with_the_totals_of_one()
    {
        using var card = new GpuDevice(new SimulatedAccelerator());
        using var workers = new Workers(1);
        using IAlgorithm rl2 = Create("rl2", "trials=4 minibatch=4 shards=2 hidden=4", card, workers);
        EvaluationResult Played(int threads) => rl2.Evaluate(
            new() { Instances = 24, TuningInstances = 2, Lanes = 6, Threads = threads }, CancellationToken.None);
        Assert.Equal(Played(1).Agents[0].Totals.ToArray(), Played(3).Agents[0].Totals.ToArray());
    }

    [Fact]
    public void What_trains_on_the_processor_alone_refuses_a_card_by_name()
    {
        using var card = new GpuDevice(new SimulatedAccelerator());
        using var workers = new Workers(1);
        Assert.Equal("maml trains on the processor, not on the device 'gpu'; leave --device away",
            Assert.Throws<OptionException>(() => Create("maml", "", card, workers)).Message);
    }

    static float[] Train(string algorithm, string settings, Device device, int iterations, int threads)
    {
        using var workers = new Workers(threads);
        using IAlgorithm created = Create(algorithm, settings, device, workers);
        for (int i = 0; i < iterations; i++)
            created.Iterate(0);
        return [.. created.Parameters.All.SelectMany(parameter => parameter.Value.ToArray())];
    }

    static IAlgorithm Create(string algorithm, string settings, Device device, Workers workers)
    {
        var task = new BernoulliBandits(new() { Arms = 3, Pulls = 4 });
        AlgorithmEntry entry = AlgorithmCatalogue.Find(algorithm);
        Assignment[] given = Assignment.ParseAll(settings.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return entry.Create(task, entry.Merge(task, "default", given), 1, workers, device);
    }

    static double Distance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum());
}
