namespace RLSquared.Tasks.Goals;

/// <summary>The mazes of <see cref="PointMaze"/>.</summary>
public enum PointMazeSize
{
    /// <summary>8 × 8 cells, 26 of them free.</summary>
    Medium,
    /// <summary>9 × 12 cells, 46 of them free.</summary>
    Large,
    /// <summary>12 × 16 cells, 86 of them free.</summary>
    Giant,
    /// <summary>9 × 12 cells, 45 of them free, with two ways in that lead to one of three ways out by chance.</summary>
    Teleport,
}

/// <summary>
/// The plan of a point maze: cells of 4 × 4 units, each free or a block of wall, and the ways between them. Cell (i, j)
/// is row i from the top, column j; its centre is at x = 4j − 4, y = 4i − 4.
/// <para>Maps, tasks and portals are those of OGBench (Park et al. 2025).</para>
/// </summary>
public sealed class PointMazeMap
{
    /// <summary>The side of a cell.</summary>
    public const double Unit = 4;

    /// <summary>The radius of the disc that moves.</summary>
    public const double Radius = 0.7;

    /// <summary>How near to a way in the disc is taken away.</summary>
    public const double PortalRadius = 1.5;

    const double Offset = 4;

    // Within so much of a free cell's centre, along both axes, no wall is touched, whatever is beside the cell.
    const double Clear = Unit / 2 - Radius;

    readonly int[] portalsIn;
    readonly bool[] free;               // [rows, columns]
    readonly short[] next;              // [goal, cell]: the neighbour on a shortest way
    readonly short[] distances;         // [goal, cell]: steps over cells, −1 where no way leads

    PointMazeMap(
        string[] rows, (int, int, int, int)[] evaluations,
        (int, int)[]? portalsIn = null, (int, int)[]? portalsOut = null)
    {
        (Rows, Columns) = (rows.Length, rows[0].Length);
        free = [.. rows.SelectMany(row => row.Select(sign => sign == '.'))];
        FreeCells = [.. Enumerable.Range(0, free.Length).Where(cell => free[cell])];
        VertexCells = [.. FreeCells.Where(IsVertex)];
        Evaluations = [.. evaluations.Select(e => (CellAt(e.Item1, e.Item2), CellAt(e.Item3, e.Item4)))];
        this.portalsIn = [.. (portalsIn ?? []).Select(at => CellAt(at.Item1, at.Item2))];
        PortalsOut = [.. (portalsOut ?? []).Select(at => CellAt(at.Item1, at.Item2))];
        (distances, next) = (new short[free.Length * free.Length], new short[free.Length * free.Length]);
        foreach (int goal in FreeCells)
            FindWays(goal);
    }

    /// <summary>The map of a size.</summary>
    public static PointMazeMap Of(PointMazeSize size) => size switch
    {
        PointMazeSize.Medium => medium.Value,
        PointMazeSize.Large => large.Value,
        PointMazeSize.Giant => giant.Value,
        PointMazeSize.Teleport => teleport.Value,
        _ => throw new OptionException("size", $"there is no point maze of the size {size}"),
    };

    /// <summary>Rows of cells.</summary>
    public int Rows { get; }

    /// <summary>Columns of cells.</summary>
    public int Columns { get; }

    /// <summary>The cells that are no wall, by number: row · columns + column.</summary>
    public IReadOnlyList<int> FreeCells { get; }

    /// <summary>The free cells that are no straight corridor: crossings, bends and dead ends.</summary>
    public IReadOnlyList<int> VertexCells { get; }

    /// <summary>The cells of start and goal of the five tasks.</summary>
    public IReadOnlyList<(int Start, int Goal)> Evaluations { get; }

    /// <summary>The cells of the ways in.</summary>
    public IReadOnlyList<int> PortalsIn => portalsIn;

    internal ReadOnlySpan<int> PortalSpan => portalsIn;

    /// <summary>The cells of the ways out.</summary>
    public IReadOnlyList<int> PortalsOut { get; }

    /// <summary>The number of a cell.</summary>
    /// <param name="i">Its row.</param>
    /// <param name="j">Its column.</param>
    public int CellAt(int i, int j) => i * Columns + j;

