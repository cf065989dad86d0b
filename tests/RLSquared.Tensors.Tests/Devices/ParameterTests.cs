using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Tests.Devices;

public abstract class ParameterTests(Device device) : DeviceTests(device)
{
    static readonly RandomKey random = new(1, RandomKey.Weights, 0);

    // One gradient step on a parabola, differentiated through: L(w) = w², w' = w − a·2w, L(w') = (1 − 2a)² w²,
    // dL/dw = 2 (1 − 2a)² w = 2 · 0.64 · 3 with a = 0.1 and w = 3.
    [Fact]
    public void Gradients_flow_through_weights_that_a_gradient_has_moved()
    {
        using var parameters = new ParameterSet(Device);
        Parameter w = parameters.Add("w", new Shape(1));
        w.SetAll(3);
        Tape tape = NewTape();
        Tensor leaf = tape.Watch(w);
        tape.Backward(leaf.Square(), differentiable: true);
        tape.Bind(w, leaf - tape.GradientOf(leaf) * 0.1f);
        Assert.Equal(2.4f, tape.Watch(w).Read(), 1e-6f);
        tape.Backward(tape.Watch(w).Square());
        Assert.True(tape.TryGradientOf(w, out Tensor gradient));
        Assert.Equal(2 * 0.64f * 3, gradient.Read(), 1e-5f);
        tape.Reset();
        Assert.Equal(3, tape.Watch(w).Read());
    }

    [Fact]
    public void A_layer_computes_with_what_its_parameters_are_bound_to()
    {
        using var parameters = new ParameterSet(Device);
        var layer = new Linear(parameters, "head", 2, 1, random);
        Tape tape = NewTape();
        tape.Bind(layer.Weight, tape.Constant(new Shape(2, 1), [10, 100]));
        Assert.Equal(210, layer.Forward(tape.Constant(new Shape(1, 2), [1, 2])).Read());
        Assert.Equal("a tensor [2] cannot stand for the parameter head.weight [2, 1]",
            Assert.Throws<ArgumentException>(() => tape.Bind(layer.Weight, tape.Constant(new Shape(2), [1,
                2]))).Message);
    }

    [Fact]
    public void Frozen_weights_have_no_gradient_and_do_not_count_in_its_norm()
    {
        using var parameters = new ParameterSet(Device);
        Parameter frozen = parameters.Add("base.w", new Shape(2)), free = parameters.Add("adapter.w", new Shape(2));
        parameters.Group("base").Frozen = true;
        free.Gradient.CopyFrom([3, 4]);
        Assert.Equal((false, true), (frozen.Learns, free.Learns));
        Assert.Equal(5, parameters.GradientNorm().Read());
        Assert.Single(parameters.Gradients.ToArray());

        parameters.Group("base").Frozen = false;
        frozen.Gradient.CopyFrom([12, 0]);
        Assert.Equal(13, parameters.GradientNorm().Read());
        parameters.Group("base").Frozen = true;
        parameters.SumGradients([]);
        Assert.Equal([0, 0], frozen.Gradient.ToArray());     // what was left does not stay
    }

    [Fact]
    public void A_snapshot_stays_while_the_weights_go_on()
    {
        using var parameters = new ParameterSet(Device);
        Parameter w = parameters.Add("w", new Shape(2));
        w.Value.CopyFrom([1, 2]);
        using var adam = new Adam(parameters);
        WeightSnapshot first = parameters.Snapshot(), same = parameters.Snapshot();
        Assert.Same(first, same);
        w.Gradient.CopyFrom([1, 1]);
        adam.Step(0.5f);
        using WeightSnapshot second = parameters.Snapshot();
        Assert.NotSame(first, second);
        Assert.True(second.Version > first.Version);
        Assert.Equal([1, 2], first[w].ToArray());
        AssertClose([0.5f, 1.5f], second[w].ToArray());
        Assert.Throws<InvalidOperationException>(() => first[w].CopyFrom([0, 0]));
        first.Dispose();
        Assert.Equal([1, 2], same[w].ToArray());             // one holder is left
        same.Dispose();
        w.Value.CopyFrom([7, 8]);
        using WeightSnapshot third = parameters.Snapshot();
        Assert.Equal([7, 8], third[w].ToArray());
        AssertClose([0.5f, 1.5f], second[w].ToArray());
    }

