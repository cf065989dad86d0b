using RLSquared.Language.Objectives;

namespace RLSquared.Language.Tests.Objectives;

/// <summary>Advantages of steps by hand, from the scores 1/4, 1, 0, 3/4.</summary>
public sealed class SegmentAdvantagesTests
{
    static readonly float[] scores = [0.25f, 1, 0, 0.75f];

    static float[] Of(Action<float[]> fill, int count = 4)
    {
        float[] advantages = new float[count];
        fill(advantages);
        return advantages;
    }

    [Fact]
    public void DeltaNorm_gives_each_step_what_it_adds_and_the_first_what_is_lost_behind_it()
    {
        // 0.25 − 0.75; 1 − 0.25; 0 − 1; 0.75 − 0. They sum to 0.
        float[] advantages = Of(into => SegmentAdvantages.Delta(scores, keepsSingle: false, into));
        Assert.Equal([-0.5f, 0.75f, -1, 0.75f], advantages);
        Assert.Equal(0, advantages.Sum());
        Assert.Equal(advantages, Of(into => SegmentAdvantages.Delta(scores, keepsSingle: true, into)));
    }

    [Fact]
    public void DeltaNorm_gives_a_single_step_nothing_unless_the_published_flaw_is_asked_for()
    {
        Assert.Equal([0f], Of(into => SegmentAdvantages.Delta([0.75f], keepsSingle: false, into), 1));
        Assert.Equal([0.75f], Of(into => SegmentAdvantages.Delta([0.75f], keepsSingle: true, into), 1));
        Assert.Empty(Of(into => SegmentAdvantages.Delta([], keepsSingle: true, into), 0));
    }

    [Fact]
    public void EndNorm_compares_with_the_last_step_whose_own_score_is_its_advantage() =>
        Assert.Equal([-0.5f, 0.25f, -0.75f, 0.75f], Of(into => SegmentAdvantages.End(scores, into)));

    [Fact]
    public void GroupNorm_compares_with_the_mean_of_the_group() =>
        Assert.Equal([-0.25f, 0.5f, -0.5f, 0.25f], Of(into => SegmentAdvantages.Group(scores, 0.5f, into)));

    [Fact]
    public void A_row_is_compared_with_the_mean_of_its_row() => Assert.Equal(
        [-0.25f, 0, -1, 0.5f], Of(into => SegmentAdvantages.Row(scores, [0.5f, 1, 1, 0.25f, 9], into)));

    [Theory]
    [InlineData(ScoreMap.Smooth, new[] { 0, 0.25f, 0.5f, 0.75f, 1 })]
    [InlineData(ScoreMap.ExtremeOnlyClipped, new[] { 0f, 0, 0, 1, 1 })]
    [InlineData(ScoreMap.ExtremeOnly, new[] { 0, float.NaN, float.NaN, float.NaN, 1 })]
    [InlineData(ScoreMap.SemiSmooth, new[] { 0, float.NaN, float.NaN, 0.8f, 1 })]
    public void Maps_are_those_of_the_paper(ScoreMap map, float[] wanted) =>
        Assert.Equal(wanted, Enumerable.Range(1, 5).Select(score => SegmentAdvantages.Map(map, score) ?? float.NaN));

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void Other_scores_are_refused(int score) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => SegmentAdvantages.Map(ScoreMap.Smooth, score));
}
