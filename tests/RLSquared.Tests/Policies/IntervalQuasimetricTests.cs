using RLSquared.Policies;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Policies;

/// <summary>Distances of intervals: unions by hand, what every quasimetric obeys, and the gradient.</summary>
public sealed class IntervalQuasimetricTests : IDisposable
{
    readonly ParameterSet parameters = new();
    readonly Tape tape = new(new Arena());

    public void Dispose()
    {
        parameters.Dispose();
        tape.Arena.Dispose();
    }

    float Distance(IntervalQuasimetric metric, float[] from, float[] to) => metric.Distance(
        tape.Constant(new Shape(1, from.Length), from), tape.Constant(new Shape(1, to.Length), to)).Read();

    // [0, 2] and [1, 3] meet, [5, 6] is apart: 3 + 1. What leads downwards, from 9 to 4, is empty.
    [Theory]
    [InlineData(new float[] { 0, 1, 5, 9 }, new float[] { 2, 3, 6, 4 }, 4)]
    [InlineData(new float[] { 1, 0, 5, 9 }, new float[] { 3, 2, 6, 9 }, 4)]
    [InlineData(new float[] { 0, 1, 2, 3 }, new float[] { 9, 2, 3, 4 }, 9)]
    [InlineData(new float[] { 3, 2, 1, 0 }, new float[] { 3, 2, 1, 0 }, 0)]
    [InlineData(new float[] { 3, 2, 1, 0 }, new float[] { 0, 0, 0, 0 }, 0)]
    [InlineData(new float[] { 0, 1, 2, 3 }, new float[] { 1, 2, 3, 4 }, 4)]
    public void A_group_is_as_long_as_the_union_of_its_intervals(float[] from, float[] to, float length) =>
        Assert.Equal(length, Distance(new IntervalQuasimetric(parameters, "metric", 4, 4), from, to), 1e-5f);

    // Groups of 4 and 1: the mean 2.5 and the largest 4, mixed half and half at first, by σ(ln 3) = ¾ then.
    [Fact]
    public void Groups_count_by_their_mean_and_by_the_largest()
    {
        var metric = new IntervalQuasimetric(parameters, "metric", 4, 2);
        float[] from = [0, 1, 0, 0], to = [3, 4, 1, 0.5f];
        Assert.Equal(3.25f, Distance(metric, from, to), 1e-5f);
        parameters.All[0].SetAll(MathF.Log(3));
        tape.Reset();
        Assert.Equal(0.75f * 2.5f + 0.25f * 4, Distance(metric, from, to), 1e-5f);
    }

    [Fact]
    public void No_way_is_shorter_over_a_third_place_and_both_ways_may_differ()
    {
        var metric = new IntervalQuasimetric(parameters, "metric", 16, 8);
        RandomSequence random = new RandomKey(1, RandomPurpose.Other, 0).Sequence(0);
        bool differs = false;
        for (int round = 0; round < 200; round++)
        {
            float[] x = Draw(ref random), y = Draw(ref random), z = Draw(ref random);
            Assert.True(Distance(metric, x, z) <= Distance(metric, x, y) + Distance(metric, y, z) + 1e-4f);
            Assert.Equal(0, Distance(metric, x, x));
            differs |= Math.Abs(Distance(metric, x, y) - Distance(metric, y, x)) > 0.1f;
        }
        Assert.True(differs);

        static float[] Draw(ref RandomSequence random)
        {
            float[] place = new float[16];
            foreach (ref float number in place.AsSpan())
                number = (float)random.NextNormal();
            return place;
        }
    }

    [Fact]
    public void The_gradient_is_that_of_the_length()
    {
        var metric = new IntervalQuasimetric(parameters, "metric", 8, 4);
        RandomSequence random = new RandomKey(2, RandomPurpose.Other, 0).Sequence(0);
        float[] from = new float[24], to = new float[24];
        for (int i = 0; i < 24; i++)
            (from[i], to[i]) = ((float)random.NextNormal(), (float)random.NextNormal());
        using var storage = new Arena();
        Tensor x = tape.Variable(storage.Copy(new Shape(3, 8), from));
        Tensor y = tape.Variable(storage.Copy(new Shape(3, 8), to));
        tape.Backward(metric.Distance(x, y).Sum());
        float[] byFrom = tape.GradientOf(x).ToArray(), byTo = tape.GradientOf(y).ToArray();
        const float step = 1e-3f;
        for (int i = 0; i < 24; i++)
        {
            Assert.Equal(Slope(from, i), byFrom[i], 5e-3f);
            Assert.Equal(Slope(to, i), byTo[i], 5e-3f);
        }
        Assert.Contains(byFrom, g => g < 0);
        Assert.Contains(byTo, g => g > 0);

        float Slope(float[] numbers, int i)
        {
            float whole = numbers[i];
            numbers[i] = whole + step;
            float up = Sum();
            numbers[i] = whole - step;
            float down = Sum();
            numbers[i] = whole;
            return (up - down) / (2 * step);
        }

        float Sum()
        {
            using var arena = new Arena();
            var plain = new Tape(arena) { Recording = false };
            return metric.Distance(
                plain.Constant(new Shape(3, 8), from), plain.Constant(new Shape(3, 8), to)).Sum().Read();
        }
    }

    [Fact]
    public void Numbers_that_make_no_whole_groups_are_refused() => Assert.Equal(
        "latent 20 cannot be cut into groups of 8; 24 can",
        Assert.Throws<OptionException>(() => new IntervalQuasimetric(parameters, "metric", 20, 8)).Message);
}