    [Fact]
    public void A_group_that_stays_keeps_its_version_and_every_change_is_seen_in_memory_that_is_used_again()
    {
        using var parameters = new ParameterSet(Device);
        Parameter frozen = parameters.Add("base.w", new Shape(2)), free = parameters.Add("adapter.w", new Shape(2));
        frozen.Value.CopyFrom([1, 2]);
        long version = frozen.Group.Version;
        for (int i = 0; i < 8; i++)
        {
            free.SetAll(i);
            if (i == 4)
                frozen.SetAll(7);
            using WeightSnapshot taken = parameters.Snapshot();
            Assert.Equal(i < 4 ? [1, 2] : [7, 7], taken[frozen].ToArray());
            Assert.Equal([i, i], taken[free].ToArray());
            Assert.Equal(i < 4 ? version : version + 1, taken.VersionOf(frozen));
            Assert.Equal(parameters.Version, taken.Version);
        }
        parameters.NoteChange();
        Assert.Equal(version + 2, frozen.Group.Version);
        using var other = new ParameterSet(Device);
        other.Add("base.w", new Shape(2)).SetAll(3);
        other.Add("adapter.w", new Shape(2));
        parameters.CopyFrom(other);
        using WeightSnapshot copied = parameters.Snapshot();
        Assert.Equal([3, 3], copied[frozen].ToArray());
        Assert.Equal([0, 0], copied[free].ToArray());
    }

    [Fact]
    public void A_tape_with_a_snapshot_shows_its_weights_over_many_steps()
    {
        using var parameters = new ParameterSet(Device);
        var layer = new Linear(parameters, "head", 2, 2, random);
        Tape tape = NewTape();
        tape.Recording = false;
        using WeightSnapshot weights = parameters.Snapshot();
        tape.Weights = weights;
        float[] Forward()
        {
            tape.Reset();
            return layer.Forward(tape.Constant(new Shape(1, 2), [1, 2])).ToArray();
        }
        float[] before = Forward();
        foreach (Parameter parameter in parameters.All)
            parameter.SetAll(5);
        Assert.Equal(before, Forward());
        tape.Weights = null;
        Assert.Equal([20, 20], Forward());
    }

    // As a player does it: the weights of all layers as they were when it began.
    [Fact]
    public void Steps_of_a_prepared_gru_do_not_see_weights_that_change_meanwhile()
    {
        using var parameters = new ParameterSet(Device);
        var layer = new Gru(parameters, "gru", 4, 6, random);
        Tape weightTape = NewTape(), tape = NewTape();
        (weightTape.Recording, tape.Recording) = (false, false);
        using WeightSnapshot weights = parameters.Snapshot();
        weightTape.Weights = weights;
        PackedGru packed = layer.Prepare(weightTape, 1, 1);
        float[] Step()
        {
            tape.Reset();
            var input = new SequenceInput(
                1, 2, tape.Constant(new Shape(1, 2, 1), [0.5f, -1]), tape.Arena.CopyIndices([0, 2]), 1);
            return Gru.Step(tape, packed, in input, tape.Constant(new Shape(2, 6), new float[12].Select(_ =>
                0.3f).ToArray()))
                .ToArray();
        }
        float[] before = Step();
        foreach (Parameter parameter in parameters.All)
            parameter.SetAll(0.7f);
        Assert.Equal(before, Step());
        Assert.Contains(before, value => value != 0);
    }

    [Fact]
    public void Groups_go_by_the_first_name_and_what_is_frozen_stays()
    {
        using var parameters = new ParameterSet(Device);
        var policy = new Linear(parameters, "policy.head", 2, 1, random);
        var value = new Linear(parameters, "value.head", 2, 1, random);
        Assert.Equal(["policy", "value"], parameters.Groups.Select(group => group.Name));
        Assert.Equal(3, parameters.Group("value").Count);
        Assert.Equal("there is no group of parameters 'target'; there are policy, value",
            Assert.Throws<ArgumentException>(() => parameters.Group("target")).Message);
        parameters.Group("value").Frozen = true;
        using var adam = new Adam(parameters);
        Tape tape = NewTape();
        float[] before = value.Weight.Value.ToArray(), moved = policy.Weight.Value.ToArray();
        Tensor x = tape.Constant(new Shape(1, 2), [1, 2]);
        tape.Backward((policy.Forward(x) + value.Forward(x)).Sum());
        Assert.False(tape.TryGradientOf(value.Weight, out _));
        parameters.SumGradients([tape]);
        adam.Step(0.1f);
        Assert.Equal(before, value.Weight.Value.ToArray());
        Assert.NotEqual(moved, policy.Weight.Value.ToArray());
        using var ofValue = new Adam(parameters.Group("value"));
        Assert.Equal(["adam.value.head.weight.first", "adam.value.head.weight.second", "adam.value.head.bias.first",
            "adam.value.head.bias.second"], ofValue.State.Select(entry => entry.Name));
    }

    [Fact]
    public void A_parameter_moves_a_share_of_the_way_towards_a_tensor()
    {
        using var parameters = new ParameterSet(Device);
        Parameter w = parameters.Add("w", new Shape(5000));
        w.SetAll(2);
        Tape tape = NewTape();
        w.MoveTowards(tape.Constant(new Shape(5000), [.. Enumerable.Range(0, 5000).Select(i => (float)i)]), 0.75f);
        float[] found = w.Value.ToArray();
        for (int i = 0; i < found.Length; i++)
            Assert.Equal(0.75f * (2f - i) + i, found[i]);
    }

