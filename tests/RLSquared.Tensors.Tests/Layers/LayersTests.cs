using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Tests.Layers;

public sealed class LayersTests
{
    static readonly RandomKey random = new(1, RandomKey.Weights, 0);

    // x W + b = (1, 2) · ((1, 2, 3), (4, 5, 6)) + (10, 20, 30).
    [Fact]
    public void A_linear_layer_multiplies_and_shifts()
    {
        using var arena = new Arena();
        using var parameters = new ParameterSet();
        var tape = new Tape(arena);
        var linear = new Linear(parameters, "l", 2, 3, random);
        new float[] { 1, 2, 3, 4, 5, 6 }.CopyTo(linear.Weight.Value.Span);
        new float[] { 10, 20, 30 }.CopyTo(linear.Bias!.Value.Span);
        Assert.Equal([19, 32, 45], linear.Forward(tape.Constant(new Shape(1, 2), [1, 2])).Span.ToArray());
        Assert.Equal(["l.weight", "l.bias"], parameters.All.Select(parameter => parameter.Name));
    }

    [Fact]
    public void A_weight_normalised_layer_starts_as_the_plain_one_and_ignores_the_length_of_its_direction()
    {
        using var arena = new Arena();
        using ParameterSet plain = new(), normalised = new();
        var tape = new Tape(arena);
        var options = new LinearOptions { Initialisation = Initialisation.XavierUniform, Gain = 2 };
        var a = new Linear(plain, "l", 4, 3, random, options);
        var b = new Linear(normalised, "l", 4, 3, random, options with { WeightNorm = true });
        Tensor x = tape.Constant(new Shape(2, 4), [1, -2, 3, 4, 0.5f, 1, 1, -1]);
        float[] wanted = a.Forward(x).Span.ToArray(), found = b.Forward(x).Span.ToArray();
        foreach (ref float v in b.Weight.Value.Span)
            v *= 10;
        float[] longer = b.Forward(x).Span.ToArray();
        for (int i = 0; i < wanted.Length; i++)
        {
            Assert.Equal(wanted[i], found[i], 1e-5f);
            Assert.Equal(wanted[i], longer[i], 1e-5f);
        }
        Assert.Equal(["l.weight", "l.weight_length", "l.bias"], normalised.All.Select(parameter => parameter.Name));
    }

    [Fact]
    public void Weight_normalisation_differentiates() => GradientCheck.Both(
        x => x[0] * (x[1] / (x[0].Square().SumOfRows() + 1e-12f).Sqrt()),
        GradientCheck.Spread(new Shape(3, 2), 1), GradientCheck.Spread(new Shape(2), 2, 0.5f, 1.5f));

    // All weights 1, all biases 0: each tanh unit is tanh(x₀ + x₁), the output the sum of two units squashed again.
    [Fact]
    public void A_perceptron_has_its_activation_between_layers_and_none_at_the_end()
    {
        using var arena = new Arena();
        using var parameters = new ParameterSet();
        var tape = new Tape(arena);
        var mlp = new Mlp(parameters, "m", 2, 1, random, new MlpOptions { Hidden = [3, 2] });
        foreach (Linear layer in mlp.Layers)
            layer.Weight.Value.Span.Fill(1);
        double first = Math.Tanh(0.3), second = Math.Tanh(3 * first);
        Assert.Equal(2 * second, mlp.Forward(tape.Constant(new Shape(1, 2), [0.1f, 0.2f])).Item, 1e-6);
        Assert.Equal([6, 3, 6, 2, 2, 1], parameters.All.Select(parameter => (int)parameter.Value.Shape.Count));
    }

    [Theory]
    [InlineData(Activation.None, -0.5)]
    [InlineData(Activation.Relu, 0)]
    [InlineData(Activation.Tanh, -0.46211715726)]
    [InlineData(Activation.Sigmoid, 0.37754066879)]
    public void Activations_are_what_they_are_called(Activation activation, double wanted)
    {
        using var arena = new Arena();
        Assert.Equal(wanted, new Tape(arena).Constant(new Shape(1), [-0.5f]).Activate(activation).Item, 1e-7);
    }

    [Fact]
    public void An_embedding_hands_out_rows_and_collects_their_gradients()
    {
        using var arena = new Arena();
        using var parameters = new ParameterSet();
        var tape = new Tape(arena);
        var embedding = new Embedding(parameters, "e", 3, 2, random);
        Indices symbols = arena.AllocateIndices(3);
        ((ReadOnlySpan<int>)[2, 0, 2]).CopyTo(symbols.Span);
        Tensor y = embedding.Forward(tape, symbols);
        Assert.Equal(embedding.Table.Value.Span[4..6].ToArray(), y.Span[..2].ToArray());
        tape.Backward(y.Sum());
        parameters.SumGradients([tape]);
        Assert.Equal([1, 1, 0, 0, 2, 2], embedding.Table.Gradient.Span.ToArray());
    }

    [Fact]
    public void An_input_gain_scales_the_first_weights_and_spreads_the_first_bias_alone()
    {
        using ParameterSet plain = Made(1), wide = Made(4);
        Assert.Equal(plain.All[0].Value.ToArray().Select(w => 4 * w), wide.All[0].Value.ToArray());
        Assert.All(plain.All[1].Value.ToArray(), b => Assert.Equal(0, b));
        float most = 4 * MathF.Sqrt(6f / (1 + 8));
        Assert.All(wide.All[1].Value.ToArray(), b => Assert.InRange(Math.Abs(b), 1e-6f, most));
        for (int i = 2; i < plain.All.Count; i++)
            Assert.Equal(plain.All[i].Value.ToArray(), wide.All[i].Value.ToArray());

        static ParameterSet Made(float gain)
        {
            var parameters = new ParameterSet();
            _ = new Mlp(parameters, "m", 3, 1, random, new MlpOptions
            {
                Hidden = [8, 8],
                Initialisation = Initialisation.XavierUniform,
                InputGain = gain,
            });
            return parameters;
        }
    }

    [Fact]
    public void Layer_norm_and_convolution_have_the_shapes_they_promise()
    {
        using var arena = new Arena();
        using var parameters = new ParameterSet();
        var tape = new Tape(arena);
        var conv = new Conv2d(parameters, "c", 3, 8, 3, random, new Conv2dOptions { Stride = 2, Padding = 1 });
        Tensor y = conv.Forward(tape.Constant(arena.Zeros(new Shape(2, 3, 9, 7))));
        Assert.Equal(new Shape(2, 8, 5, 4), y.Shape);
        var norm = new LayerNorm(parameters, "n", 4);
        Assert.Equal(y.Shape, norm.Forward(y).Shape);
        Assert.Equal(["c.weight", "c.bias", "n.gain", "n.bias"], parameters.All.Select(parameter => parameter.Name));
    }

    [Fact]
    public void Sizes_below_one_are_refused()
    {
        using var parameters = new ParameterSet();
        Assert.Throws<ArgumentOutOfRangeException>(() => new Linear(parameters, "l", 0, 3, random));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Embedding(parameters, "e", 0, 3, random));
        Assert.Throws<ArgumentOutOfRangeException>(() => new LayerNorm(parameters, "n", 0));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => new Conv2d(parameters, "c", 1, 1, 1, random, new Conv2dOptions { Stride = 0 }));
    }
}
