using RLSquared.Language.Objectives;

namespace RLSquared.Language.Tests.Objectives;

/// <summary>Golden values that others published, and identities that must hold.</summary>
public sealed class ObjectivesTests
{
    static float[] Rloo(float[] rewards, int groupSize)
    {
        float[] advantages = new float[rewards.Length];
        GroupAdvantages.LeaveOneOut(rewards, groupSize, advantages);
        return advantages;
    }

    static void Near(double[] wanted, IEnumerable<float> found, double tolerance = 1e-5)
    {
        float[] all = [.. found];
        Assert.Equal(wanted.Length, all.Length);
        for (int i = 0; i < wanted.Length; i++)
            Assert.Equal(wanted[i], all[i], tolerance);
    }

    [Fact]
    public void Leave_one_out_has_the_advantages_of_the_published_matrix()
    {
        // Completions 1 to 4 of three prompts: (1 2 5 8), (2 3 6 9), (3 4 7 10); the first: 1 − (2 + 5 + 8)/3 = −4.
        double[] each = [-4, -8.0 / 3, 4.0 / 3, 16.0 / 3];
        Near([.. each, .. each, .. each], Rloo([1, 2, 5, 8, 2, 3, 6, 9, 3, 4, 7, 10], 4));
    }

    [Fact]
    public void The_gradient_of_a_ratio_is_that_of_the_log_probability_at_the_first_step()
    {
        // logits (1, 2, 1, 1), action 1, A = 1: d(A·log p)/dlogits = 1[action] − p.
        double[] logits = [1, 2, 1, 1], wanted = [-0.1749, 0.5246, -0.1749, -0.1749];
        double sum = logits.Sum(Math.Exp), logProb = 2 - Math.Log(sum);
        var surrogate = Surrogate.Of(ratio: 1, advantage: 1, logProb, new SurrogateOptions());
        for (int i = 0; i < 4; i++)
            Assert.Equal(wanted[i], -surrogate.Slope * ((i == 1 ? 1 : 0) - Math.Exp(logits[i]) / sum), 1e-4);
    }

    [Fact]
    public void Completions_without_a_score_count_for_nobody()
    {
        Near([0.5, -1, 0, 0.5], Rloo([1, 0, float.NaN, 1], 4));
        Near([0, 0, 0, 0], Rloo([7, float.NaN, float.NaN, float.NaN], 4));
        Near([0, 0, 0, 0], Rloo([3, 3, 3, 3], 4));
        Near([0, 0], Rloo([float.NaN, float.NaN], 2));
    }

    [Fact]
    public void Two_completions_have_opposite_advantages() => Near([-3, 3], Rloo([1, 4], 2));

    [Fact]
    public void Leave_one_out_is_the_centred_reward_times_k_over_k_minus_one()
    {
        float[] rewards = [0.5f, 2, -1, 7, 3], centred = new float[5];
        GroupAdvantages.Centred(rewards, 5, centred);
        Near([.. centred.Select(one => one * 5.0 / 4)], Rloo(rewards, 5));
        Assert.Equal(0, centred.Sum(), 1e-5);
    }

    [Fact]
    public void Standard_deviations_are_the_samples_and_get_a_floor()
    {
        float[] advantages = new float[4];
        GroupAdvantages.Standardised([1, 2, 3, 4], 4, advantages);
        double deviation = Math.Sqrt(5.0 / 3) + 1e-4;
        Near([-1.5 / deviation, -0.5 / deviation, 0.5 / deviation, 1.5 / deviation], advantages);

        float[] batch = [1, float.NaN, 3, 2];
        GroupAdvantages.StandardiseBatch(batch);
        Near([-1 / (1 + 1e-4), 0, 1 / (1 + 1e-4), 0], batch);
    }

    [Fact]
    public void Groups_without_differences_are_counted()
    {
        bool[] teaches = new bool[3];
        Assert.Equal(2, GroupAdvantages.FindVaried([1, 1, 0, 1, float.NaN, 1], 2, teaches));
        Assert.Equal([false, true, false], teaches);
    }