    [Fact]
    public void Gradients_are_limited_by_their_norm_and_by_each_number_unless_they_are_not_finite()
    {
        using var parameters = new ParameterSet(Device);
        Parameter a = parameters.Add("a", new Shape(2)), b = parameters.Add("b", new Shape(1));
        a.Gradient.CopyFrom([3, 0]);
        b.Gradient.CopyFrom([-4]);
        Assert.Equal(5, GradientClipping.ByNorm(parameters, 10), 1e-5f);
        Assert.Equal([3, 0], a.Gradient.ToArray());
        Assert.Equal(5, GradientClipping.ByNorm(parameters, 2.5f), 1e-5f);
        AssertClose([1.5f, 0], a.Gradient.ToArray());
        AssertClose([-2], b.Gradient.ToArray());
        Assert.Equal(2.5f, GradientClipping.ByElement(parameters, 1), 1e-5f);
        AssertClose([1, 0], a.Gradient.ToArray());
        AssertClose([-1], b.Gradient.ToArray());
        a.Gradient.CopyFrom([float.PositiveInfinity, 7]);
        Assert.False(float.IsFinite(GradientClipping.ByElement(parameters, 1)));
        Assert.Equal([float.PositiveInfinity, 7], a.Gradient.ToArray());
        Assert.True(parameters.AreFinite());
        b.Value.CopyFrom([float.NaN]);
        Assert.False(parameters.AreFinite());
    }

    // Sums of gradients over several tapes, and one number is read per step, however many parameters there are.
    [Fact]
    public void A_training_step_waits_for_the_device_once()
    {
        if (Device is not ReferenceDevice device)
            return;
        using var parameters = new ParameterSet(Device);
        var layer = new Mlp(parameters, "mlp", 3, 2, random);
        using var adam = new Adam(parameters);
        Tape tape = NewTape();
        int before = device.Downloads;
        tape.Backward(layer.Forward(tape.Constant(new Shape(1, 3), [1, 2, 3])).Square().Sum());
        parameters.SumGradients([tape]);
        GradientClipping.ByNorm(parameters, 1);
        adam.Step(0.1f);
        Assert.Equal(1, device.Downloads - before);
    }

    [Fact]
    public void The_same_training_steps_give_the_same_weights_on_every_device()
    {
        float[][] found = Trained(Device), expected = Trained(Device.Cpu);
        for (int i = 0; i < found.Length; i++)
            AssertClose(expected[i], found[i], 2e-3f);
        Assert.Equal(found, Trained(Device));                // and bit for bit when it is done again
    }

    // A recurrent policy and its value by policy gradients on fixed data: a GRU, heads, clipped gradients, Adam.
    static float[][] Trained(Device device)
    {
        const int T = 5, B = 4, A = 3, H = 9;
        using var parameters = new ParameterSet(device);
        var layer = new Gru(parameters, "policy.gru", A + 2, H, random);
        var norm = new LayerNorm(parameters, "policy.norm", H);
        Linear policy = new(parameters, "policy.head", H, A, random), value = new(parameters, "value.head", H, 1,
            random);
        using var adam = new Adam(parameters, new AdamOptions { WeightDecay = 0.01f });
        using var memory = new Arena(device);
        var tape = new Tape(memory);
        int[] ones = [.. Enumerable.Range(0, T * B).Select(i => i * 5 % A)];
        float[] numbers = GradientCheck.Spread(new Shape(T, B, 2), 1).Values;
        float[] returns = GradientCheck.Spread(new Shape(T * B, 1), 2).Values;
        for (int step = 0; step < 5; step++)
        {
            tape.Reset();
            Indices actions = memory.CopyIndices(ones);
            var input = new SequenceInput(T, B, tape.Constant(new Shape(T, B, 2), numbers), actions, 1);
            Tensor hidden = norm.Forward(layer.Forward(tape, input)), wanted = tape.Constant(new Shape(T * B, 1),
                returns);
            Tensor error = value.Forward(hidden).Reshape(wanted.Shape) - wanted;
            Tensor logProbability = policy.Forward(hidden).SelectedLogProbability(actions);
            tape.Backward((logProbability * error.Detach()).Mean() + error.Square().Mean() * 0.5f);
            parameters.SumGradients([tape]);
            GradientClipping.ByNorm(parameters, 0.5f);
            adam.Step(0.01f);
        }
        return [.. parameters.All.Select(parameter => parameter.Value.ToArray())];
    }

    static void AssertClose(float[] expected, float[] actual, float tolerance = 1e-5f)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], tolerance);
    }
}

public sealed class ParameterTestsOnCpu() : ParameterTests(Device.Cpu);

public sealed class ParameterTestsOnReference() : ParameterTests(new ReferenceDevice());
