using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Optimisers;
using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Tests;

public sealed class TapeTests
{
    [Fact]
    public void A_tensor_used_often_gets_the_sum_of_all_its_gradients()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor x = tape.Variable(arena.Copy(new Shape(2), [3, 5]));
        tape.Backward((x + x + x + x + x * x).Sum());           // d = 4 + 2x
        Assert.Equal([10, 14], tape.GradientOf(x).Span.ToArray());
    }

    // z = a + b shares its gradient between a and b; a third use of a must not reach b through the shared memory.
    [Fact]
    public void Inputs_that_share_a_gradient_do_not_see_each_others_sums()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor a = tape.Variable(arena.Copy(new Shape(1), [1])), b = tape.Variable(arena.Copy(new Shape(1), [1]));
        tape.Backward(a * 10 + a * 100 + a * 1000 + (a + b));
        Assert.Equal((1111, 1), (tape.GradientOf(a).Item, tape.GradientOf(b).Item));
    }

    // y = Σ x³: y' = 3x², y'' = 6x, y''' = 6.
    [Fact]
    public void Gradients_differentiate_to_any_order()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor x = tape.Variable(arena.Copy(new Shape(2), [2, -1]));
        tape.Backward((x * x * x).Sum(), differentiable: true);
        Tensor first = tape.GradientOf(x);
        Assert.Equal([12, 3], first.Span.ToArray());
        tape.Backward(first.Sum(), differentiable: true);
        Tensor second = tape.GradientOf(x);
        Assert.Equal([12, -6], second.Span.ToArray());
        tape.Backward(second.Sum());
        Assert.Equal([6, 6], tape.GradientOf(x).Span.ToArray());
    }

    // Recording the rules of 200 operations makes the tape's arrays grow in the midst of an accumulation.
    [Fact]
    public void A_tape_may_grow_while_gradients_are_recorded()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor x = tape.Variable(arena.Copy(new Shape(1), [1]));
        Tensor sum = x * 1;
        for (int i = 2; i <= 200; i++)
            sum += x * i;
        tape.Backward(sum * sum, differentiable: true);          // (20100 x)²
        Tensor slope = tape.GradientOf(x);
        Assert.Equal(2f * 20100 * 20100, slope.Item, 8000f);
        tape.Backward(slope);
        Assert.Equal(2f * 20100 * 20100, tape.GradientOf(x).Item, 8000f);
    }

    [Fact]
    public void Nothing_is_recorded_when_recording_is_off()
    {
        using var arena = new Arena();
        using var parameters = new ParameterSet();
        var tape = new Tape(arena) { Recording = false };
        Tensor w = tape.Watch(parameters.Add("w", new Shape(1)));
        Assert.False(w.IsDifferentiable || w.Exp().IsDifferentiable);
        Assert.Equal(1, w.Exp().Item);
    }

    [Fact]
    public void Detached_tensors_are_constants()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor x = tape.Variable(arena.Copy(new Shape(1), [3]));
        tape.Backward(x * x.Detach());
        Assert.Equal(3, tape.GradientOf(x).Item);
    }

    [Fact]
    public void A_parameter_is_one_leaf_per_step()
    {
        using var arena = new Arena();
        using var parameters = new ParameterSet();
        Parameter w = parameters.Add("w", new Shape(1)), unused = parameters.Add("unused", new Shape(2));
        w.Value.Span[0] = 3;
        var tape = new Tape(arena);
        tape.Backward(tape.Watch(w) * tape.Watch(w));
        Assert.True(tape.TryGradientOf(w, out Tensor gradient));
        Assert.Equal(6, gradient.Item);
        Assert.False(tape.TryGradientOf(unused, out _));
        unused.Gradient.Span.Fill(9);
        parameters.SumGradients([tape, tape]);
        Assert.Equal(12, w.Gradient.Item);
        Assert.Equal([0, 0], unused.Gradient.Span.ToArray());
    }

    [Fact]
    public void Errors_of_the_tape_say_what_was_wrong()
    {
        using var arena = new Arena();
        Tape tape = new(arena), other = new(arena);
        Tensor x = tape.Variable(arena.Zeros(new Shape(2))), y = tape.Variable(arena.Zeros(new Shape(2)));
        Tensor storage = arena.Zeros(new Shape(2)), foreign = other.Variable(arena.Zeros(new Shape(2)));

        Assert.Equal("a loss is one number, but this one has shape [2]; take its mean or sum",
            Assert.Throws<ArgumentException>(() => tape.Backward(x)).Message);
        const string unknown = "this tape has not recorded how the loss was made: nothing to differentiate";
        Assert.Equal(unknown, Assert.Throws<ArgumentException>(() => tape.Backward(tape.Constant(storage))).Message);
        Assert.Equal(unknown, Assert.Throws<ArgumentException>(() => tape.Backward(foreign.Sum())).Message);
        tape.Backward(x.Sum());
        Assert.Equal("the last loss did not depend on this tensor, so it has no gradient",
            Assert.Throws<InvalidOperationException>(() => tape.GradientOf(y)).Message);
        Assert.Equal("operations need a tape: wrap the tensor in tape.Constant(…) first",
            Assert.Throws<InvalidOperationException>(() => storage.Exp()).Message);
        Assert.Equal("the two tensors belong to different tapes",
            Assert.Throws<InvalidOperationException>(() => x + foreign).Message);
    }

    [Fact]
    public void A_parameter_name_is_given_once()
    {
        using var parameters = new ParameterSet();
        parameters.Add("w", new Shape(1));
        Assert.Equal("there is a parameter 'w' already; give each layer a name of its own",
            Assert.Throws<ArgumentException>(() => parameters.Add("w", new Shape(2))).Message);
    }

    [Fact]
    public void Training_steps_allocate_nothing_on_the_managed_heap_once_warm()
    {
        using var arena = new Arena();
        using var parameters = new ParameterSet();
        var random = new RandomKey(1, RandomKey.Weights, 0);
        var embedding = new Embedding(parameters, "embedding", 3, 4, random);
        var norm = new LayerNorm(parameters, "norm", 8);
        var mlp = new Mlp(parameters, "mlp", 8, 5, random, new MlpOptions { Hidden = [16, 16], WeightNorm = true });
        using var adam = new Adam(parameters);
        var tape = new Tape(arena);
        Tape[] tapes = [tape];

        void Step()
        {
            tape.Reset();
            Indices symbols = arena.AllocateIndices(6), actions = arena.AllocateIndices(6);
            for (int i = 0; i < 6; i++)
                (symbols.Span[i], actions.Span[i]) = (i % 3, i % 5);
            Tensor zeros = tape.Constant(arena.Zeros(new Shape(6, 4)));
            Tensor input = Tensor.Concatenate(embedding.Forward(tape, symbols), zeros);
            Tensor output = mlp.Forward(norm.Forward(input));
            Tensor logProb = output.LogSoftmax();
            Tensor ratio = logProb.Gather(actions).Exp();
            Tensor loss = Tensor.Min(ratio * 2, ratio.Clamp(0.1f, 0.3f)).Mean()
                - output.Softmax().SliceColumns(1, 2).Square().Sum() + output.MaxOfColumns().SliceRows(1, 3).Mean();
            tape.Backward(loss);
            parameters.SumGradients(tapes);
            GradientClipping.ByNorm(parameters, 0.01f);
            adam.Step(1e-3f);
        }

        for (int i = 0; i < 50; i++)
            Step();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
            Step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
