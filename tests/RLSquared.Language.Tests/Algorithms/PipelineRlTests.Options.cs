using RLSquared.Language.Algorithms;
using RLSquared.Language.Prompts;
namespace RLSquared.Language.Tests.Algorithms;

public sealed partial class PipelineRlTests
{
    [Fact]
    public void Options_survive_being_written_and_read_and_suit_the_task()
    {
        PipelineRlOptions changed = Small with
        {
            Mode = PipelineMode.FreeRunning,
            LagRule = LagRule.Capacity,
            KeepsCache = false,
            Learning = PipelineRlOptions.Gspo(Small.Learning),
        };
        Assert.Equal(changed, PipelineRlOptions.Table.Apply(PipelineRlOptions.Table.Show(changed)));
        PipelineRlOptions arithmetic = PipelineRlOptions.For(new ArithmeticTask(), PipelineRlOptions.Truncated);
        Assert.Equal((64, 8, 1, 3), (arithmetic.Learning.Batch, arithmetic.Learning.GroupSize,
            arithmetic.Learning.Updates, arithmetic.Learning.Layers));
        arithmetic.Validate();
    }
}