    /// <summary>Whether a cell is no wall; nothing outside of the plan is free.</summary>
    public bool IsFree(int i, int j) => i >= 0 && j >= 0 && i < Rows && j < Columns && free[i * Columns + j];

    /// <summary>The centre of a cell.</summary>
    public (double X, double Y) CentreOf(int cell) => (cell % Columns * Unit - Offset, cell / Columns * Unit - Offset);

    /// <summary>The cell of a place, clamped to the plan.</summary>
    public int CellOf(double x, double y) => CellAt(
        Math.Clamp((int)((y + Offset + Unit / 2) / Unit), 0, Rows - 1),
        Math.Clamp((int)((x + Offset + Unit / 2) / Unit), 0, Columns - 1));

    /// <summary>The steps over cells from one to another; −1 where no way leads.</summary>
    public int Distance(int from, int to) => distances[to * free.Length + from];

    /// <summary>
    /// The neighbour through which a shortest way to the goal leads; at the goal, and where no way leads, the cell
    /// itself.
    /// </summary>
    public int NextOf(int cell, int goal) => next[goal * free.Length + cell];

    /// <summary>Whether a disc at a place touches no wall.</summary>
    public bool IsClear(double x, double y)
    {
        int row = (int)Math.Floor((y + Offset + Unit / 2) / Unit);
        int column = (int)Math.Floor((x + Offset + Unit / 2) / Unit);
        return IsFree(row, column) && !Push(ref x, ref y);
    }

    /// <summary>
    /// Moves the disc and pushes it out of the walls: along a wall it slides. The original is a simulation in which
    /// walls are a little soft; of the depth to which a step leads into a wall <paramref name="softness"/> is left.
    /// </summary>
    /// <param name="x">The place, changed.</param>
    /// <param name="y">The place, changed.</param>
    /// <param name="dx">By how much to move.</param>
    /// <param name="dy">By how much to move.</param>
    /// <param name="softness">The share of the depth that is left, 0 for hard walls.</param>
    public void Move(ref double x, ref double y, double dx, double dy, double softness)
    {
        x += dx;
        y += dy;
        (double deepX, double deepY) = (x, y);
        if (Push(ref x, ref y))
        {
            x += (deepX - x) * softness;
            y += (deepY - y) * softness;
        }
    }

    // Pushes the disc out of the block that it is deepest in, until it is in none; two blocks make a corner, so that
    // few rounds are enough. Deepest first: of two blocks in one wall the one in front is deeper, and pushing out of it
    // leaves the other, whose edge would have pushed aside.
    bool Push(ref double x, ref double y)
    {
        const int mostRounds = 8;
        bool pushed = false;
        for (int round = 0; round < mostRounds; round++)
        {
            int row = (int)Math.Floor((y + Offset + Unit / 2) / Unit);
            int column = (int)Math.Floor((x + Offset + Unit / 2) / Unit);
            (double centreX, double centreY) = (column * Unit - Offset, row * Unit - Offset);
            if (IsFree(row, column) && Math.Abs(x - centreX) <= Clear && Math.Abs(y - centreY) <= Clear)
                return pushed;
            double deepest = 1e-12, awayX = 0, awayY = 0;
            for (int i = row - 1; i <= row + 1; i++)
            {
                for (int j = column - 1; j <= column + 1; j++)
                {
                    if (IsFree(i, j))
                        continue;
                    double depth = DepthIn(j * Unit - Offset, i * Unit - Offset, x, y, out double ax, out double ay);
                    if (depth > deepest)
                        (deepest, awayX, awayY) = (depth, ax * depth, ay * depth);
                }
            }
            if (awayX == 0 && awayY == 0)
                return pushed;
            pushed = true;
            x += awayX;
            y += awayY;
        }
        return pushed;
    }

    // How deep the disc is in the block around a centre, and the direction out of it, of length 1.
    static double DepthIn(double centreX, double centreY, double x, double y, out double awayX, out double awayY)
    {
        const double half = Unit / 2;
        double fromX = x - centreX, fromY = y - centreY;
        double outX = Math.Abs(fromX) - half, outY = Math.Abs(fromY) - half;
        (awayX, awayY) = (0, 0);
        if (outX > 0 && outY > 0)
        {
            double distance = Math.Sqrt(outX * outX + outY * outY);
            (awayX, awayY) = (Math.Sign(fromX) * outX / distance, Math.Sign(fromY) * outY / distance);
            return Radius - distance;
        }
        if (outX > outY)
            awayX = Math.Sign(fromX);
        else
            awayY = Math.Sign(fromY);
        return Radius - Math.Max(outX, outY);
    }

