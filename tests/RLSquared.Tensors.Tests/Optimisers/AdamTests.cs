using RLSquared.Tensors.Optimisers;

namespace RLSquared.Tensors.Tests.Optimisers;

public sealed class AdamTests
{
    // Two steps in double precision by the paper's algorithm 1, with gradients 0.5 and then −0.25.
    [Fact]
    public void Two_steps_are_those_of_the_paper()
    {
        using var parameters = new ParameterSet();
        Parameter w = parameters.Add("w", new Shape(1));
        w.Value.Span[0] = 1;
        using var adam = new Adam(parameters);
        double weight = 1, m = 0, v = 0;
        double[] gradients = [0.5, -0.25];
        for (int t = 1; t <= 2; t++)
        {
            double g = gradients[t - 1];
            w.Gradient.Span[0] = (float)g;
            adam.Step(0.1f);
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            weight -= 0.1 * (m / (1 - Math.Pow(0.9, t))) / (Math.Sqrt(v / (1 - Math.Pow(0.999, t))) + 1e-8);
            Assert.Equal(weight, w.Value.Item, 1e-6);
        }
        Assert.Equal(2, adam.Steps);
    }

    // A zero gradient leaves decay alone: w ← (1 − 0.1 · 0.5) w, for weights of two axes but not for biases.
    [Fact]
    public void Decay_shrinks_weights_but_not_biases()
    {
        using var parameters = new ParameterSet();
        Parameter weight = parameters.Add("w", new Shape(1, 2)), bias = parameters.Add("b", new Shape(2));
        weight.Value.Span.Fill(2);
        bias.Value.Span.Fill(2);
        using var adam = new Adam(parameters, new AdamOptions { WeightDecay = 0.5f });
        adam.Step(0.1f);
        Assert.Equal([1.9f, 1.9f], weight.Value.Span.ToArray());
        Assert.Equal([2, 2], bias.Value.Span.ToArray());
    }

    [Fact]
    public void A_restored_optimiser_goes_on_to_the_same_bits()
    {
        using ParameterSet first = New(), second = New();
        using Adam a = new(first), b = new(second);
        for (int i = 0; i < 5; i++)
            Step(first, a, i);
        second.CopyFrom(first);
        foreach (((string name, Tensor from), (string also, Tensor to)) in a.State.Zip(b.State))
        {
            Assert.Equal(name, also);
            from.Span.CopyTo(to.Span);
        }
        b.Steps = a.Steps;
        for (int i = 5; i < 8; i++)
        {
            Step(first, a, i);
            Step(second, b, i);
        }
        Assert.Equal(first.All[0].Value.Span.ToArray(), second.All[0].Value.Span.ToArray());
        Assert.Equal(["adam.w.first", "adam.w.second"], a.State.Select(entry => entry.Name));

        static ParameterSet New()
        {
            var parameters = new ParameterSet();
            parameters.Add("w", new Shape(37));
            return parameters;
        }
        static void Step(ParameterSet parameters, Adam adam, int i)
        {
            Span<float> g = parameters.All[0].Gradient.Span;
            for (int k = 0; k < g.Length; k++)
                g[k] = MathF.Sin(i * 40 + k);
            adam.Step(0.01f);
        }
    }

    // Minimum of Σ (w − target)² at the target.
    [Fact]
    public void It_finds_the_minimum_of_a_parabola()
    {
        using var arena = new Arena();
        using var parameters = new ParameterSet();
        Parameter w = parameters.Add("w", new Shape(3));
        using var adam = new Adam(parameters);
        var tape = new Tape(arena);
        for (int i = 0; i < 500; i++)
        {
            tape.Reset();
            tape.Backward((tape.Watch(w) - tape.Constant(new Shape(3), [1, -2, 3])).Square().Sum());
            parameters.SumGradients([tape]);
            adam.Step(0.05f * (1 - i / 500f));
        }
        Assert.Equal(1, w.Value.Span[0], 1e-2f);
        Assert.Equal(-2, w.Value.Span[1], 1e-2f);
        Assert.Equal(3, w.Value.Span[2], 1e-2f);
    }

    [Fact]
    public void Options_and_rates_out_of_range_are_named()
    {
        using var parameters = new ParameterSet();
        using var adam = new Adam(parameters);
        Assert.StartsWith("Beta1 must be from 0 to below 1 (0.9)", Error(new AdamOptions { Beta1 = 1 }));
        Assert.StartsWith("Beta2 must be from 0 to below 1 (0.999)", Error(new AdamOptions { Beta2 = -1 }));
        Assert.StartsWith("Epsilon must be above 0 (1e-8)", Error(new AdamOptions { Epsilon = 0 }));
        Assert.StartsWith("WeightDecay must be 0 (off) or more", Error(new AdamOptions { WeightDecay = -1 }));
        Assert.StartsWith("learningRate must be 0 or more",
            Assert.Throws<ArgumentOutOfRangeException>(() => adam.Step(float.NaN)).Message);
        string Error(AdamOptions options) =>
            Assert.Throws<ArgumentOutOfRangeException>(() => new Adam(parameters, options)).Message;
    }

    [Fact]
    public void Several_threads_take_the_same_steps()
    {
        Assert.Equal(Weights(workers: null), Weights(new Workers(3)));

        static float[] Weights(Workers? workers)
        {
            using Workers? shared = workers;
            using var parameters = new ParameterSet();
            for (int i = 0; i < 7; i++)
                parameters.Add($"{(i < 5 ? "a" : "frozen")}.{i}", new Shape(3 + i, 5)).SetAll(0.1f * i);
            parameters.Group("frozen").Frozen = true;
            using var adam = new Adam(parameters, new AdamOptions { WeightDecay = 0.1f });
            Tape[] tapes = [new(new Arena()), new(new Arena())];
            long version = parameters.Version;
            for (int step = 0; step < 3; step++)
            {
                foreach (Tape tape in tapes)
                {
                    tape.Reset();
                    Tensor loss = tape.Constant(tape.Arena.Zeros(new Shape(1)));
                    foreach (Parameter parameter in parameters.All.Skip(step))           // some get no gradient
                        loss += (tape.Watch(parameter).Square() * (tape == tapes[0] ? 0.5f : 0.3f)).Sum();
                    tape.Backward(loss);
                }
                parameters.SumGradients(tapes, addsToPresent: step == 2, shared);
                adam.Step(0.01f, shared);
            }
            Assert.True(parameters.Version > version);
            foreach (Tape tape in tapes)
                tape.Arena.Dispose();
            return [.. parameters.All.SelectMany(parameter => parameter.Value.ToArray())];
        }
    }
}
