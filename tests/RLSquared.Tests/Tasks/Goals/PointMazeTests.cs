using RLSquared.Datasets;
using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Tests.Tasks.Goals;

public sealed class PointMazeTests
{
    static PointMaze Of(PointMazeSize size) => new(new PointMazeOptions { Size = size });

    // Counted by others on the original's maps: free cells, vertex cells, the longest shortest way over cells.
    [Theory]
    [InlineData(PointMazeSize.Medium, 8, 8, 26, 21, 11)]
    [InlineData(PointMazeSize.Large, 9, 12, 46, 22, 19)]
    [InlineData(PointMazeSize.Giant, 12, 16, 86, 46, 31)]
    [InlineData(PointMazeSize.Teleport, 9, 12, 45, 24, 23)]
    public void Maps_have_the_published_cells(
        PointMazeSize size, int rows, int columns, int free, int vertices, int diameter)
    {
        PointMazeMap map = PointMazeMap.Of(size);
        Assert.Equal((rows, columns), (map.Rows, map.Columns));
        Assert.Equal((free, vertices), (map.FreeCells.Count, map.VertexCells.Count));
        Assert.Equal(diameter, map.FreeCells.Max(from => map.FreeCells.Max(to => map.Distance(from, to))));
    }

    [Theory]
    [InlineData(PointMazeSize.Medium, 10, 10, 6, 10, 8)]
    [InlineData(PointMazeSize.Large, 15, 19, 12, 14, 15)]
    [InlineData(PointMazeSize.Giant, 30, 26, 30, 26, 17)]
    [InlineData(PointMazeSize.Teleport, 19, 15, 10, 21, 15)]
    public void The_five_tasks_are_as_far_as_published(PointMazeSize size, params int[] cells)
    {
        PointMazeMap map = PointMazeMap.Of(size);
        Assert.Equal(cells, map.Evaluations.Select(pair => map.Distance(pair.Start, pair.Goal)));
    }

    [Fact]
    public void Whoever_knows_the_way_reaches_every_goal_of_the_mazes_without_portals()
    {
        foreach (PointMazeSize size in new[] { PointMazeSize.Medium, PointMazeSize.Large, PointMazeSize.Giant })
        {
            PointMaze maze = Of(size);
            GoalEvaluation found = GoalEvaluator.Run(maze, _ => Knowing(maze));
            Assert.Equal(1, found.Rate);
            // 20 steps of 0.2 lead over a cell of 4; 5 less are needed at the end, and bends are cut.
            foreach ((GoalScore score, (int start, int goal)) in found.Tasks.Zip(maze.Map.Evaluations))
                Assert.InRange(score.MeanSteps / maze.Map.Distance(start, goal), 14, 20);
        }
    }

    [Fact]
    public void Data_are_the_same_bits_on_any_number_of_threads_and_in_parts()
    {
        PointMaze maze = Of(PointMazeSize.Teleport);
        foreach (GoalDataKind kind in maze.Data)
        {
            var options = new GoalDataOptions { Kind = kind.Name, Trajectories = 7, Rows = 101, Seed = 3 };
            GoalDataset alone = maze.MakeData(options);
            using var workers = new Workers(3);
            GoalDataset together = maze.MakeData(options, workers);
            Assert.True(alone.Observations.SequenceEqual(together.Observations));
            Assert.True(alone.Numbers.SequenceEqual(together.Numbers));
            GoalDataset rest = maze.MakeData(options with { FirstTrajectory = 4, Trajectories = 3 }, workers);
            Assert.True(rest.Observations.SequenceEqual(alone.Observations[(4 * 101 * 2)..]));
        }
    }

