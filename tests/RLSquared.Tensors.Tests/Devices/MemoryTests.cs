using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Tests.Devices;

public abstract class MemoryTests(Device device) : DeviceTests(device)
{
    static readonly RandomKey random = new(1, RandomKey.Weights, 0);

    [Fact]
    public void A_mirror_shows_the_device_what_the_host_wrote_and_back()
    {
        using Arena arena = NewArena();
        var tape = new Tape(arena);
        var mirror = new Mirror(arena, new Shape(3, 2));
        for (int i = 0; i < 6; i++)
            mirror.Host[i] = i + 1;
        mirror.Upload();
        Assert.Equal([2, 4, 6, 8, 10, 12], (tape.Constant(mirror.Device) * 2).ToArray());
        mirror.Host[4] = 50;
        mirror.Upload(2, 1);
        Assert.Equal([1, 2, 3, 4, 50, 6], mirror.Device.ToArray());
        mirror.Device.CopyFrom([6, 5, 4, 3, 2, 1]);
        mirror.Download();
        Assert.Equal([6, 5, 4, 3, 2, 1], mirror.Host.ToArray());
    }

    [Fact]
    public void Mirrors_of_indices_and_images_do_the_same()
    {
        using Arena arena = NewArena();
        var indices = new IndexMirror(arena, 3);
        Assert.Equal([0, 0, 0], indices.Device.ToArray());
        indices.Host[1] = 7;
        indices.Upload(1, 1);
        Assert.Equal([0, 7, 0], indices.Device.ToArray());
        var images = new ImageMirror(arena, 2, 1, 3, 1);
        images[1][2] = 9;
        images.Upload(1, 1);
        byte[] bytes = new byte[6];
        images.Device.CopyTo(bytes);
        Assert.Equal([0, 0, 0, 0, 0, 9], bytes);
    }

