using RLSquared.Objectives;
using RLSquared.Tensors;
using RLSquared.Tensors.Statistics;

namespace RLSquared.Tests.Objectives;

public sealed class ValueFitTests : IDisposable
{
    readonly Arena arena = new();
    readonly Tape tape;

    public ValueFitTests() => tape = new Tape(arena);

    public void Dispose() => arena.Dispose();

    // The batch 2, 6 has mean 4 and deviation 2: a return of 7 should be an output of 1.5.
    [Fact]
    public void A_target_is_a_return_in_units_of_the_running_deviation()
    {
        using var moments = new ExponentialMoments();
        moments.Add([2, 6]);
        Assert.Equal([1.5f, 0, -2], ValueFit.Target(Column(7, 4, 0), moments).ToArray());
    }

    // 0.5 · (1 − 3)² + 0.25 · (2 − 1)² + 0 · … = 2.25, and the slopes are 2 w (v − target): −2, 0.5 and 0.
    [Fact]
    public void The_loss_is_the_weighted_squared_error_and_padding_has_no_part_in_it()
    {
        using var parameters = new ParameterSet();
        Parameter values = parameters.Add("values", new Shape(3, 1));
        values.Value.CopyFrom([1, 2, 5]);
        Tensor loss = ValueFit.Loss(tape.Watch(values), Column(3, 1, 9), Column(0.5f, 0.25f, 0));
        Assert.Equal(2.25f, loss.Item, 1e-6f);
        tape.Backward(loss);
        Assert.True(tape.TryGradientOf(values, out Tensor gradient));
        Assert.Equal([-2, 0.5f, 0], gradient.ToArray());
    }

    Tensor Column(params float[] numbers) => tape.Constant(new Shape(numbers.Length, 1), numbers);
}