    [Fact]
    public void Constants_are_the_published_ones()
    {
        Assert.Equal((4.0, 0.7, 1.5), (PointMazeMap.Unit, PointMazeMap.Radius, PointMazeMap.PortalRadius));
        Assert.Equal((0.2, 1.0, 1.0), (PointMaze.StepSize, PointMaze.GoalTolerance, PointMaze.ResetNoise));
        Assert.Equal((0.5, 1.0, 4), (PointMaze.ActionNoise, PointMaze.ExploringNoise, PointMaze.StitchDistance));
        foreach (PointMazeSize size in Enum.GetValues<PointMazeSize>())
        {
            PointMaze maze = Of(size);
            bool isGiant = size == PointMazeSize.Giant;
            Assert.Equal((1000, isGiant ? 0.995 : 0.99), (maze.EpisodeLength, maze.Discount));
            Assert.Equal(
                [("navigate", isGiant ? 500 : 1000, isGiant ? 2001 : 1001), ("stitch", 5000, 201),
                    ("explore", 10_000, 501)],
                maze.Data.Select(kind => (kind.Name, kind.Trajectories, kind.Rows)));
        }
        // Cell (i, j) is at x = 4 j − 4, y = 4 i − 4.
        Assert.Equal((8.0, 16.0), Of(PointMazeSize.Large).Map.CentreOf(5 * 12 + 3));
        Assert.Equal(5 * 12 + 3, Of(PointMazeSize.Large).Map.CellOf(9.9, 14.1));
    }

    // Steps of the original's model under MuJoCo 2.2.2: straight into a wall, along one, and around three outer
    // corners.
    [Theory]
    [InlineData(-1.2, 0, -1, 0, -1.317722, 0)]
    [InlineData(-1.3, 0, -0.5, 0, -1.317722, 0)]
    [InlineData(-1.25, 0, -1, 1, -1.326582, 0.2)]
    [InlineData(0, 0, 1, 0, 0.2, 0)]
    [InlineData(5.3388996, 6.1755447, 1, -0.51121247, 5.349479, 6.103415)]
    [InlineData(18.558664, 18.393839, -0.22597578, -1, 18.629827, 18.237765)]
    [InlineData(13.720196, 5.360865, 0.04156524, 0.8178306, 13.666345, 5.415539)]
    [InlineData(14.383012, 2.617909, -1, -0.8630808, 14.251373, 2.611625)]
    public void Steps_against_walls_and_corners_end_where_the_simulator_leaves_them(
        double x, double y, double actionX, double actionY, double thenX, double thenY)
    {
        Of(PointMazeSize.Medium).Step(ref x, ref y, actionX, actionY);
        Assert.Equal(thenX, x, 4);
        Assert.Equal(thenY, y, 4);
    }

    // The same model settles 0.0431 deep in the wall when it is pushed on and on.
    [Fact]
    public void Whoever_pushes_on_stays_a_little_within_the_wall()
    {
        (double x, double y) = (-1.2, 0);
        for (int step = 0; step < 100; step++)
            Of(PointMazeSize.Medium).Step(ref x, ref y, -1, 0);
        Assert.Equal(-1.343, x, 3);
    }

    [Fact]
    public void No_push_leads_through_a_wall_and_actions_beyond_1_count_as_1()
    {
        PointMaze maze = Of(PointMazeSize.Giant);
        var random = new Random(5);
        foreach (int cell in maze.Map.FreeCells)
        {
            (double x, double y) = maze.Map.CentreOf(cell);
            (double angle, double beforeX, double beforeY) = (random.NextDouble() * 7, x, y);
            for (int step = 0; step < 300; step++)
            {
                angle += random.NextDouble() - 0.5;
                (beforeX, beforeY) = (x, y);
                maze.Step(ref x, ref y, 9 * Math.Cos(angle), 9 * Math.Sin(angle));
                Assert.InRange(Math.Max(Math.Abs(x - beforeX), Math.Abs(y - beforeY)), 0, 0.3);
                int now = maze.Map.CellOf(x, y);
                Assert.True(maze.Map.IsFree(now / maze.Map.Columns, now % maze.Map.Columns));
            }
        }
    }

