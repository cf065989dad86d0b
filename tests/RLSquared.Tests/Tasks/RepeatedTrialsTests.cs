using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Tests.Tasks;

public sealed class RepeatedTrialsTests
{
    [Fact]
    public void Plays_of_a_trial_have_the_same_task_and_other_draws()
    {
        var task = new Corners(new() { Episodes = 2, Horizon = 2 });
        var alone = (PointLanes)task.CreateLanes(1);
        float[] first = new float[2], second = new float[2];
        alone.Begin(3, RandomKey.Play(8, 0), first);
        System.Numerics.Vector2 goal = alone.Goal(0);
        for (int play = 1; play < 20; play++)
        {
            alone.Begin(3, RandomKey.Play(8, play), second);
            Assert.Equal(goal, alone.Goal(0));
            Assert.NotEqual(first, second);
        }
        Assert.Equal(8ul, RandomKey.Play(8, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => RandomKey.Play(8, RandomKey.MostPlays));
    }

    [Fact]
    public void Each_lane_is_a_play_of_its_own()
    {
        var task = new Corners(new() { Episodes = 1, Horizon = 2 });
        Lanes lanes = new RepeatedTrials(task).CreateLanes(3), alone = task.CreateLanes(1);
        float[] all = new float[6], one = new float[2], rewards = new float[3];
        var endings = new Endings[3];
        lanes.Begin(3, RandomKey.Play(8, 5), all);
        for (int lane = 0; lane < 3; lane++)
        {
            alone.Begin(3, RandomKey.Play(8, 5 + lane), one);
            Assert.Equal(one, all[(2 * lane)..(2 * lane + 2)]);
        }
        float before = all[4];
        lanes.Step(new ReadOnlyActionSpan([], [0, 0, 0, 0, 1, 0]), all, rewards, endings);
        Assert.Equal(before + 0.2f, all[4]);
        lanes.Step(new ReadOnlyActionSpan([], new float[6]), all, rewards, endings);
        Assert.All(endings, ending => Assert.Equal(Endings.Truncated | Endings.TrialEnded, ending));
        lanes.Step(new ReadOnlyActionSpan([], new float[6]), all, rewards, endings);
        Assert.All(endings, ending => Assert.Equal(Endings.TrialEnded, ending));
    }
}
