using RLSquared.Language.Verifiers;

namespace RLSquared.Language.Tests.Verifiers;

public sealed class TraceRewardsTests
{
    [Theory]
    [InlineData("The  Quick-Brown_Fox!", "the quick brown_fox")]
    [InlineData("1,024 km²", "1 024 km")]
    [InlineData("甲乙 and丙", "甲 乙 and 丙")]
    [InlineData("a甲b", "a 甲 b")]
    [InlineData("...", "")]
    public void The_normaliser_keeps_runs_of_letters_and_each_Chinese_character(string text, string wanted) =>
        Assert.Equal(wanted, TraceRewards.Normalise(text));

    [Fact]
    public void A_rubric_is_the_share_of_entities_that_are_named_anywhere()
    {
        string[] entities = ["Marie Curie", "Warsaw", "Pierre", "Radium", "Paris"];
        Assert.Equal(0.8f, TraceRewards.Rubric(entities, "MARIE  CURIE, of warsaw. Parisian radiums? paris"), 1e-6);
        Assert.Equal(0, TraceRewards.Rubric(entities, ""));
        Assert.Equal(0.5f, TraceRewards.Rubric(["a", "!"], "a !"));          // a name without letters is never named
        Assert.Contains("the rubric is empty",
            Assert.Throws<InvalidDataException>(() => TraceRewards.Rubric([], "a")).Message);
    }

    [Fact]
    public void Rubrics_are_divided_by_the_largest_of_the_group()
    {
        float[] rubrics = [0.2f, 0.8f, 0, 0.4f];
        TraceRewards.ScaleByGroup(rubrics);
        Assert.Equal([0.25f, 1, 0, 0.5f], rubrics);
        float[] none = [0, 0];
        TraceRewards.ScaleByGroup(none);
        Assert.Equal([0, 0], none);
    }

    [Theory]
    // Four of five, with η 0.3: 0.7 + 0.3 · 0.8 = 0.94, the published figure.
    [InlineData(RubricSign.Positive, 1, 0.8f, 0.94f)]
    [InlineData(RubricSign.Positive, 0, 0.8f, 0)]
    [InlineData(RubricSign.Both, 1, 0.8f, 0.94f)]
    [InlineData(RubricSign.Both, 0, 0.8f, 0.24f)]
    [InlineData(RubricSign.Negative, 1, 0.8f, 1)]
    [InlineData(RubricSign.Negative, 0, 0.8f, 0.24f)]
    [InlineData(RubricSign.None, 1, 0.8f, 1)]
    [InlineData(RubricSign.None, 0, 0.8f, 0)]
    public void Outcome_and_rubric_mix_as_the_sign_says(RubricSign sign, float outcome, float rubric, float wanted) =>
        Assert.Equal(wanted, TraceRewards.Mix(outcome, rubric, 0.3f, sign), 1e-6);

    [Fact]
    public void LongRLVR_counts_recall_more_than_precision()
    {
        // Two of three named are right, of four: P = 2/3, R = 1/2, F = 5·(1/3)/(4·2/3 + 1/2) = 10/19.
        float f = TraceRewards.FBeta(["1", "2", "9", "2"], ["1", "2", "3", "4"]);
        Assert.Equal(10f / 19, f, 1e-6);
        Assert.Equal(0, TraceRewards.FBeta(["9"], ["1"]));
        Assert.Equal(0, TraceRewards.FBeta([], ["1"]));
        Assert.Equal(1 + 0.3f * 0.5f + 0.7f * 0.5f, TraceRewards.LongRlvr(1, 0.5f, 0.3f), 1e-6);
        Assert.Equal(0.15f, TraceRewards.LongRlvr(0, 0.5f, 0.3f), 1e-6);
    }
}
