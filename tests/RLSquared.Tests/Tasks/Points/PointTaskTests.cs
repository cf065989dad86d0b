using System.Numerics;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class PointTaskTests
{
    [Fact]
    public void A_corner_pays_by_how_near_it_is_and_nothing_is_felt_at_the_origin()
    {
        var task = new Corners();
        Assert.Equal(0, task.Judge(Vector2.Zero, Corners.Corner(0)).Reward);
        Assert.Equal(1, task.Judge(new Vector2(2, -2), Corners.Corner(2)).Reward);
        Assert.Equal(0.5f, task.Judge(new Vector2(2, 1), Corners.Corner(0)).Reward);
        Assert.Equal(0, task.Judge(new Vector2(2, 2), Corners.Corner(3)).Reward);
        Assert.Equal(4, Enumerable.Range(0, 4).Select(Corners.Corner).Distinct().Count());
    }

    [Fact]
    public void A_goal_costs_its_distance_and_ends_the_episode_within_a_hundredth_along_both_axes()
    {
        var task = new PointGoals();
        Assert.Equal((-0.5f, false), task.Judge(new Vector2(0.3f, 0), new Vector2(0, 0.4f)));
        Assert.True(task.Judge(new Vector2(0.009f, -0.009f), Vector2.Zero).Terminated);
        Assert.False(task.Judge(new Vector2(0.009f, 0.011f), Vector2.Zero).Terminated);
        Assert.Equal(-0.25f, new PointGoals(new() { Squared = true }).Judge(
            new Vector2(0.3f, 0), new Vector2(0, 0.4f)).Reward, 1e-6f);
    }

    [Fact]
    public void A_point_goes_a_stride_at_most_and_an_episode_is_cut_at_the_horizon()
    {
        var task = new Corners(new() { Episodes = 2, Horizon = 3 });
        Lanes lanes = task.CreateLanes(1);
        float[] seen = new float[2], reward = new float[1];
        var ending = new Endings[1];
        lanes.Begin(1, 5, seen);
        Assert.InRange(seen[0], -0.2f, 0.2f);
        float x = seen[0], y = seen[1];
        lanes.Step(new ReadOnlyActionSpan([], [7, -0.5f]), seen, reward, ending);
        Assert.Equal((x + 0.2f, y - 0.1f, Endings.None), (seen[0], seen[1], ending[0]));
        lanes.Step(new ReadOnlyActionSpan([], [1, 1]), seen, reward, ending);
        lanes.Step(new ReadOnlyActionSpan([], [1, 1]), seen, reward, ending);
        Assert.Equal(Endings.Truncated, ending[0]);
        Assert.InRange(seen[0], -0.2f, 0.2f);                               // the next episode has begun
        Assert.NotEqual(x, seen[0]);
        for (int i = 0; i < 3; i++)
            lanes.Step(new ReadOnlyActionSpan([], [1, 1]), seen, reward, ending);
        Assert.Equal(Endings.Truncated | Endings.TrialEnded, ending[0]);
        lanes.Step(new ReadOnlyActionSpan([], [1, 1]), seen, reward, ending);
        Assert.Equal((0, Endings.TrialEnded), (reward[0], ending[0]));
    }

    [Fact]
    public void Goals_are_functions_of_the_trial_and_cover_their_place()
    {
        const int N = 1000;
        var task = new PointGoals();
        var all = (PointLanes)task.CreateLanes(N);
        var one = (PointLanes)task.CreateLanes(1);
        all.Begin(3, 10, new float[2 * N]);
        one.Begin(3, 17, new float[2]);
        Assert.Equal(all.Goal(7), one.Goal(0));
        Vector2[] goals = [.. Enumerable.Range(0, N).Select(all.Goal)];
        Assert.All(goals, goal => Assert.InRange(Math.Max(Math.Abs(goal.X), Math.Abs(goal.Y)), 0, 0.5f));
        Assert.InRange(goals.Average(goal => goal.X * goal.X), 0.075, 0.092);                    // 1/12
        var corners = (PointLanes)new Corners().CreateLanes(N);
        corners.Begin(3, 10, new float[2 * N]);
        var counts = Enumerable.Range(0, N).GroupBy(corners.Goal).Select(group => group.Count()).ToArray();
        Assert.Equal(4, counts.Length);
        Assert.All(counts, count => Assert.InRange(count, 190, 310));
    }
}
