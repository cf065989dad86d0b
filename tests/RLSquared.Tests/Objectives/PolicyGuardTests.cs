using RLSquared.Objectives;
using RLSquared.Tensors;

namespace RLSquared.Tests.Objectives;

/// <summary>A guard over one weight, 0 when the iteration starts, and a value's, which it leaves alone.</summary>
public sealed class PolicyGuardTests : IDisposable
{
    readonly ParameterSet parameters = new();
    readonly Parameter policy, value;
    readonly PolicyGuard guard;

    public PolicyGuardTests()
    {
        policy = parameters.Add("policy.weight", new Shape(1));
        value = parameters.Add("value.weight", new Shape(1));
        policy.Value.CopyFrom([0]);
        value.Value.CopyFrom([0]);
        guard = new PolicyGuard(parameters, limit: 0.01f);
        guard.Remember();
    }

    public void Dispose()
    {
        guard.Dispose();
        parameters.Dispose();
    }

    // Of 1 (within, surrogate 5), 2 (within, 7), 3 (beyond the limit, 9) and 4 (within, 7 again) the second is best.
    [Fact]
    public void The_best_epoch_within_the_limit_is_kept()
    {
        foreach ((float weight, double kl, double surrogate) in
            ((float, double, double)[])[(1, 0.001, 5), (2, 0.01 - 1e-6, 7), (3, 0.02, 9), (4, 0.005, 7)])
        {
            Set(weight);
            guard.Consider((kl, surrogate));
        }
        guard.Settle(() => throw new InvalidOperationException("there is nothing to measure"));
        Assert.Equal((2, 4), (Weight(policy), Weight(value)));
    }

    // From 8 the step is halved to 4, to 2 and to 1, where the divergence w² / 100 is within 0.01.
    [Fact]
    public void Where_no_epoch_is_within_the_limit_the_step_is_halved_until_it_is()
    {
        Set(8);
        guard.Consider((0.64, 3));
        var measured = new List<float>();
        guard.Settle(() =>
        {
            measured.Add(Weight(policy));
            return (Weight(policy) * Weight(policy) / 100.0 - 1e-9, 0);
        });
        Assert.Equal([4, 2, 1], measured);
        Assert.Equal((1, 8), (Weight(policy), Weight(value)));
    }

    [Fact]
    public void Where_ten_halvings_are_not_enough_the_policy_is_what_it_was()
    {
        Set(8);
        guard.Consider((1, 3));
        int measured = 0;
        guard.Settle(() => (1, measured++));
        Assert.Equal(10, measured);
        Assert.Equal((0, 8), (Weight(policy), Weight(value)));
    }

    [Fact]
    public void An_iteration_does_not_remember_the_best_of_the_one_before()
    {
        Set(2);
        guard.Consider((0.001, 100));
        guard.Settle(() => (0, 0));
        guard.Remember();
        Set(3);
        guard.Consider((0.001, 1));
        guard.Settle(() => (0, 0));
        Assert.Equal(3, Weight(policy));
    }

    void Set(float weight)
    {
        policy.Value.CopyFrom([weight]);
        value.Value.CopyFrom([weight]);
    }

    static float Weight(Parameter parameter) => parameter.Value.ToArray()[0];
}