    // Every operand of every fused form must notice that its step has ended.
    [Fact]
    public void What_a_reset_took_back_is_refused_by_fused_operations()
    {
        using Arena old = NewArena();
        using var parameters = new ParameterSet(Device);
        var layer = new Gru(parameters, "gru", 3, 4, random);
        Tape tape = NewTape();
        Tensor state = old.Zeros(new Shape(2, 4)), dense = old.Zeros(new Shape(1, 2, 2)),
            table = old.Zeros(new Shape(3, 4));
        Tensor image = old.Zeros(new Shape(1, 3, 3, 1));
        Indices ones = old.CopyIndices([0, 0]), slice = old.CopyIndices([0, 0, 0]).Slice(1, 2);
        var pictures = Images.Allocate(old, 1, 3, 3, 1);
        old.Reset();
        old.Zeros(new Shape(100));                         // the memory is somebody else's by now
        Tensor alive = tape.Constant(tape.Arena.Zeros(new Shape(1, 2, 2)));
        Indices fresh = tape.Arena.CopyIndices([0, 0]);
        Refused(() => layer.Forward(tape, new SequenceInput(1, 2, alive, fresh, 1), tape.Constant(state)));
        Refused(() => layer.Forward(tape, new SequenceInput(1, 2, tape.Constant(dense), fresh, 1)));
        Refused(() => layer.Forward(tape, new SequenceInput(1, 2, alive, ones, 1)));
        Refused(() => layer.Forward(tape, new SequenceInput(1, 2, alive, slice, 1)));
        Refused(() => layer.ForwardAddressed(tape, new SequenceInput(1, 2, alive, fresh, 1), ones));
        Tensor weight = tape.Constant(tape.Arena.Zeros(new Shape(9, 2))),
            bias = tape.Constant(tape.Arena.Zeros(new Shape(2)));
        Refused(() => tape.Constant(image).Filter(weight, bias, 3));
        Refused(() => pictures.Filter(tape, weight, bias, 3));
        Refused(() => tape.Constant(table).TanhOfSums(fresh, tape.Constant(table), fresh));
        Refused(() => tape.Constant(tape.Arena.Zeros(new Shape(3, 4))).GatherRows(slice));
        Refused(() => tape.Constant(state).Tanh());

        static void Refused(Action use) => Assert.Contains("a step that has ended",
            Assert.Throws<InvalidOperationException>(use).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(40)]
    public void A_gru_takes_any_number_of_one_hot_groups(int groups)
    {
        const int T = 2, B = 3, H = 5;
        using var parameters = new ParameterSet(Device);
        var layer = new Gru(parameters, "gru", 2 * groups + 3, H, random);
        Tape tape = NewTape();
        int[] ones = new int[T * B * groups];
        for (int i = 0; i < ones.Length; i++)
            ones[i] = 2 * (i % groups) + i * 7 % 3 % 2;
        Tensor dense = tape.Constant(new Shape(T, B, 3), Spread(new Shape(T, B, 3), 1).Values);
        var input = new SequenceInput(T, B, dense, IndicesOf(ones), groups);
        Tensor fused = layer.Forward(tape, input);
        tape.Backward(fused.Square().Sum());
        float[][] gradients = [.. parameters.All.Select(parameter =>
        {
            Assert.True(tape.TryGradientOf(parameter, out Tensor gradient));
            return gradient.ToArray();
        })];
        float[] values = fused.ToArray();

        Tape other = NewTape();
        var same = new SequenceInput(T, B, other.Constant(new Shape(T, B, 3), dense.ToArray()), input.Indices, groups);
        Tensor[] composed = layer.ForwardComposed(other, same);
        Tensor loss = composed[0].Square().Sum() + composed[1].Square().Sum();
        other.Backward(loss);
        AssertClose([.. composed.SelectMany(step => step.ToArray())], values);
        for (int i = 0; i < gradients.Length; i++)
        {
            Assert.True(other.TryGradientOf(parameters.All[i], out Tensor gradient));
            AssertClose(gradient.ToArray(), gradients[i]);
        }

        // And step by step, as it acts.
        other.Recording = false;
        PackedGru packed = layer.Prepare(other, groups, 3);
        Tensor hidden = other.Constant(other.Arena.Zeros(new Shape(B, H)));
        for (int t = 0; t < T; t++)
        {
            var step = new SequenceInput(1, B, same.Dense.SliceRows(t, 1),
                input.Indices.Slice(t * B * groups, B * groups), groups);
            hidden = Gru.Step(other, packed, in step, hidden);
            AssertClose(values.AsSpan(t * B * H, B * H).ToArray(), hidden.ToArray());
        }
    }

    [Fact]
    public void Memory_that_cannot_be_had_is_one_kind_of_error_that_says_how_much()
    {
        using Arena arena = NewArena();
        var error = Assert.Throws<DeviceOutOfMemoryException>(() => arena.Zeros(new Shape(1_000_000, 3_000_000)));
        Assert.Equal(12_000_000_000_000, error.Bytes);
        Assert.StartsWith("a tensor of shape [1000000, 3000000] needs 10.9 TiB of memory", error.Message);
        Assert.Throws<DeviceOutOfMemoryException>(() => arena.Allocate(new Shape(int.MaxValue, int.MaxValue)));
        Assert.Equal("a tensor cannot hold 2147483647 · 2147483647 · 2147483647 · 1 numbers",
            Assert.Throws<ArgumentException>(() => new Shape(int.MaxValue, int.MaxValue, int.MaxValue)).Message);
        Assert.Equal([0, 0], arena.Zeros(new Shape(2)).ToArray());         // and the arena goes on
    }

    static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 2e-5f * (1 + MathF.Abs(expected[i])));
    }
}

public sealed class MemoryTestsOnCpu() : MemoryTests(Device.Cpu);

public sealed class MemoryTestsOnReference() : MemoryTests(new ReferenceDevice())
{
    [Fact]
    public void The_host_cannot_look_into_it()
    {
        Tape tape = NewTape();
        Tensor x = tape.Constant(new Shape(2), [1, 2]);
        Assert.Contains("which the host cannot read",
            Assert.Throws<InvalidOperationException>(() => x.Span.Length).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Operands_on_two_devices_are_one_clear_error()
    {
        Tape tape = NewTape();
        using var host = new Arena();
        const string expected = "lies on the device 'cpu', and the tape computes on 'reference'; copy it over first";
        Assert.EndsWith(expected,
            Assert.Throws<ArgumentException>(() => tape.Constant(host.Zeros(new Shape(2)))).Message);
        Assert.Contains("lie on the device 'cpu'", Assert.Throws<ArgumentException>(() =>
            tape.Constant(new Shape(1, 2), [1, 2]).Gather(host.CopyIndices([1]))).Message, StringComparison.Ordinal);
        Assert.EndsWith(expected, Assert.Throws<ArgumentException>(() =>
        {
            using var parameters = new ParameterSet();
            return tape.Watch(parameters.Add("x", new Shape(1)));
        }).Message);
    }
}
