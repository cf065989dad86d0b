namespace RLSquared.Tasks.Mazes;

/// <summary>
/// The fewest steps from every pose to the target of a maze, counted backwards from the target (breadth first). About a
/// millisecond for a small maze.
/// </summary>
public sealed class MazeDistances
{
    /// <summary>What poses have from which no way leads to the target.</summary>
    public const int Unreachable = ushort.MaxValue;

    // The longest step forwards: from a place that is free it leads at most so far into what is not.
    const int Margin = 8;

    const int Origin = Pose.UnitsPerCell - Margin;

    readonly int lattice;                       // places along one side: those of the inner cells and the margins
    readonly ushort[] steps;                    // [lattice, lattice, headings]
    readonly Scratch scratch;

    /// <summary>Room for the distances of mazes of one size; memory is used again by each <see cref="Find"/>.</summary>
    /// <param name="side">Cells along one side of the mazes, with the outer walls.</param>
    public MazeDistances(int side) : this(side, new Scratch(side)) { }

    /// <summary>The same with scratch that others may share, as long as no two of them count at once.</summary>
    internal MazeDistances(int side, Scratch scratch)
    {
        (lattice, this.scratch) = (LatticeOf(side), scratch);
        steps = new ushort[lattice * lattice * Pose.Headings];
    }

    /// <summary>What only <see cref="Find"/> needs: two thirds of all memory.</summary>
    /// <param name="side">Cells along one side of the largest mazes.</param>
    internal sealed class Scratch(int side)
    {
        /// <summary>[lattice, lattice]: whether one can stand there.</summary>
        public bool[] Free { get; } = new bool[LatticeOf(side) * LatticeOf(side)];

        /// <summary>[lattice · lattice · headings]: what was reached, in this order.</summary>
        public int[] Queue { get; } = new int[LatticeOf(side) * LatticeOf(side) * Pose.Headings];
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
    public int From(Pose pose) => steps[PlaceOf(pose.X, pose.Y) * Pose.Headings + pose.Heading];

    /// <summary>Counts the steps in a maze.</summary>
    public void Find(Maze maze)
    {
        ArgumentNullException.ThrowIfNull(maze);
        Array.Fill(steps, (ushort)Unreachable);
        (bool[] free, int[] queue) = (scratch.Free, scratch.Queue);
        int end = 0;
        for (int place = 0; place < lattice * lattice; place++)
        {
            int x = place % lattice + Origin, y = place / lattice + Origin;
            free[place] = Pose.IsFree(maze, x, y);
            for (int heading = 0; free[place] && heading < Pose.Headings; heading++)
            {
                if (new Pose(x, y, heading).IsAtTarget(maze))
                    Add(place, heading, 0);
            }
        }

        for (int begin = 0; begin < end; begin++)
        {
            (int place, int heading) = Math.DivRem(queue[begin], Pose.Headings);
            int next = steps[queue[begin]] + 1;
            Add(place, heading == 0 ? Pose.Headings - 1 : heading - 1, next);
            Add(place, heading == Pose.Headings - 1 ? 0 : heading + 1, next);
            // A step forwards that leads here came all its way, or it slid along a wall (see Pose.Forward): along x, if
            // the whole step was blocked; along y, if also the step along x was.
            (int dx, int dy) = Pose.StepOf(heading);
            dy *= lattice;
            if (free[place - dx - dy])
                Add(place - dx - dy, heading, next);
            if (dx == 0 || dy == 0)
                continue;
            if (free[place - dx] && !free[place + dy])
                Add(place - dx, heading, next);
            if (free[place - dy] && !free[place + dx] && !free[place + dx - dy])
                Add(place - dy, heading, next);
        }

        void Add(int place, int heading, int distance)
        {
            int index = place * Pose.Headings + heading;
            if (steps[index] != Unreachable)
                return;
            steps[index] = (ushort)distance;
            queue[end++] = index;
        }
    }

    static int LatticeOf(int side) => (side - 2) * Pose.UnitsPerCell + 2 * Margin;

    int PlaceOf(int x, int y) => (y - Origin) * lattice + x - Origin;
}