    [Fact]
    public void Groups_of_one_and_lengths_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Rloo([1, 2], 1));
        Assert.Throws<ArgumentException>(() => Rloo([1, 2, 3], 2));
        Assert.Throws<ArgumentException>(() => GroupAdvantages.LeaveOneOut([1, 2], 2, new float[3]));
    }

    [Fact]
    public void The_clip_takes_the_gradient_only_where_the_policy_has_gone_far_the_right_way()
    {
        double ratio = Math.Exp(0.3);                              // 1.34986
        var options = new SurrogateOptions();
        var good = Surrogate.Of(ratio, 1, 0, options);
        Assert.Equal((-1.2, 0.0, false, true), (good.Loss, good.Slope, good.IsClippedLow, good.IsClippedHigh));
        var bad = Surrogate.Of(ratio, -1, 0, options);
        Assert.Equal(1.34986, bad.Loss, 1e-5);
        Assert.Equal(1.34986, bad.Slope, 1e-5);
        var low = Surrogate.Of(0.5, -1, 0, options);
        Assert.Equal((0.8, 0.0, true, false), (low.Loss, low.Slope, low.IsClippedLow, low.IsClippedHigh));
        Assert.Equal(-0.5, Surrogate.Of(0.5, 1, 0, options).Slope);
    }

    [Fact]
    public void Siblings_differ_by_their_bounds()
    {
        Assert.Equal(-1.27, Surrogate.Of(1.27, 1, 0, new SurrogateOptions { High = 0.28 }).Slope, 1e-12);   // DAPO
        var cispo = Surrogate.Of(9, 2, -0.5, new SurrogateOptions { Kind = SurrogateKind.ClippedWeight });
        Assert.Equal((5.0, -10.0, true), (cispo.Loss, cispo.Slope, cispo.IsClippedHigh));
        Assert.Equal(3, Surrogate.Of(9, -1, 0, new SurrogateOptions { DualClip = 3 }).Loss);
        Assert.Equal(-9, Surrogate.Of(9, 1, 0, new SurrogateOptions { Kind = SurrogateKind.Unclipped }).Slope);
    }

    [Theory]
    [InlineData(SurrogateKind.Unclipped)]
    [InlineData(SurrogateKind.Clipped)]
    public void Slopes_are_central_differences_of_losses(SurrogateKind kind)
    {
        var options = new SurrogateOptions { Kind = kind };
        foreach (double advantage in (double[])[-1.5, 2])
        {
            for (double x = -0.55; x < 0.55; x += 0.1)
            {
                const double step = 1e-6;
                double difference = Surrogate.Of(Math.Exp(x + step), advantage, 0, options).Loss
                    - Surrogate.Of(Math.Exp(x - step), advantage, 0, options).Loss;
                Assert.Equal(difference / (2 * step), Surrogate.Of(Math.Exp(x), advantage, 0, options).Slope, 1e-6);
            }
        }
    }

    [Fact]
    public void Divergences_have_their_golden_values_and_slopes()
    {
        Assert.Equal(0.1, Divergence.Of(DivergenceEstimator.K1, -1, -1.1), 1e-12);
        Assert.Equal(0.005, Divergence.Of(DivergenceEstimator.K2, -1, -1.1), 1e-12);
        Assert.Equal(0.0048374, Divergence.Of(DivergenceEstimator.K3, -1, -1.1), 1e-7);
        foreach (DivergenceEstimator one in Enum.GetValues<DivergenceEstimator>())
        {
            foreach (double logProb in (double[])[-3, -1.1, -1.0999, -0.2])
            {
                const double step = 1e-5;
                Assert.Equal(
                    (Divergence.Of(one, logProb + step, -1.1) - Divergence.Of(one, logProb - step, -1.1)) / (2 * step),
                    Divergence.Slope(one, logProb, -1.1), 1e-6);
            }
        }
        (double sum, int count) = Divergence.OfSequence(
            DivergenceEstimator.K1, [-1, -2, -3], [-1.5f, -9, -3.25f], [1, 0, 1]);
        Assert.Equal((0.75, 2), (sum, count));
    }

    [Fact]
    public void Small_divergences_keep_their_digits()
    {
        const double d = 1e-6;
        Assert.Equal(d * d / 2, Divergence.Of(DivergenceEstimator.K3, 0, d), 1e-17);
        Assert.Equal(Math.Exp(1e-3) - 1e-3 - 1, Divergence.Of(DivergenceEstimator.K3, 0, 1e-3 - 1e-9), 1e-11);
    }

    [Fact]
    public void Ratios_of_sequences_are_of_their_sum_or_of_their_mean()
    {
        float[] now = [-1, -2, -3, -4], before = [-1.1f, -2.2f, -9, -4], ratios = new float[4];
        byte[] mask = [1, 1, 0, 1];
        Ratios.OfSequence(RatioLevel.Token, now, before, mask, ratios);
        Near([Math.Exp(0.1), Math.Exp(0.2), 1, 1], ratios);
        Ratios.OfSequence(RatioLevel.SequenceSum, now, before, mask, ratios);
        Near([Math.Exp(0.3), Math.Exp(0.3), 1, Math.Exp(0.3)], ratios);
        Ratios.OfSequence(RatioLevel.SequenceMean, now, before, mask, ratios);
        Near([Math.Exp(0.1), Math.Exp(0.1), 1, Math.Exp(0.1)], ratios);
        Ratios.OfSequence(RatioLevel.SequenceSum, now, now, mask, ratios);
        Assert.All(ratios, ratio => Assert.Equal(1f, ratio));
    }

    [Fact]
    public void The_effective_sample_size_is_one_on_policy_and_falls_with_outliers()
    {
        Assert.Equal(1, Ratios.EffectiveSampleSize([1, 1, 1, 1]));
        Assert.Equal(49.0 / 76, Ratios.EffectiveSampleSize([4, 1, 1, 1]), 1e-12);
        Assert.Equal(0.25, Ratios.EffectiveSampleSize([0, 0, 5, 0]), 1e-12);
    }

    [Fact]
    public void Each_aggregation_weighs_tokens_as_it_says()
    {
        // Two sequences of 1 and 3 active tokens, losses 6 | 1 2 3.
        float[] losses = [6, 99, 99, 1, 2, 3];
        byte[] mask = [1, 0, 0, 1, 1, 1];
        var batch = new BatchCounts(Sequences: 2, LocalTokens: 4, GlobalTokens: 8, LongestCompletion: 10);
        Assert.Equal((6 + 6) / 2.0, Loss(Aggregation.SequenceSum));
        Assert.Equal((6 + 2) / 2.0, Loss(Aggregation.SequenceMean), 1e-12);
        Assert.Equal(12 / 4.0, Loss(Aggregation.LocalTokenMean));
        Assert.Equal(12 / 8.0, Loss(Aggregation.GlobalTokenMean));
        Assert.Equal(12 / 20.0, Loss(Aggregation.ConstantLength), 1e-12);

        double Loss(Aggregation one) => Aggregations.Loss(one, losses, mask, 3, batch);
    }

    [Fact]
    public void Lag_rules_allow_what_their_papers_say()
    {
        // AReaL: η 1, version 3, B 8, accepted 30, running 5, at most 64: min(59, 40 − 35).
        Assert.Equal(5, LagRules.Capacity(1, 3, 8, 30, 5, 64));
        Assert.Equal(16, LagRules.Capacity(1, 3, 8, 3 * 8, 0, 64));            // after a recovery at version 3
        Assert.Equal(0, LagRules.Capacity(0, 0, 8, 8, 5, 64));
        // PipelineRL: lag 64, G 8, 32 samples an update: 12 groups before the first update, then 4 a version.
        Assert.Equal([12, 16, 20], Enumerable.Range(0, 3).Select(version => LagRules.GroupsAllowed(64, 8, 32,
            version)));
        Assert.Equal(133, LagRules.LargestLag(192, 44.3, longest: 2, mean: 1, batchSize: 128));
        Assert.False(LagRules.IsTooOld(3, 5, 2));
        Assert.True(LagRules.IsTooOld(2, 5, 2));
    }
}
