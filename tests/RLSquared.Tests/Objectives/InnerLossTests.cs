using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Objectives;

public sealed class InnerLossTests
{
    // Two steps of one episode, ratios e^0.1 and e^0.2, advantages 3 and 5, weights a half each.
    [Theory]
    [InlineData(InnerLossKind.Published, -0.5 * (3 * -0.9 + 5 * -0.8))]
    [InlineData(InnerLossKind.LikelihoodRatio, -0.5 * (3 * 1.1051709 + 5 * 1.2214028))]
    [InlineData(InnerLossKind.Dice, -0.5 * (3 * (1.1051709 - 1) + 5 * (1.3498588 - 1.1051709)))]
    public void The_losses_are_what_their_formulas_say(InnerLossKind kind, double expected)
    {
        Assert.Equal(expected, Loss(kind, continues: [0, 1]), 1e-5);
    }

    [Fact]
    public void DiCE_begins_anew_with_each_episode() => Assert.Equal(
        -0.5 * (3 * (1.1051709 - 1) + 5 * (1.2214028 - 1)), Loss(InnerLossKind.Dice, continues: [0, 0]), 1e-5);

    [Fact]
    public void A_step_goes_on_with_its_episode_unless_the_step_before_it_was_the_last()
    {
        var plays = new Plays(new TaskSpaces
        {
            Task = "pretend",
            Observation = ObservationSpace.Nothing,
            Action = 2,
            TrialLength = 3,
        }, K: 2, width: 1)
        {
            T = 3,
        };
        ((float[])[0, 1, 1, 0, 1, 1]).CopyTo(plays.Ends, 0);
        using var arena = new Arena();
        Assert.Equal([0, 0, 1, 0, 0, 1], InnerLoss.Continues(plays, new Tape(arena)).ToArray());
    }

    static double Loss(InnerLossKind kind, float[] continues)
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor Column(params float[] numbers) => tape.Constant(new Shape(2, 1), numbers);
        return InnerLoss.Of(kind, Column(-0.9f, -0.8f), Column(-1, -1), Column(3, 5), Column(0.5f, 0.5f),
            tape.Constant(new Shape(2, 1), continues)).Read();
    }
}
