using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class SoftmaxesTests(Device device) : DeviceTests(device)
{
    [Fact]
    public void Softmax_differentiates() => Both(x => x[0].Softmax(), Spread(new Shape(3, 5), 1));

    [Fact]
    public void Log_softmax_differentiates() => Both(x => x[0].LogSoftmax(), Spread(new Shape(3, 5), 1));

    [Fact]
    public void Long_rows_differentiate()
    {
        Both(x => x[0].Softmax(), Spread(new Shape(2, 19), 1));
        Both(x => x[0].LogSoftmax(), Spread(new Shape(2, 19), 1));
    }

    [Fact]
    public void Huge_scores_neither_overflow_nor_vanish()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        // Equal scores share alike; e⁻²⁰⁰⁰ is 0, but its logarithm is −2000 exactly.
        Tensor x = tape.Constant(new Shape(2, 2), [3e38f, 3e38f, 1000, -1000]);
        Assert.Equal([0.5f, 0.5f, 1, 0], x.Softmax().ToArray());
        Assert.Equal([0, -2000], x.LogSoftmax().ToArray()[2..].ToArray());
        Assert.Equal(-MathF.Log(2), x.LogSoftmax().ToArray()[0], 1e-6f);
    }

    [Fact]
    public void A_forbidden_action_has_probability_zero_and_no_gradient()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Variable(arena.Copy(new Shape(1, 3), [0, float.NegativeInfinity, 0]));
        Assert.Equal([0.5f, 0, 0.5f], x.Softmax().ToArray());
        tape.Backward((x.Softmax() * tape.Constant(new Shape(3), [1, 1, 0])).Sum());
        Assert.Equal([0.25f, 0, -0.25f], tape.GradientOf(x).ToArray());   // p (g − Σ g p), Σ g p = ½
    }
}

public sealed class SoftmaxesTestsOnCpu() : SoftmaxesTests(Device.Cpu);

public sealed class SoftmaxesTestsOnReference() : SoftmaxesTests(new ReferenceDevice());
