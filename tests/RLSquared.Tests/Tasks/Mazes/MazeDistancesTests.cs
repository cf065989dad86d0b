using RLSquared.Tasks.Mazes;

namespace RLSquared.Tests.Tasks.Mazes;

public sealed class MazeDistancesTests
{
    // From the middle of S it is two cells, 48 units, to the middle of T, and half a cell, 12, is near enough: 36 units
    // in steps of 8 are five steps. Looking the other way takes six turns more, looking downwards three.
    [Theory]
    [InlineData(0, 5)]
    [InlineData(6, 11)]
    [InlineData(3, 8)]
    [InlineData(9, 8)]
    public void Straight_ahead_steps_and_turns_add_up(int heading, int steps)
    {
        var maze = Maze.Parse(heading,
            "#####",
            "#S T#",
            "#####",
            "#   #",
            "#####");
        Assert.Equal(steps, MazeDistances.Of(maze).From(maze.Start));
    }

    [Fact]
    public void What_is_walled_off_is_out_of_reach()
    {
        var maze = Maze.Parse(0, "#####", "#S  #", "#####", "#  T#", "#####");
        Assert.Equal(MazeDistances.Unreachable, MazeDistances.Of(maze).From(maze.Start));
    }

    // The count must obey what it counts: the target is 0 steps away from itself, and from anywhere else the best of
    // the three actions leads one step nearer.
    [Fact]
    public void From_every_pose_the_best_action_leads_one_step_nearer()
    {
        Maze maze = MazeSets.Of(MazeSize.Small, MazeSplit.Train)[7];
        var distances = MazeDistances.Of(maze);
        int inner = Pose.UnitsPerCell, outer = (maze.Side - 1) * Pose.UnitsPerCell, checkedPoses = 0;
        for (int i = 0; i < (outer - inner) * (outer - inner) * Pose.Headings; i++)
        {
            var pose = new Pose(
                inner + i / Pose.Headings % (outer - inner), inner + i / Pose.Headings / (outer - inner),
                i % Pose.Headings);
            int steps = Pose.IsFree(maze, pose.X, pose.Y) ? distances.From(pose) : MazeDistances.Unreachable;
            if (steps == MazeDistances.Unreachable)
                continue;
            checkedPoses++;
            if (pose.IsAtTarget(maze))
            {
                Assert.Equal(0, steps);
                continue;
            }
            int best = Math.Min(
                distances.From(pose.Forward(maze, out _)),
                Math.Min(distances.From(pose.TurnedLeft), distances.From(pose.TurnedRight)));
            Assert.Equal(steps - 1, best);
        }
        // 13 × 13 free places in each of 9 rooms and 35 × 13 between two rooms, each with 12 headings.
        Assert.Equal((9 * 13 * 13 + 8 * 35 * 13) * 12, checkedPoses);
    }
}
