using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Gpu.Tests;

public sealed class TrainingTests
{
    const int T = 4, B = 3, H = 5, A = 3;

    // The whole of the engine on the card: layers, tape, losses, gradients, limits, Adam.
    [Fact]
    public void A_network_that_learns_on_the_card_gets_the_weights_that_it_gets_on_the_processor()
    {
        using var gpu = new GpuDevice(new SimulatedAccelerator());
        float[] here = Learn(Device.Cpu), there = Learn(gpu);
        double moved = Distance(here, Learn(Device.Cpu, steps: 0)), apart = Distance(here, there);
        Assert.True(moved > 0.1, $"the weights moved by {moved}");
        Assert.True(apart < 1e-4 * moved, $"the weights are {apart} apart and moved by {moved}");
    }

    [Fact]
    public void Weights_that_were_written_on_the_card_are_read_on_the_processor()
    {
        using var gpu = new GpuDevice(new SimulatedAccelerator());
        using var there = new ParameterSet(gpu);
        using var here = new ParameterSet();
        var random = new RandomKey(3, 1, 0);
        _ = new Linear(there, "layer", 4, 3, random);
        _ = new Linear(here, "layer", 4, 3, random with { Seed = 4 });
        foreach ((Parameter from, Parameter to) in there.All.Zip(here.All))
        {
            to.Value.CopyFrom(from.Value.ToArray());
            Assert.Equal(from.Value.ToArray(), to.Value.ToArray());
        }
    }

    static float[] Learn(Device device, int steps = 3)
    {
        using var parameters = new ParameterSet(device);
        var random = new RandomKey(7, 1, 0);
        var layer = new Gru(parameters, "gru", A + 2, H, random);
        var head = new Linear(parameters, "head", H, A, random);
        using var adam = new Adam(parameters);
        using var arena = new Arena(device);
        var tape = new Tape(arena);
        for (int step = 0; step < steps; step++)
        {
            tape.Reset();
            var dice = new Random(step);
            float[] numbers = [.. Enumerable.Range(0, T * B * 2).Select(_ => 2 * dice.NextSingle() - 1)];
            int[] ones = [.. Enumerable.Range(0, T * B).Select(_ => dice.Next(A))];
            var input = new SequenceInput(
                T, B, tape.Constant(new Shape(T, B, 2), numbers), arena.CopyIndices(ones), 1);
            Tensor logits = head.Forward(layer.Forward(tape, input)).Reshape(new Shape(T * B, A));
            Tensor chosen = logits.SelectedLogProbability(arena.CopyIndices(ones));
            Tensor loss = -(chosen.Sum() * (1f / (T * B))) + logits.Tanh().Square().Sum() * 0.01f;
            tape.Backward(loss);
            parameters.SumGradients([tape]);
            GradientClipping.ByNorm(parameters, 0.5f);
            adam.Step(0.05f);
        }
        return [.. parameters.All.SelectMany(parameter => parameter.Value.ToArray())];
    }

    static double Distance(float[] a, float[] b) =>
        Math.Sqrt(a.Zip(b, (x, y) => (double)(x - y) * (x - y)).Sum());
}
