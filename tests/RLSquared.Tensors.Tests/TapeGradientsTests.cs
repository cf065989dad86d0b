using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests;

/// <summary>Gradients as tensors, and what is made of them, on every device.</summary>
public abstract class TapeGradientsTests(Device device) : DeviceTests(device)
{
    // y = Σ x³ with θ' = x − α·3x²: dL(θ')/dx of L = Σ θ'³ is 3θ'²·(1 − 6αx).
    [Fact]
    public void A_loss_after_a_gradient_step_differentiates_through_the_step()
    {
        Tape tape = NewTape();
        Tensor x = tape.Variable(tape.Arena.Copy(new Shape(2), [1, -2]));
        Tensor[] gradient = new Tensor[1];
        tape.Gradients((x * x * x).Sum(), [x], gradient);
        Assert.Equal([3, 12], gradient[0].ToArray());
        Tensor moved = x - gradient[0] * 0.5f;                                                  // −0.5, −8
        tape.Backward((moved * moved * moved).Sum());
        Assert.Equal([3 * 0.25f * -2, 3 * 64 * 7], tape.GradientOf(x).ToArray());
    }

    [Fact]
    public void Several_steps_differentiate_as_one_function()
    {
        GradientCheck.First(Device, x =>
            {
                Tape tape = x[0].Tape!;
                Tensor w = x[0];
                Tensor[] gradient = new Tensor[1];
                for (int step = 0; step < 3; step++)
                {
                    tape.Gradients((w * x[1]).Tanh().Square().Sum() + (w * w * w).Sum() * 0.1f, [w], gradient);
                    w -= gradient[0] * 0.2f;
                }
                return w;
            },
            Spread(new Shape(4), 1), Spread(new Shape(4), 2));
    }

    // dL/dy alone: the walk must not go on to what y was made from, and the other use of x must not count.
    [Fact]
    public void With_respect_to_something_in_between_only_what_comes_after_it_counts()
    {
        Tape tape = NewTape();
        Tensor x = tape.Variable(tape.Arena.Copy(new Shape(1), [3]));
        Tensor y = x * 2, loss = y * y + x * 100;
        Tensor[] found = new Tensor[2];
        tape.Gradients(loss, [y, x], found, differentiable: false);
        Assert.Equal((12, 124), (found[0].Read(), found[1].Read()));
        tape.Gradients(loss, [y], found.AsSpan(0, 1), differentiable: false);
        Assert.Equal(12, found[0].Read());
    }

    [Fact]
    public void What_the_loss_does_not_depend_on_has_a_gradient_of_zeros()
    {
        Tape tape = NewTape();
        Tensor x = tape.Variable(tape.Arena.Copy(new Shape(1), [3]));
        Tensor other = tape.Variable(tape.Arena.Zeros(new Shape(2, 3)));
        Tensor loss = x * x, later = other * 2;
        Tensor[] found = new Tensor[3];
        tape.Gradients(loss, [x, other, later], found);
        Assert.Equal(6, found[0].Read());
        Assert.Equal(new float[6], found[1].ToArray());
        Assert.Equal(new Shape(2, 3), found[2].Shape);
    }

    [Fact]
    public void Gradients_that_are_not_differentiable_are_constants_and_the_same_bits()
    {
        Tape tape = NewTape();
        var spread = Spread(new Shape(5, 4), 3);
        Tensor x = tape.Variable(tape.Arena.Copy(spread.Shape, spread.Values));
        Tensor loss = (x.LogSoftmax().Exp() * x).Sum();
        tape.Backward(loss);
        float[] plain = tape.GradientOf(x).ToArray();
        Tensor[] found = new Tensor[1];
        tape.Gradients(loss, [x], found, differentiable: false);
        Assert.False(found[0].IsDifferentiable);
        Assert.Equal(plain, found[0].ToArray());
        Assert.Equal(plain, tape.GradientOf(x).ToArray());            // what Backward found is still there
    }

    [Fact]
    public void A_constant_or_too_little_room_is_refused()
    {
        Tape tape = NewTape();
        Tensor x = tape.Variable(tape.Arena.Zeros(new Shape(1))), c = tape.Constant(tape.Arena.Zeros(new Shape(3)));
        Assert.Equal("the tensor [3] is no variable of this tape, so no gradient flows to it",
            Assert.Throws<ArgumentException>(() => tape.Gradients(x * x, [c], new Tensor[1])).Message);
        Assert.Equal("1 tensors have as many gradients, but there is room for 0",
            Assert.Throws<ArgumentException>(() => tape.Gradients(x * x, [x], [])).Message);
        Assert.Contains("one number",
            Assert.Throws<ArgumentException>(
                () => tape.Gradients(tape.Variable(tape.Arena.Zeros(new Shape(2))), [x], new Tensor[1])).Message,
            StringComparison.Ordinal);
    }

