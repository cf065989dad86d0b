using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Tests.Operations;

public sealed class AddressedGruTests : IDisposable
{
    const int T = 4, B = 3, D = 2, H = 17;

    readonly ParameterSet parameters = new();
    readonly Gru layer;
    readonly Tape tape = new(new Arena());

    public AddressedGruTests() => layer = new Gru(parameters, "gru", D, H, new RandomKey(1, RandomKey.Weights, 0));

    public void Dispose() => parameters.Dispose();

    // Every lane has two memories, which take turns but for the last step.
    static readonly int[] turns = [-1, -1, -1, -1, -1, -1, 0, 1, 2, 6, 7, 8];

    [Fact]
    public void Rows_that_go_on_from_the_step_before_are_an_ordinary_sequence()
    {
        Tensor addressed = layer.ForwardAddressed(tape, Input(), Sources(-1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8));
        Tensor plain = layer.Forward(tape, Input());
        Assert.Equal(plain.Span.ToArray(), addressed.Span.ToArray());
    }

    [Fact]
    public void Each_memory_remembers_its_own_steps_alone()
    {
        Tensor all = layer.ForwardAddressed(tape, Input(), Sources(turns));
        Tensor x = Input().Dense;
        // Steps 0, 2 and 3 write the first memory, step 1 the second.
        Tensor first = tape.Constant(
            new Shape(3, B, D), [.. x.Span[..(B * D)], .. x.Span[(2 * B * D)..]]);
        Tensor alone = layer.Forward(tape, new SequenceInput(3, B, first));
        Assert.Equal(alone.Span[..(B * H)].ToArray(), all.Span[..(B * H)].ToArray());
        Assert.Equal(alone.Span[(B * H)..].ToArray(), all.Span[(2 * B * H)..].ToArray());
    }

    [Fact]
    public void Gradients_match_central_differences_also_where_two_rows_go_on_from_one()
    {
        int[] branching = [-1, -1, -1, 0, 1, 2, 0, 1, 5, 6, 3, 8];
        float[] mix = GradientCheck.Spread(new Shape(T, B, H), 5).Values;
        Tensor Loss() => (layer.ForwardAddressed(tape, Input(), Sources(branching))
            * tape.Constant(new Shape(T, B, H), mix)).Sum();
        tape.Backward(Loss());
        var gradients = new Dictionary<string, float[]>();
        foreach (Parameter parameter in parameters.All)
        {
            Assert.True(tape.TryGradientOf(parameter, out Tensor gradient));
            gradients[parameter.Name] = gradient.Span.ToArray();
        }
        foreach (Parameter parameter in parameters.All)
        {
            for (int i = 0; i < parameter.Value.Shape.Count; i += 11)
            {
                const float step = 1e-2f;
                float before = parameter.Value.Span[i];
                parameter.Value.Span[i] = before + step;
                double above = Loss().Item;
                parameter.Value.Span[i] = before - step;
                double below = Loss().Item;
                parameter.Value.Span[i] = before;
                double numeric = (above - below) / (2 * step), found = gradients[parameter.Name][i];
                Assert.True(Math.Abs(numeric - found) < 2e-3 + 2e-2 * Math.Abs(numeric),
                    $"{parameter.Name}[{i}]: {found} on the tape, {numeric} by differences");
            }
        }
    }

    [Fact]
    public void A_row_that_comes_later_cannot_be_gone_on_from()
    {
        var error = Assert.Throws<ArgumentException>(
            () => layer.ForwardAddressed(tape, Input(), Sources(-1, -1, -1, 3, 1, 2, 3, 4, 5, 6, 7, 8)));
        Assert.Equal("row 3 cannot go on from row 3, which is not before it", error.Message);
        Assert.Contains("3 sources were given for 4 · 3 rows", Assert.Throws<ArgumentException>(
            () => layer.ForwardAddressed(tape, Input(), Sources(-1, -1, -1))).Message, StringComparison.Ordinal);
    }

    SequenceInput Input() => new(
        T, B, tape.Constant(new Shape(T, B, D), GradientCheck.Spread(new Shape(T, B, D), 3).Values));

    Indices Sources(params int[] values)
    {
        Indices sources = tape.Arena.AllocateIndices(values.Length);
        values.CopyTo(sources.Span);
        return sources;
    }
}
