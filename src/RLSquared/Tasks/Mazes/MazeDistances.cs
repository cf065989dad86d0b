namespace RLSquared.Tasks.Mazes;

/// <summary>
/// The fewest steps from every pose to the target of a maze, counted backwards from the target (breadth first). About a
/// millisecond for a small maze.
/// </summary>
public sealed class MazeDistances
{
    /// <summary>What poses have from which no way leads to the target.</summary>
    public const int Unreachable = ushort.MaxValue;

    readonly int lattice;                       // places along one side of the inner cells
    readonly ushort[] steps;                    // [lattice, lattice, headings]
    readonly int[] queue;

    /// <summary>Room for the distances of mazes of one size; memory is used again by each <see cref="Find"/>.</summary>
    /// <param name="side">Cells along one side of the mazes, with the outer walls.</param>
    public MazeDistances(int side)
    {
        lattice = (side - 2) * Pose.UnitsPerCell;
        steps = new ushort[lattice * lattice * Pose.Headings];
        queue = new int[steps.Length];
    }

    /// <summary>The distances of a maze.</summary>
    public static MazeDistances Of(Maze maze)
    {
        ArgumentNullException.ThrowIfNull(maze);
        var distances = new MazeDistances(maze.Side);
        distances.Find(maze);
        return distances;
    }

    /// <summary>The fewest steps from a pose, or <see cref="Unreachable"/>.</summary>
    public int From(Pose pose) => steps[IndexOf(pose)];

    /// <summary>Counts the steps in a maze.</summary>
    public void Find(Maze maze)
    {
        ArgumentNullException.ThrowIfNull(maze);
        Array.Fill(steps, (ushort)Unreachable);
        int end = 0, x0 = Maze.Middle(maze.Target.X), y0 = Maze.Middle(maze.Target.Y);
        for (int y = y0 - Pose.Reach; y <= y0 + Pose.Reach; y++)
        {
            for (int x = x0 - Pose.Reach; x <= x0 + Pose.Reach; x++)
            {
                if (!Pose.IsFree(maze, x, y) || !new Pose(x, y, 0).IsAtTarget(maze))
                    continue;
                for (int heading = 0; heading < Pose.Headings; heading++)
                    Add(new Pose(x, y, heading), 0);
            }
        }

        for (int begin = 0; begin < end; begin++)
        {
            Pose pose = PoseOf(queue[begin]);
            int next = steps[queue[begin]] + 1;
            Add(pose.TurnedLeft, next);
            Add(pose.TurnedRight, next);
            // A step forwards may have slid along a wall, so there are three places that it may have come from.
            (int dx, int dy) = Pose.StepOf(pose.Heading);
            AddIfItLeadsHere(pose with { X = pose.X - dx, Y = pose.Y - dy });
            if (dx != 0 && dy != 0)
            {
                AddIfItLeadsHere(pose with { X = pose.X - dx });
                AddIfItLeadsHere(pose with { Y = pose.Y - dy });
            }

            void AddIfItLeadsHere(Pose from)
            {
                if (Pose.IsFree(maze, from.X, from.Y) && from.Forward(maze, out _) == pose)
                    Add(from, next);
            }
        }

        void Add(Pose pose, int distance)
        {
            int index = IndexOf(pose);
            if (steps[index] != Unreachable)
                return;
            steps[index] = (ushort)distance;
            queue[end++] = index;
        }
    }

    int IndexOf(Pose pose) =>
        ((pose.Y - Pose.UnitsPerCell) * lattice + pose.X - Pose.UnitsPerCell) * Pose.Headings + pose.Heading;

    Pose PoseOf(int index)
    {
        int place = index / Pose.Headings;
        return new Pose(
            place % lattice + Pose.UnitsPerCell, place / lattice + Pose.UnitsPerCell, index % Pose.Headings);
    }
}
