using RLSquared.Tensors.Optimisers;

namespace RLSquared.Tensors.Tests.Optimisers;

public sealed class ScheduleTests
{
    [Theory]
    [InlineData("constant", 1, 1, 1)]
    [InlineData("linear", 1, 0.5, 0)]
    [InlineData("linear:0.2", 1, 0.6, 0.2)]
    [InlineData("cosine", 1, 0.5, 0)]
    [InlineData("cosine:0.5", 1, 0.75, 0.5)]
    [InlineData("constant,warmup:0.8", 0, 0.625, 1)]
    [InlineData("linear:0.1,warmup:0.05", 0, 0.55, 0.1)]
    public void Factors_at_the_start_the_middle_and_the_end(string text, float start, float middle, float end)
    {
        Schedule schedule = Schedule.Parse(text);
        Assert.Equal(start, schedule.At(0), 1e-6f);
        Assert.Equal(middle, schedule.At(0.5), 1e-6f);
        Assert.Equal(end, schedule.At(1), 1e-6f);
        Assert.Equal((schedule.At(0), schedule.At(1)), (schedule.At(-3), schedule.At(7)));
        Assert.Equal(text, schedule.ToString());
    }

    // Quarter way: (1 + cos 45°)/2 = 0.8536.
    [Fact]
    public void A_cosine_is_flat_at_its_ends() => Assert.Equal(0.853553f, Schedule.Parse("cosine").At(0.25), 1e-6f);

    [Theory]
    [InlineData("lineal", "'lineal' is no schedule")]
    [InlineData("", "'' is no schedule")]
    [InlineData("constant:0.5", "'constant:0.5' is no schedule")]
    [InlineData("linear:x", "the final factor 'x' of the schedule 'linear:x' is not a number from 0")]
    [InlineData("linear:-1", "the final factor '-1'")]
    [InlineData("linear:NaN", "the final factor 'NaN'")]
    [InlineData("linear,cold:1", "'cold:1' in the schedule 'linear,cold:1' is no warm-up")]
    [InlineData("linear,warmup:1", "the warm-up '1' of the schedule 'linear,warmup:1' is not a share")]
    public void Text_that_is_none_is_named_with_what_would_be(string text, string message)
    {
        string error = Assert.Throws<FormatException>(() => Schedule.Parse(text)).Message;
        Assert.StartsWith(message, error);
        Assert.EndsWith("as in linear:0.1,warmup:0.05", error);
        Assert.False(Schedule.TryParse(text, null, out _));
    }

    [Fact]
    public void The_default_is_constant() =>
        Assert.Equal((1f, "constant"), (default(Schedule).At(0.5), $"{default(Schedule)}"));
}
