using RLSquared.Experience;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Experience;

/// <summary>Acting and training score an action by the same distribution.</summary>
public sealed class OnPolicyTests
{
    public static TheoryData<string, int, bool> Cases => new()
    {
        { "bandits", 0, false }, { "bandits", 4, false }, { "mdps", 0, false }, { "plants", 0, false },
        { "two-step", 0, false }, { "plants", 0, true }, { "mdps", 4, true },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_ratio_of_the_first_minibatch_is_exactly_one(string name, int cells, bool scalesRewards)
    {
        TaskDistribution task = TaskCatalogue.Create(name);
        using var workers = new Workers(1);
        var shape = new RecurrentPolicyOptions
        {
            Hidden = 20,
            Cells = cells,
            NormaliseRewardInputs = scalesRewards,
        };
        using var network = Policy.Recurrent(task.Spaces, shape, seed: 3);
        network.RewardScale?.SetAll(0.3f);
        using var collector = new Collector(task, network, 12, 2, 3, seed: 5, 1, keepsRegrets: false, workers);
        collector.Play(0);

        Tape tape = collector.Shards[0].Tape;
        tape.Reset();
        tape.Recording = true;
        var batch = new TrialBatch(collector.Rollout, [1, 4, 7, 8, 11], tape);
        PolicyDistribution policy = network.Distribution(tape, batch.Input(network));
        Tensor ratio = (policy.LogProbability(batch.Taken()) - batch.Pick(collector.Rollout.LogProbabilities)).Exp();
        float[] active = batch.Pick(collector.Rollout.Active).ToArray();
        Assert.All(ratio.ToArray().Where((_, step) => active[step] != 0), one => Assert.Equal(
            BitConverter.SingleToInt32Bits(1), BitConverter.SingleToInt32Bits(one)));
    }
}
