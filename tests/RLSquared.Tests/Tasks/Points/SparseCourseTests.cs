using System.Numerics;
using RLSquared.Tasks;

namespace RLSquared.Tests.Tasks;

public sealed class SparseCourseTests
{
    // v = 0.05, then 0.8·0.05 + 0.05 = 0.09, then 0.122; in the end 0.25 a step.
    [Fact]
    public void A_push_speeds_the_point_up_to_a_quarter_a_step()
    {
        (Vector2 place, Vector2 velocity) = (Vector2.Zero, Vector2.Zero);
        float[] expected = [0.05f, 0.14f, 0.262f];
        foreach (float x in expected)
        {
            SparseCourse.Move(new(5, 0), hasWall: false, ref place, ref velocity);       // no more than 1 counts
            Assert.Equal(x, place.X, 1e-6f);
        }
        for (int i = 0; i < 30; i++)
            SparseCourse.Move(new(0, -1), false, ref place, ref velocity);
        Assert.True(Vector2.Distance(new(0, -0.25f), velocity) < 1e-3, $"{velocity}");
    }

    [Theory]
    [InlineData(-1, true, -0.1f)]                           // stopped by the wall, from either side
    [InlineData(1, true, 0.15f)]                            // over it
    [InlineData(-1, false, 0.15f)]
    public void The_wall_stops_what_would_cross_it_below_its_top(float y, bool hasWall, float expected)
    {
        foreach (int side in (int[])[1, -1])
        {
            (Vector2 place, Vector2 velocity) = (new(-0.1f * side, y), new(0.25f * side, 0));
            SparseCourse.Move(new(side, 0), hasWall, ref place, ref velocity);
            Assert.Equal(expected * side, place.X, 1e-6f);
            Assert.Equal(expected < 0, velocity.X == 0);
        }
    }

    [Fact]
    public void The_edge_of_the_field_stops_the_point()
    {
        (Vector2 place, Vector2 velocity) = (new(9.9f, -9.9f), Vector2.Zero);
        for (int i = 0; i < 20; i++)
            SparseCourse.Move(new(1, -1), true, ref place, ref velocity);
        Assert.Equal((new Vector2(10, -10), Vector2.Zero), (place, velocity));
    }

    [Theory]
    [InlineData(0, 1, 0)]
    [InlineData(1, -1, 0)]
    [InlineData(2, 0, 1)]
    [InlineData(3, 0, -1)]
    public void Practice_pays_how_far_a_step_led_in_the_direction_of_the_trial(int direction, float x, float y)
    {
        var task = new SparseCourse(new() { Stage = CourseStage.Practice, Direction = direction });
        double towards = Total(task, _ => (x, y)), back = Total(task, _ => (-x, -y)), aside = Total(task, _ => (y, x));
        Assert.True(towards > 0 && back < 0, $"{towards} and {back}");
        Assert.Equal(20 / 0.25, towards - back, 1e-3);                  // from edge to edge
        Assert.Equal(0, aside, 1e-3);
    }

    // Up along the left edge, over the wall, and down: 1 a step from about step 80 on.
    [Fact]
    public void The_course_pays_at_the_goal_alone()
    {
        var task = new SparseCourse();
        double total = Total(task, seen => seen[1] < 0.05f && seen[0] < 0 ? (seen[0] < -0.1f ? 1 : 0, 1)
            : seen[0] < 0.02f ? (1, 0) : (seen[0] < 0.75f ? 1 : 0, seen[1] > -0.75f ? -1 : 0));
        Assert.InRange(total, 280, 340);
        Assert.Equal(0, Total(task, _ => (1, 0)));
        Assert.Equal(0, Total(task, seen => ((float)Math.Sin(1e4 * seen[0]), (float)Math.Sin(1e4 * seen[1] + 1))));
    }

    static double Total(SparseCourse task, Func<float[], (float X, float Y)> push)
    {
        Lanes lanes = task.CreateLanes(1);
        float[] seen = new float[4], rewards = new float[1];
        var endings = new Endings[1];
        var actions = new ActionBuffer(task.Action, 1);
        lanes.Begin(3, 5, seen);
        double total = 0;
        while ((endings[0] & Endings.TrialEnded) == 0)
        {
            (actions.Numbers[0], actions.Numbers[1]) = push(seen);
            lanes.Step(actions.Span, seen, rewards, endings);
            total += rewards[0];
        }
        return total;
    }
}