    bool IsVertex(int cell)
    {
        (int i, int j) = Math.DivRem(cell, Columns);
        bool up = IsFree(i - 1, j), down = IsFree(i + 1, j), left = IsFree(i, j - 1), right = IsFree(i, j + 1);
        return !(up && down && !left && !right) && !(left && right && !up && !down);
    }

    // Breadth first from the goal; of equally near neighbours the first of up, left, down, right, as the original has.
    void FindWays(int goal)
    {
        Span<short> distance = distances.AsSpan(goal * free.Length, free.Length);
        Span<short> way = next.AsSpan(goal * free.Length, free.Length);
        distance.Fill(-1);
        distance[goal] = 0;
        var queue = new Queue<int>([goal]);
        while (queue.TryDequeue(out int cell))
        {
            foreach (int neighbour in NeighboursOf(cell))
            {
                if (distance[neighbour] >= 0)
                    continue;
                distance[neighbour] = (short)(distance[cell] + 1);
                queue.Enqueue(neighbour);
            }
        }
        for (int cell = 0; cell < free.Length; cell++)
        {
            int best = cell;
            foreach (int neighbour in NeighboursOf(cell))
            {
                if (distance[neighbour] >= 0 && distance[neighbour] < distance[best])
                    best = neighbour;
            }
            way[cell] = (short)best;
        }
    }

    internal IEnumerable<int> NeighboursOf(int cell)
    {
        (int i, int j) = Math.DivRem(cell, Columns);
        if (IsFree(i - 1, j))
            yield return cell - Columns;
        if (IsFree(i, j - 1))
            yield return cell - 1;
        if (IsFree(i + 1, j))
            yield return cell + Columns;
        if (IsFree(i, j + 1))
            yield return cell + 1;
    }

    static readonly Lazy<PointMazeMap> medium = new(() => new(
    [
        "########",
        "#..##..#",
        "#..#...#",
        "##...###",
        "#..#...#",
        "#.#..#.#",
        "#...#..#",
        "########",
    ], [(1, 1, 6, 6), (6, 1, 1, 6), (5, 3, 4, 2), (6, 5, 6, 1), (2, 6, 1, 1)]));

    static readonly Lazy<PointMazeMap> large = new(() => new(
    [
        "############",
        "#....#.....#",
        "#.##.#.#.#.#",
        "#......#...#",
        "#.####.###.#",
        "#..#.#.....#",
        "##.#.#.#.###",
        "#..#...#...#",
        "############",
    ], [(1, 1, 7, 10), (5, 4, 7, 1), (7, 4, 1, 10), (3, 8, 5, 4), (1, 1, 5, 4)]));

    static readonly Lazy<PointMazeMap> giant = new(() => new(
    [
        "################",
        "#.#......##....#",
        "#.#.##.#.#..##.#",
        "#...#..#...#...#",
        "#.###.######.#.#",
        "#...#...#....#.#",
        "###.#.#..#.#.###",
        "#...#..#...#...#",
        "#.#.#.######.#.#",
        "#.###...#...##.#",
        "#.....#...#....#",
        "################",
    ], [(1, 1, 10, 14), (1, 14, 10, 1), (8, 14, 1, 1), (8, 3, 5, 12), (5, 9, 3, 8)]));

    static readonly Lazy<PointMazeMap> teleport = new(() => new(
    [
        "############",
        "#.....#.#..#",
        "##.#...#..##",
        "##.###.....#",
        "#....#.#.#.#",
        "#.##.#.#.#.#",
        "#.##.#.#.#.#",
        "#....#...#.#",
        "############",
    ], [(1, 10, 7, 1), (1, 1, 7, 10), (5, 6, 7, 10), (7, 1, 7, 10), (5, 6, 7, 1)],
        portalsIn: [(4, 6), (5, 1)], portalsOut: [(1, 7), (6, 1), (6, 10)]));
}
