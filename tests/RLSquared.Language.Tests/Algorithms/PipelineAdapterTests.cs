using RLSquared.Language.Algorithms;
using RLSquared.Language.Models;
using RLSquared.Tensors;
using static RLSquared.Language.Tests.Algorithms.PipelineRlTests;

namespace RLSquared.Language.Tests.Algorithms;

/// <summary>A pipeline whose adapter alone learns.</summary>
public sealed class PipelineAdapterTests
{
    static readonly PipelineRlOptions adapted = Small with
    {
        Learning = Small.Learning with { AdapterRank = 2, Kl = 0.01f },
    };

    [Theory]
    [InlineData(PipelineMode.Deterministic)]
    [InlineData(PipelineMode.FreeRunning)]
    public void The_adapter_learns_and_the_model_below_it_stays(PipelineMode mode)
    {
        using var workers = new Workers(1);
        using var pipeline = new PipelineRl(Letters(), adapted with { Mode = mode }, 1, workers);
        float[][] before = Values(pipeline, adapter: false), young = Values(pipeline, adapter: true);
        for (int i = 0; i < 3; i++)
            pipeline.Iterate(0);
        Assert.Equal(before, Values(pipeline, adapter: false));
        Assert.NotEqual(young, Values(pipeline, adapter: true));
        Assert.NotEmpty(young);
    }

    [Fact]
    public void A_run_with_an_adapter_that_is_resumed_goes_on_to_the_same_bits()
    {
        using var workers = new Workers(1);
        using var first = new PipelineRl(Letters(), adapted, 1, workers);
        for (int i = 0; i < 3; i++)
            first.Iterate(0);
        byte[] saved = State(first);
        first.Iterate(0);
        using var second = new PipelineRl(Letters(), adapted, 1, workers);
        using (var restorer = new StateRestorer(saved))
            second.VisitState(restorer);
        second.Iterate(0);
        Assert.Equal(State(first), State(second));
    }

    static float[][] Values(PipelineRl pipeline, bool adapter) =>
    [
        .. pipeline.Parameters.Groups.Where(group => group.Name == LowRankAdapter.Group == adapter)
            .SelectMany(group => group.All).Select(one => one.Value.ToArray()),
    ];
}
