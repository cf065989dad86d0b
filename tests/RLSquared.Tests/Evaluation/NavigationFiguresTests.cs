using RLSquared.Evaluation;
using RLSquared.Tasks;

namespace RLSquared.Tests.Evaluation;

public sealed class NavigationFiguresTests
{
    // Six trials of two episodes; − marks an episode that was cut.
    //   first    10    8  −20  −20    7    5
    //   second    6   12   15  −20    7  −20
    //   improved yes   no  yes   no  yes   no        (found in the second, and in no more steps than in the first)
    static readonly int[] steps = [10, 6, 8, 12, -20, 15, -20, -20, 7, 7, 5, -20];

    [Fact]
    public void Episodes_that_were_cut_count_as_steps_but_not_as_successes()
    {
        NavigationFigures figures = NavigationFigures.Of(2, steps);
        EpisodeFigures first = figures.Episodes[0], second = figures.Episodes[1];
        Assert.Equal(2, figures.Episodes.Count);
        Assert.Equal(4 / 6.0, first.Success.Mean, 1e-12);
        // Successes take 10, 8, 7 and 5 steps: mean 7.5, squares 13, √(13 / 3 / 4) = 1.0408.
        Assert.Equal(7.5, first.StepsOfSuccesses!.Value.Mean, 1e-12);
        Assert.Equal(1.0408, first.StepsOfSuccesses.Value.StandardError, 1e-4);
        Assert.Equal(70 / 6.0, first.Steps.Mean, 1e-12);

        Assert.Equal(4 / 6.0, second.Success.Mean, 1e-12);
        Assert.Equal(10, second.StepsOfSuccesses!.Value.Mean, 1e-12);
        Assert.Equal(80 / 6.0, second.Steps.Mean, 1e-12);
    }

    [Fact]
    public void A_trial_improves_when_its_second_episode_finds_the_target_in_no_more_steps_than_the_first() =>
        Assert.Equal(0.5, NavigationFigures.Of(2, steps).Improved!.Value.Mean, 1e-12);

    [Theory]
    [InlineData(10, 10, true)]
    [InlineData(10, 9, true)]
    [InlineData(10, 11, false)]
    [InlineData(-20, 20, true)]         // the first failed, the second found
    [InlineData(3, -20, false)]
    [InlineData(-20, -20, false)]       // both failed
    public void One_trial_improves_or_does_not(int first, int second, bool improves) =>
        Assert.Equal(improves ? 1 : 0, NavigationFigures.Of(2, [first, second]).Improved!.Value.Mean);

    [Fact]
    public void Later_episodes_do_not_matter_for_improvement() =>
        Assert.Equal(1, NavigationFigures.Of(3, [10, 9, -20]).Improved!.Value.Mean);

    [Fact]
    public void Without_any_success_there_are_no_steps_of_successes_and_with_one_episode_no_improvement()
    {
        NavigationFigures figures = NavigationFigures.Of(1, [-20, -20, -20]);
        EpisodeFigures only = Assert.Single(figures.Episodes);
        Assert.Equal(new Estimate(0, 0), only.Success);
        Assert.Null(only.StepsOfSuccesses);
        Assert.Equal(new Estimate(20, 0), only.Steps);
        Assert.Null(figures.Improved);
        Assert.Throws<ArgumentOutOfRangeException>(() => NavigationFigures.Of(0, [1]));
    }

    // Lane 0 finds the target in its third step and is cut after two more; lane 1 finds it at once and is cut with its
    // next step, after which its trial is over and nothing counts.
    [Fact]
    public void The_counter_knows_the_steps_of_each_episode_of_each_trial()
    {
        const Endings none = Endings.None, found = Endings.Terminated;
        const Endings last = Endings.Truncated | Endings.TrialEnded, over = Endings.TrialEnded;
        Endings[][] played = [[none, found], [none, last], [found, over], [none, over], [last, over]];
        var counter = new EpisodeCounter(episodes: 2, lanes: 2);
        for (int repetition = 0; repetition < 2; repetition++)
        {
            counter.Begin();
            Assert.Equal([0, 0, 0, 0], counter.Steps.ToArray());
            foreach (Endings[] endings in played)
                counter.Add(endings);
            Assert.Equal([3, -2, 1, -1], counter.Steps.ToArray());
        }
    }

    [Fact]
    public void Trials_of_one_batch_may_begin_anew_before_they_are_over()
    {
        var counter = new EpisodeCounter(episodes: 1, lanes: 1);
        counter.Begin();
        counter.Add([Endings.None]);
        counter.Begin();
        counter.Add([Endings.Terminated | Endings.TrialEnded]);
        Assert.Equal([1], counter.Steps.ToArray());
    }
}
