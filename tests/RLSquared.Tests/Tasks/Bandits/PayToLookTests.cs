using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class PayToLookTests
{
    [Fact]
    public void The_second_arm_pays_in_half_of_the_trials_and_costs_in_the_others()
    {
        const int N = 2000;
        BanditLanes lanes = new PayToLook(new() { Cost = 3 }).CreateBanditLanes(N);
        lanes.Begin(1, 0, []);
        int pays = 0;
        float[] rewards = new float[N];
        lanes.Step(Enumerable.Repeat(1, N).ToArray(), [], rewards, new Endings[N]);
        for (int lane = 0; lane < N; lane++)
        {
            Assert.Equal(0, lanes.Means(lane)[0]);
            Assert.Contains(lanes.Means(lane)[1], new float[] { 1, -3 });
            Assert.Equal(lanes.Means(lane)[1], rewards[lane]);
            pays += rewards[lane] > 0 ? 1 : 0;
        }
        Assert.InRange(pays, 900, 1100);                                    // 1000 ± 4.5 deviations of 22
    }

    // Over the total: look first and stay if it pays, k/2 − c/2; or never look, 0. After p free pulls: (k − p)/2.
    [Fact]
    public void Looking_costs_more_than_it_brings_unless_the_first_pulls_are_free()
    {
        var task = new PayToLook();
        Assert.Equal(0, task.OptimalValue);
        Assert.Equal(1, task.OptimalExploitValue(3));
        Assert.Equal(0.5 * (5 - 3), new PayToLook(new() { Cost = 3 }).OptimalValue);
        Assert.Equal((5, 5), (task.Episodes, task.TrialLength));
    }

    [Fact]
    public void A_trial_of_one_pull_or_a_free_look_is_refused()
    {
        Assert.Equal("pulls must be at least 2, but is 1",
            Assert.Throws<OptionException>(() => new PayToLookOptions { Pulls = 1 }).Message);
        Assert.Equal("cost must be above 0, but is 0",
            Assert.Throws<OptionException>(() => new PayToLookOptions { Cost = 0 }).Message);
    }
}
