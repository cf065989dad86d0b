using RLSquared.Datasets;
using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;

namespace RLSquared.Tests.Tasks.Goals;

public sealed class GridGoalsTests
{
    static readonly GridGoals barrier = new(new GridGoalsOptions { Width = 5, Height = 4, Barrier = true });

    [Fact]
    public void The_distance_in_a_chain_is_the_difference_and_in_a_grid_the_sum_of_two()
    {
        GridGoals chain = new(new GridGoalsOptions { Width = 9 }), grid = new(new() { Width = 4, Height = 3 });
        for (int from = 0; from < 9; from++)
        {
            for (int to = 0; to < 9; to++)
                Assert.Equal(Math.Abs(from - to), chain.Distance(from, to));
        }
        for (int from = 0; from < 12; from++)
        {
            for (int to = 0; to < 12; to++)
            {
                Assert.Equal(
                    Math.Abs(from % 4 - to % 4) + Math.Abs(from / 4 - to / 4), grid.Distance(from, to));
            }
        }
    }

    // . . # . .     From the top left to the top right: down 3, right 4, up 3.
    // . . # . .
    // . . # . .
    // . . . . .
    [Fact]
    public void A_barrier_is_walked_around()
    {
        Assert.Equal(10, barrier.Distance(0, 4));
        Assert.Equal(GridGoals.Unreachable, barrier.Distance(0, 2));
        Assert.Equal(1, barrier.Next(1, 3));
    }

    [Fact]
    public void The_set_of_edges_has_each_step_once()
    {
        GoalDataset edges = barrier.MakeData(new GoalDataOptions { Kind = "edges" });
        Assert.Equal((80, 160), (edges.Trajectories, edges.Rows));
        var found = new HashSet<(float, int)>();
        for (int row = 0; row < edges.Rows; row += 2)
        {
            (float state, int action) = (edges.ObservationOf(row)[0], edges.ActionOf(row)[0]);
            Assert.True(found.Add((state, action)));
            Assert.Equal(barrier.Next((int)state, action), edges.ObservationOf(row + 1)[0]);
            Assert.Equal((row, row + 1), (edges.FirstOf(row + 1), edges.LastOf(row)));
        }
    }

    [Fact]
    public void Whoever_goes_down_the_distances_arrives_in_exactly_so_many_steps()
    {
        GoalEvaluation found = GoalEvaluator.Run(barrier, _ => (in GoalPercept percept, ActionSpan actions) =>
        {
            for (int lane = 0; lane < percept.Lanes; lane++)
            {
                (int state, int goal) = ((int)percept.Observations[lane], (int)percept.Goals[lane]);
                actions[lane] = Enumerable.Range(0, GridGoals.Moves)
                    .MinBy(action => barrier.Distance(barrier.Next(state, action), goal));
            }
        }, new GoalEvaluationOptions { Episodes = 3 });
        Assert.Equal([7.0, 7, 7, 7, 10], found.Tasks.Select(task => task.MeanSteps));
        Assert.Equal(1, found.Rate);
    }

    [Fact]
    public void Whoever_never_arrives_is_stopped_when_the_time_is_up()
    {
        int steps = 0;
        GoalEvaluation found = GoalEvaluator.Run(
            barrier, _ => (in GoalPercept percept, ActionSpan actions) => { steps = percept.Step + 1; },
            new GoalEvaluationOptions { Episodes = 1 });
        Assert.Equal((0, barrier.EpisodeLength), (found.Tasks[0].Successes, steps));
    }
}
