using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Gpu.Tests;

public sealed class DeviceLanesTests
{
    static readonly BernoulliBandits task = new(new BernoulliBanditsOptions { Arms = 4, Pulls = 6 });

    [Fact]
    public void Bandits_on_a_card_bring_the_rewards_and_regrets_that_they_bring_on_the_host()
    {
        const int N = 5;
        using var gpu = new GpuDevice(new SimulatedAccelerator());
        using DeviceLanes there = task.CreateDeviceLanes(gpu, N)!;
        BanditLanes here = task.CreateBanditLanes(N);
        using var arena = new Arena(gpu);
        there.Begin(9, 1UL << 40);
        here.Begin(9, 1UL << 40, []);
        float[] rewards = new float[N], regrets = new float[N], all = [];
        var endings = new Endings[N];
        for (int t = 0; t < task.Pulls; t++)
        {
            int[] chosen = [.. Enumerable.Range(0, N).Select(lane => (lane * 3 + t * t) % 4)];
            there.Step(arena.CopyIndices(chosen), default);
            here.Step(chosen.AsSpan(), [], rewards, endings);
            here.Regrets(regrets);
            Assert.Equal(rewards, there.Rewards.ToArray());
            Assert.Equal(regrets, there.Regrets.ToArray());
            Assert.All(there.EpisodeEnded.ToArray(), ended => Assert.Equal(1, ended));
            bool over = (endings[0] & Endings.TrialEnded) != 0;
            Assert.All(there.TrialEnded.ToArray(), ended => Assert.Equal(over ? 1 : 0, ended));
            all = [.. all, .. rewards];
        }
        Assert.Contains(0f, all);
        Assert.Contains(1f, all);
        Assert.Throws<InvalidOperationException>(() => there.Step(arena.CopyIndices(new int[N]), default));
        there.Begin(9, 0);
        Assert.All(there.TrialEnded.ToArray(), ended => Assert.Equal(0, ended));
    }

    [Fact]
    public void A_device_that_does_not_play_bandits_gets_no_lanes() =>
        Assert.Null(task.CreateDeviceLanes(Device.Cpu, 3));
}
