using RLSquared.Objectives;
using RLSquared.Tensors;

namespace RLSquared.Tests.Objectives;

public sealed class ClippedValueTests
{
    // Targets are 1. From 0, a value of 0.3 is (0.3 − 1)² = 0.49 off; clipped to 0.1 it counts as (0.1 − 1)² = 0.81.
    // A value of 2 is 1 off; clipped to 0.1 it still counts 1, the larger. From 0.95, 1.02 is within reach: 0.0004.
    [Theory]
    [InlineData(0.3f, 0, 0.1f, 0.81f)]
    [InlineData(2, 0, 0.1f, 1)]
    [InlineData(1.02f, 0.95f, 0.1f, 0.0004f)]
    [InlineData(0.3f, 0, 0, 0.49f)]
    public void A_value_that_went_too_far_towards_its_target_counts_as_one_that_did_not(
        float value, float old, float clip, float loss)
    {
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = true };
        Tensor Of(float number) => tape.Constant(new Shape(1, 1), [number]);
        Assert.Equal(loss, ClippedValue.Loss(Of(value), Of(old), Of(1), Of(1), clip).Read(), 1e-5f);
    }

    [Fact]
    public void Steps_count_by_their_weights()
    {
        using var arena = new Arena();
        var tape = new Tape(arena) { Recording = true };
        Tensor Of(params ReadOnlySpan<float> numbers) => tape.Constant(new Shape(3, 1), numbers);
        // 0.5 · 1² + 0.25 · 2² + 0 · 9² = 1.5
        Assert.Equal(1.5f, ClippedValue.Loss(Of(1, 2, 9), Of(0, 0, 0), Of(0, 0, 0), Of(0.5f, 0.25f, 0), 0).Read());
    }
}
