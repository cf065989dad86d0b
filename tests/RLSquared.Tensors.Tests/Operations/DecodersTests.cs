using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class DecodersTests(Device device) : DeviceTests(device)
{
    [Fact]
    public void Turned_heads_differentiate_and_are_turned_rows()
    {
        const int M = 3, H = 2, E = 4;
        float[] angles = Spread(new Shape(M, E / 2), 3, -3, 3).Values;
        float[] cosines = [.. angles.Select(MathF.Cos)], sines = [.. angles.Select(MathF.Sin)];
        Tensor Angles(Tape tape, float[] values) => tape.Constant(new Shape(M, E / 2), values);
        Tensor Turned(Tensor x) => x.RotateHeads(Angles(x.Tape!, cosines), Angles(x.Tape!, sines), H);
        Both(x => Turned(x[0]), Spread(new Shape(M, H * E), 1));

        Tape tape = NewTape();
        Tensor rows = tape.Constant(new Shape(M, H * E), Spread(new Shape(M, H * E), 1).Values);
        Tensor head = rows.SliceColumns(E, E).Reshape(new Shape(1, M, E));
        Tensor wanted = head.Rotate(Angles(tape, cosines), Angles(tape, sines));
        AssertClose(wanted.ToArray(), Turned(rows).SliceColumns(E, E));
    }

    [Fact]
    public void A_gated_unit_differentiates()
    {
        var shape = new Shape(3, 13);
        Both(x => x[0].Gated(x[1]), Spread(shape, 1, -4, 4), Spread(shape, 2));
    }

    [Theory]
    [InlineData(2, 1, 4, 0)]
    [InlineData(2, 2, 3, 0)]
    [InlineData(4, 2, 2, 2)]
    public void Causal_attention_over_packed_sequences_differentiates(int H, int G, int E, int window)
    {
        int[] starts = [0, 3, 3, 4, 8];
        First(x => x[0].CausalAttention(x[1], x[2], x[0].Tape!.Arena.CopyIndices(starts), H, E, window),
            Spread(new Shape(8, H * E), 1), Spread(new Shape(8, G * E), 2), Spread(new Shape(8, G * E), 3));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(70)]
    public void Causal_attention_is_what_its_parts_compose(int window)
    {
        // Longer than a block of queries, so that blocks meet.
        const int T = 150, E = 5, H = 2;
        Tape tape = NewTape();
        Tensor q = Values(1, H), k = Values(2, 1), v = Values(3, 1);
        Tensor found = q.CausalAttention(k, v, tape.Arena.CopyIndices([0, T]), H, E, window);
        float[] mask = new float[T * T];
        for (int t = 0; window > 0 && t < T; t++)
            mask.AsSpan(t * T, Math.Max(0, t - window + 1)).Fill(float.NegativeInfinity);
        for (int h = 0; h < H; h++)
        {
            Tensor query = q.SliceColumns(h * E, E).Reshape(new Shape(1, T, E));
            Tensor scores = query.BatchMatMul(k.Reshape(new Shape(1, T, E)), transposeB: true) * (1 / MathF.Sqrt(E));
            Tensor shares = scores.MaskedSoftmax(causal: true, tape.Constant(new Shape(T, T), mask));
            AssertClose(shares.BatchMatMul(v.Reshape(new Shape(1, T, E))).ToArray(),
                found.SliceColumns(h * E, E));
        }

        Tensor Values(int seed, int heads) =>
            tape.Constant(new Shape(T, heads * E), Spread(new Shape(T, heads * E), seed).Values);
    }

    [Fact]
    public void The_head_over_the_vocabulary_differentiates_with_its_entropy() =>
        First(x => x[0].VocabularyLogProbability(x[1], x[0].Tape!.Arena.CopyIndices([4, 0, 2]), temperature: 0.7f),
            Spread(new Shape(3, 4), 1), Spread(new Shape(5, 4), 2));

    [Theory]
    [InlineData(7, 3)]
    [InlineData(9001, 2)]
    public void The_head_over_the_vocabulary_is_what_its_parts_compose(int V, int S)
    {
        const int D = 6;
        const float temperature = 0.5f;
        Tape tape = NewTape();
        Tensor h = tape.Constant(new Shape(S, D), Spread(new Shape(S, D), 1).Values);
        Tensor w = tape.Constant(new Shape(V, D), Spread(new Shape(V, D), 2).Values);
        Indices selected = tape.Arena.CopyIndices([.. Enumerable.Range(0, S).Select(s => (s * 5000 + 1) % V)]);
        Tensor logs = (h.MatMul(w, transposeB: true) * (1 / temperature)).LogSoftmax();
        Tensor found = h.VocabularyLogProbability(w, selected, temperature);
        AssertClose(logs.Gather(selected).ToArray(), found.SliceColumns(0, 1));
        AssertClose((-(logs.Exp() * logs).SumOfColumns()).ToArray(), found.SliceColumns(1, 1));
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        Tape tape = NewTape();
        Tensor q = tape.Constant(tape.Arena.Zeros(new Shape(4, 6)));
        Tensor k = tape.Constant(tape.Arena.Zeros(new Shape(4, 4)));
        Assert.Contains("starts of sequences", Refusal(() => q.CausalAttention(q, q, Starts(0, 3), 3, 2)));
        Assert.Contains("starts of sequences", Refusal(() => q.CausalAttention(q, q, Starts(0, 3, 2, 4), 3, 2)));
        Assert.Contains("3 heads of 2 numbers", Refusal(() => q.CausalAttention(k, k, Starts(0, 4), 3, 2)));
        Assert.Contains("equal shapes", Refusal(() => q.Gated(k)));
        Assert.Contains("a token each", Refusal(() => q.VocabularyLogProbability(q, Starts(0))));
        Assert.Contains("names none of the 4 rows", Refusal(() => q.VocabularyLogProbability(q, Starts(0, 1, 2, 4))));
        Assert.Contains("even size", Refusal(() => q.RotateHeads(k, k, 2)));

        Indices Starts(params int[] values) => tape.Arena.CopyIndices(values);

        static string Refusal(Func<Tensor> action) => Assert.Throws<ArgumentException>(() => action()).Message;
    }

    static void AssertClose(float[] expected, Tensor actual)
    {
        float[] values = actual.ToArray();
        Assert.Equal(expected.Length, values.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], values[i], 2e-5f * (1 + MathF.Abs(expected[i])));
    }
}

public sealed class DecodersTestsOnCpu() : DecodersTests(Device.Cpu);

public sealed class DecodersTestsOnReference() : DecodersTests(new ReferenceDevice());