    [Fact]
    public void Within_1_of_the_goal_is_near_enough_and_the_time_is_up_after_1000_steps()
    {
        PointMaze maze = Of(PointMazeSize.Medium);
        GoalLanes lanes = maze.CreateLanes(1);
        float[] seen = new float[2], goal = new float[2];
        var endings = new Endings[1];
        lanes.Begin(1, 7, [2], seen, goal);
        // Start and goal lie within 1 of the centres of cells (5, 3) and (4, 2), along each axis.
        Assert.InRange(seen[0], 7, 9);
        Assert.InRange(seen[1], 15, 17);
        Assert.InRange(goal[0], 3, 5);
        Assert.InRange(goal[1], 11, 13);
        float[] action = new float[2];
        for (int step = 1; endings[0] == Endings.None; step++)
        {
            maze.ActKnowing(seen, goal, action);
            lanes.Step(new ReadOnlyActionSpan([], action), seen, endings);
            double distance = Math.Sqrt(Math.Pow(seen[0] - goal[0], 2) + Math.Pow(seen[1] - goal[1], 2));
            Assert.Equal(distance <= 1, endings[0] == (Endings.Terminated | Endings.TrialEnded));
        }
        float[] last = [.. seen];
        lanes.Step(new ReadOnlyActionSpan([], [1, 1]), seen, endings);
        Assert.Equal(Endings.TrialEnded, endings[0]);
        Assert.Equal(last, seen);

        lanes.Begin(1, 7, [0], seen, goal);
        for (int step = 1; step < 1000; step++)
        {
            lanes.Step(new ReadOnlyActionSpan([], [0, 0]), seen, endings);
            Assert.Equal(Endings.None, endings[0]);
        }
        lanes.Step(new ReadOnlyActionSpan([], [0, 0]), seen, endings);
        Assert.Equal(Endings.Truncated | Endings.TrialEnded, endings[0]);
    }

    [Fact]
    public void A_step_that_is_not_a_number_and_a_goal_in_a_wall_are_refused()
    {
        PointMaze maze = Of(PointMazeSize.Medium);
        GoalLanes lanes = maze.CreateLanes(1);
        lanes.Begin(1, 0, [0], new float[2], new float[2]);
        const string said = "the action of lane 0 at step 0, number 1 of 2 is not a number";
        Assert.Contains(said, Assert.Throws<NonFiniteException>(
            () => lanes.Step(new ReadOnlyActionSpan([], [0, float.NaN]), new float[2], new Endings[1])).Message);
        maze.RequireGoal([20, 20]);
        Assert.Equal("the goal (8, 2) is in a wall or outside of the maze; x goes from 0 to 20, y from 0 to 20, and " +
            "walls are 0.7 away", Assert.Throws<OptionException>(() => maze.RequireGoal([8, 2])).Message);
        Assert.Contains("outside of the maze",
            Assert.Throws<OptionException>(() => maze.RequireGoal([-40, 900])).Message);
        Assert.Contains("has 2 numbers, but 3 are given",
            Assert.Throws<OptionException>(() => maze.RequireGoal([0, 0, 0])).Message);
    }

    [Fact]
    public void Stepping_allocates_nothing()
    {
        PointMaze maze = Of(PointMazeSize.Teleport);
        GoalLanes lanes = maze.CreateLanes(8);
        float[] seen = new float[16], goal = new float[16], action = new float[16];
        var endings = new Endings[8];
        lanes.Begin(1, 0, [0, 1, 2, 3, 4, 0, 1, 2], seen, goal);
        Array.Fill(action, 0.7f);
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Run()
        {
            for (int step = 0; step < 200; step++)
                lanes.Step(new ReadOnlyActionSpan([], action), seen, endings);
        }
    }

    internal static GoalAct Knowing(PointMaze maze) => (in GoalPercept percept, ActionSpan actions) =>
    {
        for (int lane = 0; lane < percept.Lanes; lane++)
        {
            maze.ActKnowing(percept.Observations.Slice(2 * lane, 2), percept.Goals.Slice(2 * lane, 2),
                actions.Numbers.Slice(2 * lane, 2));
        }
    };
}
