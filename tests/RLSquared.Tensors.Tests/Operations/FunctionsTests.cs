using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class FunctionsTests(Device device) : DeviceTests(device)
{
    // Ten values, none nearer to 0 than 0.15: the kink of relu stays clear of the differences.
    static (Shape, float[]) X => Spread(new Shape(2, 5), 1);

    static (Shape, float[]) Positive => Spread(new Shape(2, 5), 1, 0.5f, 2.5f);

    [Fact]
    public void Relu_differentiates() => Both(x => x[0].Relu(), X);

    [Fact]
    public void Tanh_differentiates() => Both(x => x[0].Tanh(), X);

    [Fact]
    public void Sigmoid_differentiates() => Both(x => x[0].Sigmoid(), X);

    [Fact]
    public void Exp_differentiates() => Both(x => x[0].Exp(), X);

    [Fact]
    public void Log_differentiates() => Both(x => x[0].Log(), Positive);

    [Fact]
    public void Sqrt_differentiates() => Both(x => x[0].Sqrt(), Positive);

    [Fact]
    public void Reciprocal_differentiates() => Both(x => x[0].Reciprocal(), Positive);

    [Fact]
    public void Square_differentiates() => Both(x => x[0].Square(), X);

    [Fact]
    public void Softplus_differentiates() => Both(x => x[0].Softplus(), X);

    [Fact]
    public void Softplus_is_finite_and_exact_far_from_zero()
    {
        Tape tape = NewTape();
        Tensor x = tape.Variable(tape.Arena.Copy(new Shape(5), [-200, -1, 0, 1, 200]));
        Tensor y = x.Softplus();
        float[] wanted = [0, MathF.Log(1 + MathF.Exp(-1)), MathF.Log(2), MathF.Log(1 + MathF.Exp(1)), 200];
        Assert.All(y.ToArray().Zip(wanted), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
        tape.Backward(y.Sum());
        Assert.Equal(0.5f, tape.GradientOf(x).ToArray()[2]);                // the slope at 0 is σ(0), from both sides
    }

    [Fact]
    public void Negation_and_affine_maps_differentiate()
    {
        Both(x => -x[0], X);
        Both(x => x[0] * 3 + 2, X);
        Both(x => 1 - 0.5f * (x[0] - 4), X);
    }

    [Fact]
    public void Clamp_differentiates() => Both(x => x[0].Clamp(-0.7f, 0.8f), X);

    [Fact]
    public void Clamp_refuses_bounds_in_the_wrong_order()
    {
        using var arena = NewArena();
        Tensor x = new Tape(arena).Constant(arena.Zeros(new Shape(1)));
        Assert.Equal("a clamp needs low ≤ high, but 1 and 0 were given",
            Assert.Throws<ArgumentException>(() => x.Clamp(1, 0)).Message);
    }

    [Fact]
    public void Relu_of_zero_has_no_slope()
    {
        using var arena = NewArena();
        var tape = new Tape(arena);
        Tensor x = tape.Variable(arena.Copy(new Shape(3), [-1, 0, 2]));
        tape.Backward(x.Relu().Sum());
        Assert.Equal([0, 0, 1], tape.GradientOf(x).ToArray());
    }
}

public sealed class FunctionsTestsOnCpu() : FunctionsTests(Device.Cpu);

public sealed class FunctionsTestsOnReference() : FunctionsTests(new ReferenceDevice());
