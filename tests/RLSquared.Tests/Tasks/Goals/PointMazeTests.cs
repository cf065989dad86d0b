using RLSquared.Evaluation;
using RLSquared.Experience.Datasets;
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

    internal static GoalAct Knowing(PointMaze maze) => (in GoalPercept percept, ActionSpan actions) =>
    {
        for (int lane = 0; lane < percept.Lanes; lane++)
        {
            maze.ActKnowing(percept.Observations.Slice(2 * lane, 2), percept.Goals.Slice(2 * lane, 2),
                actions.Numbers.Slice(2 * lane, 2));
        }
    };
}
