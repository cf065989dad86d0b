using RLSquared.Language.Pipelines;
using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Tests.Pipelines;

public sealed class OffPolicyTests
{
    [Fact]
    public void The_sample_size_is_that_of_raw_weights()
    {
        // w = 4, 1, 1, 1: 49/(4 · 19). The fifth token is not the policy's.
        float[] behaviour = [-2, -1, -1, -1, -1], now = [-2 + MathF.Log(4), -1, -1, -1, 5];
        var all = OffPolicy.Of(now, behaviour, [1, 1, 1, 1, 0]);
        Assert.Equal(49 / 76.0, all.EffectiveSampleSize, 1e-6);
        // k3 of KL(μ ‖ π): (4 − 1 − log 4)/4.
        Assert.Equal((4 - 1 - Math.Log(4)) / 4, all.Divergence, 1e-6);
        Assert.Equal(1, default(OffPolicy).EffectiveSampleSize);
        Assert.Equal(all, OffPolicy.Of(now.AsSpan(0, 2), behaviour.AsSpan(0, 2), [1, 1])
            + OffPolicy.Of(now.AsSpan(2), behaviour.AsSpan(2), [1, 1, 0]));
    }

    [Fact]
    public void Lag_is_counted_over_the_tokens_of_the_policy_in_versions_and_in_samples()
    {
        Completion[] batch =
        [
            new() { Versions = [3, 4, 0, 5], Mask = [1, 1, 0, 1] },
            new() { Versions = [5], Mask = [1] },
        ];
        Assert.Equal(
        [
            ("lag/versions_min", 0), ("lag/versions_mean", 0.75), ("lag/versions_max", 2),
            ("lag/samples_min", 0), ("lag/samples_mean", 24), ("lag/samples_max", 64),
        ], LagFigures.Of(batch, 5, 32));
        Assert.Empty(LagFigures.Of([new Completion()], 5, 32));
    }
}
