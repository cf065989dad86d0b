using RLSquared.Algorithms;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tests.Algorithms;

/// <summary>A whole training on a device whose memory no code of the host can reach.</summary>
public sealed class Rl2OnDevicesTests
{
    [Theory]
    [InlineData("hidden=5")]
    [InlineData("hidden=4 shared=true layer-norm=true weight-norm=true relu=true max-kl=1e-4 gradient-element=0.1")]
    public void Training_on_the_reference_device_gives_the_weights_of_the_processor(string settings)
    {
        (float[] before, _) = Train(settings, device: null, iterations: 0);
        (float[] here, double returnHere) = Train(settings, device: null, iterations: 3);
        var device = new ReferenceDevice();
        (float[] there, double returnThere) = Train(settings, device, iterations: 3);
        double moved = Distance(before, here), apart = Distance(here, there);
        Assert.True(moved > 0.01, $"the weights moved by {moved}");
        Assert.True(apart < 1e-3 * moved, $"the weights are {apart} apart and moved by {moved}");
        Assert.Equal(returnHere, returnThere, 1e-3);
        Assert.Equal(0, device.Allocated);
    }

    [Fact]
    public void Trpo_on_the_reference_device_gives_the_weights_of_the_processor()
    {
        (float[] here, float[] there) = (Step(null), Step(new ReferenceDevice()));
        Assert.True(Distance(here, there) < 1e-3, $"the weights are {Distance(here, there)} apart");

        static float[] Step(Device? device)
        {
            using var workers = new Workers(1);
            var options = new Rl2TrpoOptions { Trials = 8, ValueMinibatch = 4, Shards = 2 };
            using var trpo = new Rl2Trpo(new BernoulliBandits(new() { Pulls = 5 }), options with
            {
                Network = options.Network with { Hidden = 4 },
            }, 1, workers, device);
            trpo.Iterate(0);
            return Weights(trpo);
        }
    }

    [Fact]
    public void Cells_are_refused_there_with_what_would_be_right() => Assert.Equal(
        "cells are computed on the processor, not on the device 'reference'; set cells=0 and value-cells=0",
        Assert.Throws<OptionException>(() => Policy.Recurrent(
            new BernoulliBandits().Spaces, new() { Cells = 4 }, 1, new ReferenceDevice())).Message);

    static (float[] Weights, double Return) Train(string settings, Device? device, int iterations)
    {
        var task = new BernoulliBandits(new() { Arms = 3, Pulls = 5 });
        Rl2Options options = Rl2Options.Table.Apply(
            RLSquared.Settings.Assignment.ParseAll($"trials=8 minibatch=4 shards=2 epochs=2 {settings}".Split(' ')));
        using var workers = new Workers(1);
        using var rl2 = new Rl2(task, options, 1, workers, device);
        double last = 0;
        for (int i = 0; i < iterations; i++)
            last = rl2.Iterate(0).MeanReturn;
        return (Weights(rl2), last);
    }

    static float[] Weights(IAlgorithm algorithm) =>
        [.. algorithm.Parameters.All.SelectMany(parameter => parameter.Value.ToArray())];

    static double Distance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum());
}
