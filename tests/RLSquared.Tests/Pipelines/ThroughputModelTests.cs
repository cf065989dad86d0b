using RLSquared.Pipelines;

namespace RLSquared.Tests.Pipelines;

public sealed class ThroughputModelTests
{
    // The case of the paper: 128 accelerators, batch 128, lengths uniform. Its utilisation of an H100 is read off as
    // U(h) = 0.384 (h/192)^0.946, which goes through the paper's two figures: 44 · U(192) = 16.9 tokens by flash for
    // the pipeline, and 18.3 while the conventional loop with the same lag generates. τ = 128/26.02 flashes.
    static readonly ThroughputModel paper = new()
    {
        Processors = 128,
        Batch = 128,
        StepTime = h => h / (0.384 * Math.Pow(h / 192, 0.946)),
        TrainTime = 128 / 26.02,
        Lengths = LengthDistribution.Uniform(2_000),
    };

    [Fact]
    public void The_case_of_the_paper_gains_1_57_times()
    {
        PipelinePlan plan = paper.Search(133, Enumerable.Range(1, 8).Select(i => 64 * i))!;
        Assert.Equal((192, 44), (plan.InFlight, plan.Generators));
        Assert.Equal(16.9, plan.Rate, 0.05);
        Assert.InRange(plan.Lag, 132, 133);
        Assert.Equal(18.3, paper.GenerationRate(133), 0.1);
        Assert.Equal(10.7, paper.ConventionalRate(133), 0.05);
        Assert.Equal(1.57, plan.Rate / paper.ConventionalRate(133), 0.01);
        // A batch of 2,048 with the same layout lags 8 or 9 updates.
        Assert.InRange((paper with { Batch = 2_048 }).Lag(192, 44), 8, 9);
    }

    [Fact]
    public void A_linear_utilisation_has_the_closed_form_of_the_best_layout()
    {
        ThroughputModel linear = paper with { StepTime = _ => 1 / 0.002 };
        // I = N/(1 + 0.002·H·τ): 44.3 of 128 for H = 192, and both roles are then as fast.
        double best = 128 / (1 + 0.002 * 192 * linear.TrainTime);
        Assert.Equal(44.3, best, 0.05);
        PipelinePlan plan = linear.Search(1_000, [192])!;
        Assert.Equal(44, plan.Generators);
        Assert.Equal(linear.PipelineRate(192, 44), plan.Rate, 1e-9);
    }

    [Fact]
    public void Equal_lengths_without_loss_by_sharing_gain_nothing_where_processors_take_over_each_others_work()
    {
        // A step takes 1 for any number of sequences up to 8, in two processors' halves as well.
        ThroughputModel equal = new()
        {
            Processors = 2,
            Batch = 8,
            StepTime = h => Math.Max(1, h / 8),
            TrainTime = 0.25,
            Lengths = LengthDistribution.Equal(10),
        };
        // Two batches of 8 generated in halves of 8: 10 steps for 160 tokens; 160 · 0.25/2 to train.
        Assert.Equal(160 / (10 + 20.0), equal.ConventionalRate(2), 1e-9);
        Assert.Equal(2 / (1.0 / 8 + 0.25), equal.SharedRate(8, 2), 1e-9);
        Assert.Equal(equal.SharedRate(8, 2), equal.ConventionalRate(2), 1e-9);
        Assert.Equal(equal.Bound(8), equal.SharedRate(8, 2), 1e-9);
    }

    [Fact]
    public void One_generator_bounds_a_shared_pipeline_and_one_role_for_each_processor_wastes_the_faster()
    {
        ThroughputModel slow = new()
        {
            Processors = 2,
            Batch = 4,
            StepTime = _ => 1,
            TrainTime = 0.1,
            Lengths = LengthDistribution.Uniform(10),
        };
        Assert.Equal(4, slow.SharedRate(4, 1), 1e-9);                    // a chain of decode steps
        Assert.Equal(2 / (0.25 + 0.1), slow.SharedRate(4, 2), 1e-9);
        Assert.Equal(4, slow.PipelineRate(4, 1), 1e-9);                  // min(4, 1/0.1)
        Assert.Equal(2, slow.Search(1_000, [4], shared: true)!.Generators);
    }

    [Fact]
    public void Pieces_of_an_update_end_later_than_work_that_is_cut_at_will()
    {
        ThroughputModel pieces = new()
        {
            Processors = 2,
            Batch = 8,
            StepTime = h => 0.5 * h,                                     // half a token's time, whatever h is
            TrainTime = 4,
            TrainTimeOfAll = 2,                                          // 4/2: nothing is done alone
            TrainPieces = 4,
            Lengths = LengthDistribution.Equal(10),
        };
        // 0.5 | 1, then 1 | 1 and 1: the last of the four pieces ends at 2.5, where 4.5/2 would do.
        Assert.Equal(0, pieces.AloneTime);
        Assert.Equal(1 / 2.5, pieces.SharedRate(8, 1), 1e-9);
        // All take 2.5 and not 2: 2.5 = σ + (4 − σ)/2, so σ = 1, and the pieces are of 0.75.
        ThroughputModel alone = pieces with { TrainTimeOfAll = 2.5 };
        Assert.Equal(1, alone.AloneTime, 1e-9);
        Assert.Equal(1 / (1 + 2.0), alone.SharedRate(8, 1), 1e-9);
        Assert.Equal(2 / 4.5, alone.Bound(8), 1e-9);
    }

    [Fact]
    public void The_search_keeps_the_lag_and_says_when_none_does()
    {
        PipelinePlan plan = paper.Search(60, [64, 128, 192])!;
        Assert.InRange(plan.Lag, 1, 60);
        Assert.Null(paper.Search(0, [64]));
    }

    [Fact]
    public void Lengths_are_shares_of_sequences_that_go_on()
    {
        var uniform = LengthDistribution.Uniform(4);
        Assert.Equal((4, 2.5), (uniform.Longest, uniform.Mean));
        Assert.Equal([1, 0.75, 0.5, 0.25], Enumerable.Range(0, 4).Select(uniform.ShareAbove));
        var measured = LengthDistribution.Of([1, 3, 3, 1]);
        Assert.Equal((3, 2.0), (measured.Longest, measured.Mean));
        Assert.Equal([1, 0.5, 0.5], Enumerable.Range(0, 3).Select(measured.ShareAbove));
        Assert.Throws<ArgumentException>(() => LengthDistribution.Of([]));
        Assert.Throws<ArgumentException>(() => LengthDistribution.Of([0]));
    }

    [Fact]
    public void Times_between_measured_ones_lie_on_lines()
    {
        var times = new StepTimes([(8, 4), (1, 1), (4, 2)]);
        Assert.Equal([1, 1, 1.5, 2, 3, 4, 6], ((double[])[0.5, 1, 2.5, 4, 6, 8, 12]).Select(times.At));
        Assert.Equal(0, times.At(0));
        Assert.Throws<ArgumentException>(() => new StepTimes([]));
        Assert.Throws<ArgumentException>(() => new StepTimes([(1, 0)]));
    }
}
