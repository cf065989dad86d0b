using RLSquared.Language.Algorithms;
using RLSquared.Language.Objectives;

namespace RLSquared.Language.Tests.Algorithms;

/// <summary>Losses of one completion against the papers' numbers and against their own differences.</summary>
public sealed class RlooLossTests
{
    static readonly byte[] mask = [0, 0, 1, 1, 1, 0, 1];
    static readonly float[] old = [0, 0, -1.2f, -0.3f, -2, 0, -0.7f];
    static readonly float[] reference = [0, 0, -1.1f, -0.5f, -1.5f, 0, -0.8f];
    static readonly BatchCounts counts = new(Sequences: 3, LocalTokens: 12, GlobalTokens: 12, LongestCompletion: 10);

    static (double Loss, float[] Slopes, LossFigures Figures) Of(
        RlooOptions options, float[] logProbs, float advantage, float[]? behaviour = null)
    {
        float[] slopes = new float[logProbs.Length];
        LossFigures figures = RlooLoss.Of(logProbs, new LossInput(mask, old, behaviour ?? old, reference,
            [.. Enumerable.Repeat(advantage, mask.Length)]), options, counts, slopes);
        return (figures.Loss, slopes, figures);
    }

    static float[] Moved(params float[] by)
    {
        float[] logProbs = [.. old];
        for (int i = 0, t = 0; t < mask.Length; t++)
            logProbs[t] += mask[t] != 0 ? by[i++ % by.Length] : 0;
        return logProbs;
    }

    [Fact]
    public void A_sum_of_log_ratios_of_three_tenths_is_clipped_for_good_completions_alone()
    {
        float[] logProbs = Moved(0.1f, 0.2f, -0.1f, 0.1f);                  // Σ 0.3, ρ = 1.34986
        (double loss, float[] slopes, LossFigures figures) = Of(new RlooOptions(), logProbs, 1);
        Assert.Equal(-1.2 / 3, loss, 1e-6);                                 // a third: of three sequences
        Assert.All(slopes, slope => Assert.Equal(0, slope));
        Assert.Equal((4, 0, 4), (figures.Tokens, figures.Low, figures.High));
        (loss, slopes, figures) = Of(new RlooOptions(), logProbs, -1);
        Assert.Equal(1.349859 / 3, loss, 1e-5);
        Assert.Equal([0, 0, 1, 1, 1, 0, 1], slopes.Select(slope => Math.Round(slope * 3 / 1.349859, 4)));
        Assert.Equal((0, 0), (figures.Low, figures.High));
    }

    [Fact]
    public void The_lower_clip_holds_back_bad_completions_alone()
    {
        float[] logProbs = Moved(-0.1f);                                    // Σ −0.4, ρ = 0.67
        (double loss, float[] slopes, LossFigures figures) = Of(new RlooOptions(), logProbs, -1);
        Assert.Equal(0.8 / 3, loss, 1e-6);
        Assert.All(slopes, slope => Assert.Equal(0, slope));
        Assert.Equal((4, 0), (figures.Low, figures.High));
        Assert.NotEqual(0, Of(new RlooOptions(), logProbs, 1).Slopes[2]);
    }

    [Fact]
    public void On_policy_each_member_has_the_slope_of_reinforce_in_its_own_weight()
    {
        var wanted = new Dictionary<string, double>
        {
            ["rloo"] = 1.0 / 3,
            ["grpo"] = 1.0 / 12,
            ["dr-grpo"] = 1.0 / 30,
            ["dapo"] = 1.0 / 12,
            ["gspo"] = 1.0 / 12,
            ["cispo"] = 1.0 / 12,
            ["reinforce-plus-plus"] = 1.0 / 12,
            ["reinforce"] = 1.0 / 3,
            ["raft"] = 1.0 / 3,
            ["ppo"] = 1.0 / 12,
        };
        foreach ((string name, _, Func<RlooOptions, RlooOptions> change) in RlooFamily.All)
        {
            (_, float[] slopes, LossFigures figures) = Of(change(new RlooOptions()) with { Kl = 0 }, [.. old], 2);
            for (int t = 0; t < mask.Length; t++)
                Assert.Equal(-2 * wanted[name] * mask[t], slopes[t], 1e-6);
            Assert.Equal((4, 4, 4, 0, 0),
                (figures.Tokens, figures.Ratios, figures.Squares, figures.Low, figures.High));
        }
    }

