using RLSquared.Tasks.Mazes;

namespace RLSquared.Tests.Tasks.Mazes;

public sealed class MazeSetsTests
{
    public static TheoryData<MazeSize, MazeSplit> Sets => new()
    {
        { MazeSize.Small, MazeSplit.Train },
        { MazeSize.Small, MazeSplit.Test },
        { MazeSize.Large, MazeSplit.Train },
        { MazeSize.Large, MazeSplit.Test },
    };

    // A tree over the rooms: every room is reached, through one passage fewer than there are rooms. So each maze has
    // exactly one way from its start to its target.
    [Theory]
    [MemberData(nameof(Sets))]
    public void Every_maze_has_one_way_from_any_room_to_any_other(MazeSize size, MazeSplit split)
    {
        int rooms = size == MazeSize.Small ? 3 : 5;
        IReadOnlyList<Maze> set = MazeSets.Of(size, split);
        Assert.Equal(1000, set.Count);
        foreach (Maze maze in set)
        {
            Assert.Equal((rooms, 2 * rooms + 1), (maze.Rooms, maze.Side));
            var reached = new HashSet<Cell>();
            var next = new Stack<Cell>([new Cell(1, 1)]);
            while (next.TryPop(out Cell cell))
            {
                if (maze.IsWall(cell.X, cell.Y) || !reached.Add(cell))
                    continue;
                next.Push(cell with { X = cell.X + 1 });
                next.Push(cell with { X = cell.X - 1 });
                next.Push(cell with { Y = cell.Y + 1 });
                next.Push(cell with { Y = cell.Y - 1 });
            }
            Assert.Equal(rooms * rooms + rooms * rooms - 1, reached.Count);
            Assert.Contains(maze.Target, reached);
            var start = new Cell(maze.Start.X / Pose.UnitsPerCell, maze.Start.Y / Pose.UnitsPerCell);
            Assert.Contains(start, reached);
            Assert.NotEqual(start, maze.Target);
        }
    }

    [Fact]
    public void Agents_can_walk_the_way_from_the_start_to_the_target()
    {
        foreach (MazeSize size in new[] { MazeSize.Small, MazeSize.Large })
        {
            IReadOnlyList<Maze> set = MazeSets.Of(size, MazeSplit.Test);
            for (int i = 0; i < set.Count; i += 20)
                Assert.InRange(MazeDistances.Of(set[i]).From(set[i].Start), 1, 200);
        }
    }

    [Theory]
    [InlineData(MazeSize.Small)]
    [InlineData(MazeSize.Large)]
    public void No_walls_and_target_are_in_both_sets(MazeSize size)
    {
        HashSet<string> train = [.. MazeSets.Of(size, MazeSplit.Train).Select(PlanAndTarget)];
        Assert.DoesNotContain(MazeSets.Of(size, MazeSplit.Test), maze => train.Contains(PlanAndTarget(maze)));
    }

    [Theory]
    [MemberData(nameof(Sets))]
    public void No_maze_is_twice_in_a_set(MazeSize size, MazeSplit split)
    {
        IReadOnlyList<Maze> set = MazeSets.Of(size, split);
        Assert.Equal(
            set.Count, set.Select(maze => $"{PlanAndTarget(maze)} {maze.Start.X} {maze.Start.Y}").Distinct().Count());
    }

    // The sets are part of what a recorded figure means; they may never change.
    [Theory]
    [InlineData(MazeSize.Small, MazeSplit.Train, 3781700311232739687UL)]
    [InlineData(MazeSize.Small, MazeSplit.Test, 9738645762472002552UL)]
    [InlineData(MazeSize.Large, MazeSplit.Train, 13173995570959179573UL)]
    [InlineData(MazeSize.Large, MazeSplit.Test, 967981369723961323UL)]
    public void The_stored_mazes_never_change(MazeSize size, MazeSplit split, ulong expected)
    {
        ulong hash = 14695981039346656037;
        foreach (Maze maze in MazeSets.Of(size, split))
        {
            Mix((uint)(maze.Start.X * 1000 + maze.Start.Y * 12 + maze.Start.Heading));
            Mix((uint)(maze.Target.X * maze.Side + maze.Target.Y));
            foreach (bool wall in maze.Walls)
                Mix(wall ? 1u : 0u);
            foreach (byte look in maze.Faces)
                Mix(look);
        }
        Assert.Equal(expected, hash);

        void Mix(uint number) => hash = (hash ^ number) * 1099511628211;
    }

    static string PlanAndTarget(Maze maze) =>
        string.Concat(maze.Walls.ToArray().Select(wall => wall ? '#' : ' ')) + maze.Target;
}
