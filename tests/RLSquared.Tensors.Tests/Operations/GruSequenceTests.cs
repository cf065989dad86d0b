using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class GruSequenceTests(Device device) : DeviceTests(device)
{
    // One unit, one plain input, two steps, all worked out by hand:
    //   W = (0.5, −0.5, 1), U = (1, 0.5, −1), b = (0.1, 0.2, 0.3), b_q = 0.4, x = 1 then 0
    //   step 1, h = 0: z = σ(0.5 + 0.1) = 0.6456563, r = σ(−0.5 + 0.2) = 0.4255575, q = 0.4
    //                  c = tanh(1 + 0.3 + 0.4255575·0.4) = tanh(1.4702230) = 0.8996200
    //                  h = c + z·(0 − c) = 0.3543437·0.8996200 = 0.3187747
    //   step 2:        z = σ(0.3187747 + 0.1) = 0.6031900, r = σ(0.1593873 + 0.2) = 0.5888921, q = −0.3187747 + 0.4
    //                  c = tanh(0.3 + 0.5888921·0.0812253) = tanh(0.3478330) = 0.3344523
    //                  h = c + z·(0.3187747 − c) = 0.3344523 − 0.6031900·0.0156776 = 0.3249957
    [Fact]
    public void Two_steps_of_one_unit_come_out_as_by_hand()
    {
        using var parameters = new ParameterSet(Device);
        var gru = new Gru(parameters, "gru", 1, 1, new RandomKey(1, RandomKey.Weights, 0));
        Set(parameters, "gru.input_weight", 0.5f, -0.5f, 1);
        Set(parameters, "gru.hidden_weight", 1, 0.5f, -1);
        Set(parameters, "gru.bias", 0.1f, 0.2f, 0.3f, 0.4f);
        var tape = NewTape();
        Tensor x = tape.Constant(new Shape(2, 1, 1), [1, 0]);

        Tensor hidden = gru.Forward(tape, new SequenceInput(2, 1, x));

        Assert.Equal(0.3187747f, hidden.ToArray()[0], 2e-6f);
        Assert.Equal(0.3249957f, hidden.ToArray()[1], 2e-6f);
    }

    [Theory]
    [InlineData(3, 2, 5, 2, 1, false)]          // odd sizes, one-hot groups and narrow numbers
    [InlineData(4, 3, 16, 0, 2, true)]
    [InlineData(2, 5, 19, 12, 0, false)]        // wide numbers, which are multiplied as a matrix
    [InlineData(3, 4, 33, 11, 1, true)]
    public void Fused_and_composed_layers_agree_in_values_and_gradients(
        int T, int B, int H, int D, int groups, bool relu)
    {
        using Case one = new(Device, T, B, H, D, groups, relu), other = new(Device, T, B, H, D, groups, relu);

        Tensor hidden = one.Layer.Forward(one.Tape, one.Input, one.Initial);
        Tensor loss = (hidden * one.Mix).Sum();
        one.Tape.Backward(loss);

        Tensor[] states = other.Layer.ForwardComposed(other.Tape, other.Input, other.Initial);
        Tensor sum = other.Tape.Constant(other.Tape.Arena.Zeros(new Shape(1)));
        for (int t = 0; t < T; t++)
            sum += (states[t] * other.Mix.SliceRows(t * B, B)).Sum();
        other.Tape.Backward(sum);

        Assert.Equal(sum.Read(), loss.Read(), 1e-4f);
        foreach ((Parameter fused, Parameter composed) in one.Parameters.All.Zip(other.Parameters.All))
        {
            Assert.True(one.Tape.TryGradientOf(fused, out Tensor a));
            Assert.True(other.Tape.TryGradientOf(composed, out Tensor b));
            AssertClose(b.ToArray(), a.ToArray(), fused.Name);
        }
        AssertClose(
            other.Tape.GradientOf(other.Initial).ToArray(), one.Tape.GradientOf(one.Initial).ToArray(),
                "initial state");
        if (D > 0)
        {
            AssertClose(
                other.Tape.GradientOf(other.Input.Dense).ToArray(),
                one.Tape.GradientOf(one.Input.Dense).ToArray(), "input");
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_a_sequence_match_central_differences(bool relu)
    {
        using Case made = new(Device, 4, 2, 6, 2, 1, relu);
        made.Tape.Backward((made.Layer.Forward(made.Tape, made.Input, made.Initial) * made.Mix).Sum());
        foreach (Parameter parameter in made.Parameters.All)
        {
            Assert.True(made.Tape.TryGradientOf(parameter, out Tensor gradient));
            for (int i = 0; i < parameter.Value.Shape.Count; i += 7)
            {
                const float step = 1e-2f;
                float before = parameter.Value.ToArray()[i];
                Write(parameter.Value, i, before + step);
                double above = made.Loss();
                Write(parameter.Value, i, before - step);
                double below = made.Loss();
                Write(parameter.Value, i, before);
                double numeric = (above - below) / (2 * step);
                Assert.True(
                    Math.Abs(numeric - gradient.ToArray()[i]) < 2e-3 + 2e-2 * Math.Abs(numeric),
                    $"{parameter.Name}[{i}]: {gradient.ToArray()[i]} on the tape, {numeric} by differences");
            }
        }
    }

    [Fact]
    public void A_sequence_cut_in_two_goes_on_from_its_state()
    {
        using Case made = new(Device, 6, 3, 16, 2, 1, relu: false);
        Tensor whole = made.Layer.Forward(made.Tape, made.Input);
        Tensor first = made.Layer.Forward(made.Tape, made.Part(0, 2));
        Tensor second = made.Layer.Forward(made.Tape, made.Part(2, 4), first.SliceRows(1, 1));
        Assert.Equal(whole.ToArray()[..(2 * 3 * 16)].ToArray(), first.ToArray());
        Assert.Equal(whole.ToArray()[(2 * 3 * 16)..].ToArray(), second.ToArray());
    }

    [Fact]
    public void A_row_does_not_depend_on_the_rows_beside_it()
    {
        using Case made = new(Device, 3, 5, 32, 0, 1, relu: false);
        Tensor all = made.Layer.Forward(made.Tape, made.Input);
        int[] indices = made.Input.Indices.ToArray();
        Indices ones = made.Tape.Arena.CopyIndices([indices[4], indices[9], indices[14]]);
        Tensor alone = made.Layer.Forward(made.Tape, new SequenceInput(3, 1, indices: ones, groups: 1));
        for (int t = 0; t < 3; t++)
            Assert.Equal(all.ToArray().AsSpan((t * 5 + 4) * 32, 32), alone.ToArray().AsSpan(t * 32, 32));
    }

    [Fact]
    public void Weight_normalisation_begins_with_the_same_function_and_learns_lengths_of_its_own()
    {
        using ParameterSet plain = new(Device), normalised = new(Device);
        var random = new RandomKey(5, RandomKey.Weights, 0);
        Gru one = new(plain, "gru", 4, 8, random), other = new(normalised, "gru", 4, 8, random, weightNorm: true);
        var tape = NewTape();
        Tensor x = tape.Constant(new Shape(2, 1, 4), [1, -1, 0.5f, 2, 0, 1, 1, -2]);

        Tensor hidden = one.Forward(tape, new SequenceInput(2, 1, x));
        Tensor same = other.Forward(tape, new SequenceInput(2, 1, x));

        AssertClose(hidden.ToArray(), same.ToArray(), "hidden");
        tape.Backward(same.Sum());
        Parameter length = normalised.All.Single(parameter => parameter.Name == "gru.hidden_weight_length");
        Assert.True(tape.TryGradientOf(length, out Tensor gradient));
        Assert.Contains(gradient.ToArray(), value => value != 0);
    }

    [Fact]
    public void Recurrent_weights_begin_orthogonal_gate_by_gate()
    {
        using var parameters = new ParameterSet(Device);
        const int H = 6;
        _ = new Gru(parameters, "gru", 2, H, new RandomKey(5, RandomKey.Weights, 0));
        float[] U = parameters.All.Single(parameter => parameter.Name == "gru.hidden_weight").Value.ToArray();
        for (int gate = 0; gate < 3; gate++)
        {
            for (int i = 0; i < H; i++)
            {
                for (int j = 0; j < H; j++)
                {
                    double dot = Enumerable.Range(0, H)
                        .Sum(row => (double)U[(row * 3 + gate) * H + i] * U[(row * 3 + gate) * H + j]);
                    Assert.Equal(i == j ? 1 : 0, dot, 1e-5);
                }
            }
        }
    }

    [Fact]
    public void An_index_that_names_no_input_is_refused()
    {
        using Case made = new(Device, 1, 1, 4, 1, 1, relu: false);
        made.Input.Indices.CopyFrom([3]);                      // rows 0, 1, 2 are one-hot, row 3 is the number's
        var error = Assert.Throws<ArgumentException>(() => made.Layer.Forward(made.Tape, made.Input));
        Assert.Equal("the index 3 names no input; 0 to 2 do", error.Message);
    }

    // Weights that carry both a direct and an earlier path must not get the earlier one twice: the input is made of W.
    [Theory]
    [InlineData(0, false), InlineData(2, true)]
    public void Where_a_second_derivative_is_asked_for_the_fused_layer_goes_by_its_composed_twin(int groups, bool relu)
    {
        const int T = 3, B = 2, H = 3, D = 2;
        Indices ones = groups > 0 ? IndicesOf(0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1) : default;
        int I = D + (groups > 0 ? 2 : 0);
        (float low, float high) = relu ? (0.05f, 0.4f) : (-1.5f, 1.5f);         // clear of the kink
        GradientCheck.Second(Device, x =>
            {
                Tape tape = x[0].Tape!;
                Tensor dense = x[0] + x[1].Sum() * 0.1f;
                return GruSequence.Apply(tape, new GruOperands
                {
                    Input = new SequenceInput(T, B, dense, ones, groups),
                    InputWeight = x[1],
                    HiddenWeight = x[2],
                    Bias = x[3],
                    Initial = x[4],
                    Relu = relu,
                });
            },
            Spread(new Shape(T, B, D), 1, low, high), Spread(new Shape(I, 3 * H), 2, low, high),
            Spread(new Shape(H, 3 * H), 3, low, high), Spread(new Shape(4 * H), 4, low, high),
            Spread(new Shape(B, H), 5, low, high));
    }

    [Fact]
    public void A_layer_whose_rows_say_from_where_they_go_on_says_that_it_has_no_second_derivative()
    {
        using Case made = new(Device, 2, 2, 4, 1, 1, relu: false);
        Tensor loss = made.Layer.ForwardAddressed(made.Tape, made.Input, IndicesOf(-1, -1, 0, 1)).Sum();
        var error = Assert.Throws<NotSupportedException>(() => made.Tape.Backward(loss, differentiable: true));
        Assert.Contains("ForwardComposed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_backward_pass_over_the_same_forward_pass_is_refused()
    {
        using Case made = new(Device, 2, 2, 4, 1, 1, relu: false);
        Tensor loss = made.Layer.Forward(made.Tape, made.Input).Sum();
        made.Tape.Backward(loss);
        Assert.Throws<InvalidOperationException>(() => made.Tape.Backward(loss));
    }

    [Fact]
    public void Without_recording_the_values_are_the_same_bits()
    {
        using Case made = new(Device, 5, 7, 16, 2, 1, relu: false);
        float[] recorded = made.Layer.Forward(made.Tape, made.Input).ToArray();
        made.Tape.Recording = false;
        Assert.Equal(recorded, made.Layer.Forward(made.Tape, made.Input).ToArray());
    }

    static void Set(ParameterSet parameters, string name, params ReadOnlySpan<float> values) =>
        parameters.All.Single(parameter => parameter.Name == name).Value.CopyFrom(values);

    static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                MathF.Abs(expected[i] - actual[i]) < 1e-4f + 1e-3f * MathF.Abs(expected[i]),
                $"{what}[{i}] is {actual[i]}; {expected[i]} was expected");
        }
    }

    /// <summary>A seeded layer with inputs of every kind.</summary>
    sealed class Case : IDisposable
    {
        const int OneHotRows = 3;

        readonly Arena inputs;

        public Case(Device device, int T, int B, int H, int D, int groups, bool relu)
        {
            inputs = new Arena(device);
            Parameters = new ParameterSet(device);
            Tape = new Tape(new Arena(device));
            var random = new RandomKey(7, 6, 0).Sequence(0);
            int rows = groups > 0 ? OneHotRows : 0;
            Layer = new Gru(Parameters, "gru", rows + D, H, new RandomKey(5, RandomKey.Weights, 0), relu);
            foreach (Parameter parameter in Parameters.All)
                parameter.Value.CopyFrom(Normal(parameter.Value.Shape, 0.4, ref random));
            Mix = Random(new Shape(T * B, H), ref random);
            Initial = Tape.Variable(Random(new Shape(B, H), ref random));
            int[] ones = new int[T * B * groups];
            foreach (ref int index in ones.AsSpan())
                index = random.NextInt(OneHotRows);
            Tensor dense = D > 0 ? Tape.Variable(Random(new Shape(T, B, D), ref random)) : default;
            Input = new SequenceInput(T, B, dense, inputs.CopyIndices(ones), groups);
        }

        public ParameterSet Parameters { get; }
        public Gru Layer { get; }
        public Tape Tape { get; }
        public SequenceInput Input { get; }
        public Tensor Initial { get; }
        public Tensor Mix { get; }

        /// <summary>The loss without a tape's record.</summary>
        public double Loss()
        {
            Tape.Recording = false;
            float[] hidden = Layer.Forward(Tape, Input, Initial).ToArray(), mix = Mix.ToArray();
            double sum = 0;
            for (int i = 0; i < hidden.Length; i++)
                sum += (double)hidden[i] * mix[i];
            return sum;
        }

        /// <summary>Some of the time steps.</summary>
        public SequenceInput Part(int first, int count)
        {
            int each = Input.B * Input.Groups;
            Tensor dense = Input.Dense.SliceRows(first, count);
            return new SequenceInput(
                count, Input.B, dense, Input.Indices.Slice(first * each, count * each), Input.Groups);
        }

        public void Dispose()
        {
            Parameters.Dispose();
            Tape.Arena.Dispose();
            inputs.Dispose();
        }

        Tensor Random(Shape shape, ref RandomSequence random) =>
            Tape.Constant(inputs.Copy(shape, Normal(shape, 1, ref random)));

        static float[] Normal(Shape shape, double deviation, ref RandomSequence random)
        {
            float[] values = new float[shape.Count];
            foreach (ref float value in values.AsSpan())
                value = (float)(deviation * random.NextNormal());
            return values;
        }
    }
}

public sealed class GruSequenceTestsOnCpu() : GruSequenceTests(Device.Cpu);

public sealed class GruSequenceTestsOnReference() : GruSequenceTests(new ReferenceDevice());
