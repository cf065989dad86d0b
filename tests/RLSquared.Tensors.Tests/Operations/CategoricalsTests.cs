using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Random;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class CategoricalsTests(Device device) : DeviceTests(device)
{
    [Theory]
    [InlineData(4)]
    [InlineData(19)]
    public void Selected_log_probabilities_differentiate(int A)
    {
        Indices selected = IndicesOf(2, 0, 3);
        Both(x => x[0].SelectedLogProbability(selected), Spread(new Shape(3, A), 1));
    }

    [Fact]
    public void They_are_what_the_log_softmax_says()
    {
        Tape tape = NewTape();
        Tensor logits = tape.Constant(new Shape(3, 40), Spread(new Shape(3, 40), 1, -9, 9).Values);
        Indices selected = IndicesOf(39, 0, 7);
        float[] expected = logits.LogSoftmax().Gather(selected).ToArray();
        float[] found = logits.SelectedLogProbability(selected).ToArray();
        for (int i = 0; i < 3; i++)
            Assert.Equal(expected[i], found[i], 1e-5f);
    }

    [Fact]
    public void Draws_come_as_often_as_their_probabilities_say_and_what_is_forbidden_never()
    {
        const int N = 20000;
        Tape tape = NewTape();
        var random = new RandomKey(3, 6, 0).Sequence(0);
        float[] scores = new float[N * 4], uniform = new float[N];
        for (int n = 0; n < N; n++)
        {
            float[] row = [float.NegativeInfinity, MathF.Log(0.5f) + 3, MathF.Log(0.2f) + 3, MathF.Log(0.3f) + 3];
            row.CopyTo(scores, n * 4);
            uniform[n] = (float)random.NextUniform() * 0.999f;
        }
        Indices actions = tape.Arena.AllocateIndices(N);
        Tensor logProbability = tape.Constant(new Shape(N, 4), scores)
            .SampleCategorical(tape.Constant(new Shape(N), uniform), actions);
        int[] counts = new int[4];
        float[] found = logProbability.ToArray(), probabilities = [0, 0.5f, 0.2f, 0.3f];
        int[] drawn = actions.ToArray();
        for (int n = 0; n < N; n++)
        {
            counts[drawn[n]]++;
            Assert.Equal(MathF.Log(probabilities[drawn[n]]), found[n], 1e-5f);
        }
        for (int a = 0; a < 4; a++)
            Assert.Equal(probabilities[a], counts[a] / (double)N, 0.015);
    }

    [Fact]
    public void The_ends_of_the_unit_interval_draw_an_action_that_is_allowed()
    {
        Tape tape = NewTape();
        float none = float.NegativeInfinity;
        Indices actions = tape.Arena.AllocateIndices(3);
        tape.Constant(new Shape(3, 3), [none, 0, none, none, 0, 1, 5, none, none])
            .SampleCategorical(tape.Constant(new Shape(3), [0, MathF.BitDecrement(1), MathF.BitDecrement(1)]), actions);
        Assert.Equal([1, 2, 0], actions.ToArray());
    }

    [Fact]
    public void What_is_not_finite_is_noticed()
    {
        Tape tape = NewTape();
        Assert.Equal(1, tape.Constant(new Shape(3), [1, -3e38f, 0]).AllFinite().Read());
        Assert.Equal(0, tape.Constant(new Shape(3), [1, float.NaN, 0]).AllFinite().Read());
        Assert.Equal(0, tape.Constant(new Shape(2), [1, float.NegativeInfinity]).AllFinite().Read());
    }
}

public sealed class CategoricalsTestsOnCpu() : CategoricalsTests(Device.Cpu);

public sealed class CategoricalsTestsOnReference() : CategoricalsTests(new ReferenceDevice());