    public static TheoryData<string, float> Members()
    {
        var data = new TheoryData<string, float>();
        foreach ((string name, _, _) in RlooFamily.All)
        {
            data.Add(name, 0.7f);
            data.Add(name, -1.3f);
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Slopes_are_the_differences_of_the_loss(string name, float advantage)
    {
        RlooOptions options = RlooFamily.All.First(one => one.Name == name).Change(new RlooOptions { Kl = 0.05f });
        if (options.Surrogate == SurrogateKind.ClippedWeight)
            return;                                        // the ratio is no part of what is differentiated
        options = options with { ClipLow = 0.5f, ClipHigh = 0.5f, ImportanceCap = 1.05f };
        float[] behaviour = [.. old.Select((one, t) => one - 0.01f * t)];
        float[] logProbs = Moved(0.04f, -0.03f, 0.02f, 0.06f);
        (_, float[] slopes, _) = Of(options, logProbs, advantage, behaviour);
        const float h = 1f / 256;
        for (int t = 0; t < mask.Length; t++)
        {
            float[] up = [.. logProbs], down = [.. logProbs];
            up[t] += h;
            down[t] -= h;
            double above = Of(options, up, advantage, behaviour).Loss;
            double below = Of(options, down, advantage, behaviour).Loss;
            double difference = (above - below) / (up[t] - down[t]);
            Assert.Equal(mask[t] == 0 ? 0 : difference, slopes[t], 2e-4);
        }
    }

    [Fact]
    public void Cispo_weighs_each_token_by_its_ratio_up_to_the_cap()
    {
        RlooOptions options = RlooFamily.Cispo(new RlooOptions()) with { WeightCap = 1.1f };
        float[] logProbs = Moved(0.3f, -0.2f, 0, 0);
        (double loss, float[] slopes, LossFigures figures) = Of(options, logProbs, 1);
        Assert.Equal(-1.1 / 12, slopes[2], 1e-6);
        Assert.Equal(-Math.Exp(-0.2) / 12, slopes[3], 1e-6);
        Assert.Equal(1, figures.High);
        double wanted = -(1.1 * logProbs[2] + Math.Exp(-0.2) * logProbs[3] + logProbs[4] + logProbs[6]) / 12;
        Assert.Equal(wanted, loss, 1e-5);
    }

    [Fact]
    public void The_divergence_in_the_loss_pulls_towards_the_reference()
    {
        // d = log π_ref − log π = 0.1 for the first token, −0.2 for the second; slope −β(eᵈ − 1)·w.
        RlooOptions options = RlooFamily.Grpo(new RlooOptions { Kl = 0.5f });
        (double loss, float[] slopes, _) = Of(options, [.. old], 0);
        Assert.Equal(-0.5 * (Math.Exp(0.1) - 1) / 12, slopes[2], 1e-6);
        Assert.Equal(-0.5 * (Math.Exp(-0.2) - 1) / 12, slopes[3], 1e-6);
        Assert.True(loss > 0);
        Assert.All(Of(options with { KlPlace = DivergencePlace.Reward }, [.. old], 0).Slopes,
            slope => Assert.Equal(0, slope));
    }

    [Fact]
    public void Bad_completions_far_off_policy_teach_nothing()
    {
        var options = new RlooOptions { OffPolicyLimit = 0.1f };
        float[] behaviour = [.. old.Select(one => one + 0.2f)];              // mean log μ − log π = 0.2
        (double loss, float[] slopes, LossFigures figures) = Of(options, [.. old], -1, behaviour);
        Assert.Equal((0, 1), (loss, figures.Dropped));
        Assert.All(slopes, slope => Assert.Equal(0, slope));
        Assert.NotEqual(0, Of(options, [.. old], 1, behaviour).Slopes[2]);
        Assert.NotEqual(0, Of(options, [.. old], -1).Slopes[2]);
    }

    [Fact]
    public void Icepop_leaves_out_tokens_whose_weight_is_out_of_its_band_and_keeps_the_others_weights()
    {
        // Weights π_old/μ of the four learnt tokens: e^0.5, e^−0.5, e^0.8 and e^−0.8; the band is 0.5 to 2.
        RlooOptions options = RlooFamily.Grpo(new RlooOptions { Kl = 0, ImportanceCap = 2, ImportanceFloor = 0.5f });
        float[] behaviour = [0, 0, -1.7f, 0.2f, -2.8f, 0, 0.1f];
        (_, float[] slopes, _) = Of(options, [.. old], 1, behaviour);
        Assert.Equal([0, 0, -1.648721, -0.606531, 0, 0, 0], slopes.Select(slope => Math.Round(12 * slope, 5)),
            (a, b) => Math.Abs(a - b) < 1e-4);
        (_, slopes, _) = Of(options with { ImportanceFloor = 0 }, [.. old], 1, behaviour);
        Assert.Equal(-2, 12 * slopes[4], 1e-5);
        Assert.Equal(-Math.Exp(-0.8), 12 * slopes[6], 1e-5);
        Assert.Equal("importance-floor 0.5 needs an importance-cap above it, such as 2, not 0",
            Assert.Throws<OptionException>(new RlooOptions { ImportanceFloor = 0.5f }.Validate).Message);
    }

    [Fact]
    public void A_completion_without_a_token_to_learn_has_no_loss()
    {
        float[] slopes = new float[2];
        Assert.Equal(default, RlooLoss.Of([-1, -2], new LossInput([0, 0], [-1, -2], [-1, -2], [], [1, 1]),
            new RlooOptions(), counts, slopes));
        Assert.Equal([0, 0], slopes);
    }
}
