using RLSquared.Objectives;
using RLSquared.Tensors;

namespace RLSquared.Tests.Objectives;

public sealed class GoalObjectivesTests
{
    [Fact]
    public void The_cross_entropy_is_that_of_probabilities_and_its_slope_their_difference()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        float[] x = [-3, 0, 0.5f, 4], y = [0.1f, 0.7f, 1, 0];
        Tensor logits = tape.Variable(arena.Copy(new Shape(4, 1), x));
        Tensor loss = GoalObjectives.CrossEntropy(logits, tape.Constant(new Shape(4, 1), y));
        tape.Backward(loss.Sum());
        for (int i = 0; i < x.Length; i++)
        {
            double p = 1 / (1 + Math.Exp(-x[i]));
            Assert.Equal(-y[i] * Math.Log(p) - (1 - y[i]) * Math.Log(1 - p), loss.ToArray()[i], 1e-6);
            Assert.Equal(p - y[i], tape.GradientOf(logits).ToArray()[i], 1e-6);
        }
    }

    [Fact]
    public void Targets_above_a_prediction_and_equal_to_it_weigh_kappa_and_those_below_the_rest()
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor predictions = tape.Variable(arena.Copy(new Shape(3, 1), [0.5f, 0.5f, 0.5f]));
        Tensor targets = tape.Constant(new Shape(3, 1), [0.6f, 0.5f, 0.4f]);
        Tensor weight = GoalObjectives.ExpectileWeight(predictions, targets, 0.7f);
        Assert.Equal([0.7f, 0.7f, 0.3f], weight.ToArray().Select(w => MathF.Round(w, 5)));
        Assert.False(weight.IsDifferentiable);
    }

    // Of targets 0 and 1, equally often, the expectile κ is κ itself: κ (1 − m) = (1 − κ) m.
    [Theory, InlineData(0.5f), InlineData(0.7f), InlineData(0.9f)]
    public void The_expectile_loss_is_least_at_the_expectile(float kappa)
    {
        using var arena = new Arena();
        var tape = new Tape(arena);
        Tensor m = tape.Variable(arena.Copy(new Shape(2, 1), [kappa, kappa]));
        tape.Backward(GoalObjectives.ExpectileLoss(m, tape.Constant(new Shape(2, 1), [0, 1]), kappa).Sum());
        float[] slopes = tape.GradientOf(m).ToArray();
        Assert.Equal(0, slopes[0] + slopes[1], 1e-6);
        Assert.True(slopes[0] > 0 && slopes[1] < 0);
    }
}
