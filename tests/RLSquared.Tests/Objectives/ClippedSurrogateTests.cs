using RLSquared.Objectives;
using RLSquared.Tensors;

namespace RLSquared.Tests.Objectives;

public sealed class ClippedSurrogateTests : IDisposable
{
    readonly Arena arena = new();
    readonly Tape tape;

    public ClippedSurrogateTests() => tape = new Tape(arena);

    public void Dispose() => arena.Dispose();

    // ε = 0.2, one step of weight 1. Where the policy has gone too far in the direction of the advantage, the loss is
    // that of the limit and has no gradient; everywhere else it is −ρ Â with the gradient −Â.
    [Theory]
    [InlineData(1.5f, 2, -2.4f, 0)]                     // likelier than 1.2, and good: 1.2 · 2
    [InlineData(1.5f, -2, 3, 2)]                        // likelier, though bad: no limit on the way back
    [InlineData(0.5f, 2, -1, -2)]                       // rarer, though good: no limit on the way back
    [InlineData(0.5f, -2, 1.6f, 0)]                     // rarer than 0.8, and bad: 0.8 · 2
    [InlineData(1.1f, 2, -2.2f, -2)]                    // within the limits
    [InlineData(0.9f, -2, 1.8f, 2)]
    public void An_action_is_held_back_on_the_far_side_of_its_advantage_alone(
        float ratio, float advantage, float loss, float slope)
    {
        using var parameters = new ParameterSet();
        Parameter rho = parameters.Add("rho", new Shape(1, 1));
        rho.Value.CopyFrom([ratio]);
        Tensor result = ClippedSurrogate.Loss(
            tape.Watch(rho), Column(advantage), Column(1), clip: 0.2f);
        Assert.Equal(loss, result.Item, 1e-6f);
        tape.Backward(result);
        Assert.Equal(slope, tape.TryGradientOf(rho, out Tensor gradient) ? gradient.ToArray()[0] : 0, 1e-6f);
    }

    // −(0.5 · 1.2 · 2 + 0.3 · 0.8 · (−1) + 0 · …) = −(1.2 − 0.24) = −0.96; the last step is padding.
    [Fact]
    public void The_loss_is_the_negative_weighted_sum_and_padding_has_no_part_in_it() => Assert.Equal(
        -0.96f, ClippedSurrogate.Loss(Column(1.5f, 0.7f, 9), Column(2, -1, 9), Column(0.5f, 0.3f, 0), 0.2f).Item,
            1e-6f);

    // ρ − 1 − ln ρ: 2 − 1 − ln 2 = 0.306853; ½ − 1 + ln 2 = 0.193147; 0 at ρ = 1. Weighted by ¼, ½ and ¼: 0.173287.
    [Fact]
    public void The_divergence_is_estimated_by_the_ratio_less_one_less_its_logarithm()
    {
        float[] ratio = [2, 0.5f, 1], logRatio = [.. ratio.Select(one => MathF.Log(one))];
        Assert.Equal(0.173287, ClippedSurrogate.Kl(ratio, logRatio, [0.25f, 0.5f, 0.25f]), 1e-6);
        Assert.Equal(0.306853, ClippedSurrogate.Kl(ratio, logRatio, [1, 0, 0]), 1e-6);
    }

    [Fact]
    public void The_clipped_share_counts_both_sides_and_not_the_limit_itself() => Assert.Equal(
        0.1 + 0.2, ClippedSurrogate.ClippedShare([1.75f, 0.25f, 1.5f, 0.5f, 1], [0.1f, 0.2f, 0.3f, 0.4f, 1], 0.5f),
            1e-6);

    Tensor Column(params float[] numbers) => tape.Constant(new Shape(numbers.Length, 1), numbers);
}
