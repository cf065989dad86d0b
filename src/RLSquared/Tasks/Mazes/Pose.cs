namespace RLSquared.Tasks.Mazes;

/// <summary>
/// Where an agent stands and where it looks. Places lie on a fine lattice of <see cref="UnitsPerCell"/> units per cell
/// and there are twelve headings, so that poses are exact: the same actions lead to the same place on every machine,
/// and the shortest way from every pose can be counted (<see cref="MazeDistances"/>).
/// </summary>
/// <param name="X">Units from the left.</param>
/// <param name="Y">Units from the top.</param>
/// <param name="Heading">0 … 11 in steps of 30°: 0 looks to the right, 3 downwards.</param>
public readonly record struct Pose(int X, int Y, int Heading)
{
    /// <summary>Units of length along one side of a cell.</summary>
    public const int UnitsPerCell = 24;

    /// <summary>Headings of a full turn.</summary>
    public const int Headings = 12;

    /// <summary>
    /// Half the side of the agent's body, a square: it keeps its eyes a quarter of a cell off the walls.
    /// </summary>
    internal const int Body = 6;

    /// <summary>At most so many units, half a cell, from the middle of the target the target is reached.</summary>
    internal const int Reach = 12;

    // A third of a cell in each direction: (7, 4) is 8.06 units at 29.7°, (4, 7) at 60.3°.
    static ReadOnlySpan<sbyte> StepX => [8, 7, 4, 0, -4, -7, -8, -7, -4, 0, 4, 7];
    static ReadOnlySpan<sbyte> StepY => [0, 4, 7, 8, 7, 4, 0, -4, -7, -8, -7, -4];

    /// <summary>What one step forwards adds to the place, in units.</summary>
    internal static (int X, int Y) StepOf(int heading) => (StepX[heading], StepY[heading]);

    /// <summary>The same place after a turn by one heading to the left.</summary>
    public Pose TurnedLeft => this with { Heading = Heading == 0 ? Headings - 1 : Heading - 1 };

    /// <summary>The same place after a turn by one heading to the right.</summary>
    public Pose TurnedRight => this with { Heading = Heading == Headings - 1 ? 0 : Heading + 1 };

    /// <summary>
    /// The pose after a step forwards. A body that would touch a wall slides along it, if it can, else it stays.
    /// </summary>
    /// <param name="maze">Whose walls stand in the way.</param>
    /// <param name="touched">Whether a wall did.</param>
    internal Pose Forward(Maze maze, out bool touched)
    {
        (int dx, int dy) = StepOf(Heading);
        touched = !IsFree(maze, X + dx, Y + dy);
        if (!touched)
            return new Pose(X + dx, Y + dy, Heading);
        if (dx != 0 && IsFree(maze, X + dx, Y))
            return this with { X = X + dx };
        if (dy != 0 && IsFree(maze, X, Y + dy))
            return this with { Y = Y + dy };
        return this;
    }

    /// <summary>Whether a body at this place touches no wall. It is smaller than a cell: its corners tell.</summary>
    internal static bool IsFree(Maze maze, int x, int y)
    {
        ReadOnlySpan<bool> walls = maze.Walls;
        int left = (x - Body) / UnitsPerCell, right = (x + Body - 1) / UnitsPerCell;
        int top = (y - Body) / UnitsPerCell * maze.Side, bottom = (y + Body - 1) / UnitsPerCell * maze.Side;
        return !(walls[top + left] || walls[top + right] || walls[bottom + left] || walls[bottom + right]);
    }

    /// <summary>Whether the target is reached.</summary>
    internal bool IsAtTarget(Maze maze)
    {
        int dx = X - Maze.Middle(maze.Target.X), dy = Y - Maze.Middle(maze.Target.Y);
        return dx * dx + dy * dy <= Reach * Reach;
    }
}