    // ---- Hessians times vectors of what policies are made of ----

    [Fact]
    public void A_multilayer_perceptron_has_the_second_derivatives_of_central_differences() => Both(
        x => (x[0].MatMul(x[1]) + x[2]).Tanh().MatMul(x[3]).Tanh().MatMul(x[4]),
        Spread(new Shape(3, 2), 1), Spread(new Shape(2, 4), 2), Spread(new Shape(4), 3), Spread(new Shape(4, 3), 4),
        Spread(new Shape(3, 2), 5));

    [Fact]
    public void The_logarithm_of_a_categorical_policy_has_the_second_derivatives_of_central_differences()
    {
        Indices actions = IndicesOf(2, 0, 1);
        Both(x => x[0].MatMul(x[1]).LogSoftmax().Gather(actions),
            Spread(new Shape(3, 2), 1), Spread(new Shape(2, 3), 2));
        Both(x => x[0].MatMul(x[1]).SelectedLogProbability(actions),
            Spread(new Shape(3, 2), 1), Spread(new Shape(2, 3), 2));
    }

    // log N(u; μ, σ) with μ = xW and σ = e^s.
    [Fact]
    public void The_logarithm_of_a_Gaussian_density_has_the_second_derivatives_of_central_differences()
    {
        var drawn = Spread(new Shape(4, 2), 9);
        Both(
            x =>
            {
                Tensor z = (x[0].Tape!.Constant(drawn.Shape, drawn.Values) - x[0].MatMul(x[1])) * (-x[2]).Exp();
                return z.Square().SumOfColumns() * -0.5f - x[2].Sum();
            },
            Spread(new Shape(4, 3), 1), Spread(new Shape(3, 2), 2), Spread(new Shape(2), 3, -0.5f, 0.5f));
    }

    // The same through layers and bound parameters, against differences of the loss after the step.
    [Fact]
    public void Bound_parameters_carry_the_gradient_of_a_loss_after_the_step_to_the_weights()
    {
        using var parameters = new ParameterSet(Device);
        var mlp = new Mlp(parameters, "policy", 2, 3, new RandomKey(1, RandomKey.Weights, 0),
            new MlpOptions { Hidden = [4] });
        Tape tape = NewTape();
        float[] before = Spread(new Shape(5, 2), 1).Values, after = Spread(new Shape(5, 2), 2).Values;

        double Loss(bool backward)
        {
            tape.Reset();
            tape.Recording = true;
            Tensor[] weights = [.. parameters.All.Select(tape.Watch)], gradients = new Tensor[weights.Length];
            Tensor inner = mlp.Forward(tape.Constant(new Shape(5, 2), before)).LogSoftmax().Square().Sum();
            tape.Gradients(inner, weights, gradients);
            for (int i = 0; i < weights.Length; i++)
                tape.Bind(parameters.All[i], weights[i] - gradients[i] * 0.1f);
            float[] outer = mlp.Forward(tape.Constant(new Shape(5, 2), after)).LogSoftmax().ToArray();
            if (backward)
                tape.Backward(mlp.Forward(tape.Constant(new Shape(5, 2), after)).LogSoftmax().Sum());
            return outer.Sum(number => (double)number);
        }

        Loss(backward: true);
        parameters.SumGradients([tape]);
        float[][] found = [.. parameters.All.Select(parameter => parameter.Gradient.ToArray())];
        for (int p = 0; p < found.Length; p++)
        {
            float[] kept = parameters.All[p].Value.ToArray();
            for (int i = 0; i < kept.Length; i++)
            {
                const float h = 1f / 64;
                double At(float shift)
                {
                    float[] moved = [.. kept];
                    moved[i] += shift;
                    parameters.All[p].Value.CopyFrom(moved);
                    return Loss(backward: false);
                }
                double difference = (At(-2 * h) - 8 * At(-h) + 8 * At(h) - At(2 * h)) / (12 * h);
                parameters.All[p].Value.CopyFrom(kept);
                Assert.Equal(difference, found[p][i], 5e-3);
            }
        }
    }
}

public sealed class TapeGradientsTestsOnCpu() : TapeGradientsTests(Device.Cpu);

public sealed class TapeGradientsTestsOnReference() : TapeGradientsTests(new ReferenceDevice());
