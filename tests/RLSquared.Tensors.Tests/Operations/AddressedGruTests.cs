using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class AddressedGruTests : DeviceTests
{
    const int T = 4, B = 3, D = 2, H = 17;

    readonly ParameterSet parameters;
    readonly Gru layer;
    readonly Tape tape;

    protected AddressedGruTests(Device device) : base(device)
    {
        parameters = new ParameterSet(device);
        tape = NewTape();
        layer = new Gru(parameters, "gru", D, H, new RandomKey(1, RandomKey.Weights, 0));
    }

    public override void Dispose()
    {
        base.Dispose();
        parameters.Dispose();
        GC.SuppressFinalize(this);
    }

    // Every lane has two memories, which take turns but for the last step.
    static readonly int[] turns = [-1, -1, -1, -1, -1, -1, 0, 1, 2, 6, 7, 8];

    [Fact]
    public void Rows_that_go_on_from_the_step_before_are_an_ordinary_sequence()
    {
        Tensor addressed = layer.ForwardAddressed(tape, Input(), Sources(-1, -1, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8));
        Tensor plain = layer.Forward(tape, Input());
        Assert.Equal(plain.ToArray(), addressed.ToArray());
    }

    [Fact]
    public void Each_memory_remembers_its_own_steps_alone()
    {
        Tensor all = layer.ForwardAddressed(tape, Input(), Sources(turns));
        Tensor x = Input().Dense;
        // Steps 0, 2 and 3 write the first memory, step 1 the second.
        Tensor first = tape.Constant(
            new Shape(3, B, D), [.. x.ToArray()[..(B * D)], .. x.ToArray()[(2 * B * D)..]]);
        Tensor alone = layer.Forward(tape, new SequenceInput(3, B, first));
        Assert.Equal(alone.ToArray()[..(B * H)].ToArray(), all.ToArray()[..(B * H)].ToArray());
        Assert.Equal(alone.ToArray()[(B * H)..].ToArray(), all.ToArray()[(2 * B * H)..].ToArray());
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
            gradients[parameter.Name] = gradient.ToArray();
        }
        foreach (Parameter parameter in parameters.All)
        {
            for (int i = 0; i < parameter.Value.Shape.Count; i += 11)
            {
                const float step = 1e-2f;
                float before = parameter.Value.ToArray()[i];
                Write(parameter.Value, i, before + step);
                double above = Loss().Read();
                Write(parameter.Value, i, before - step);
                double below = Loss().Read();
                Write(parameter.Value, i, before);
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

    Indices Sources(params ReadOnlySpan<int> values) => tape.Arena.CopyIndices(values);
}

public sealed class AddressedGruTestsOnCpu() : AddressedGruTests(Device.Cpu);

public sealed class AddressedGruTestsOnReference() : AddressedGruTests(new ReferenceDevice());
