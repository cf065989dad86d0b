using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Mazes;

/// <summary>
/// A maze with a start and a target. Its plan is a square of cells, each a wall or open; rooms are the cells at odd
/// coordinates, and the cell between two rooms is a passage or a wall. The passages are a tree (Prim's algorithm with
/// random weights), so that exactly one way leads from any room to any other.
/// </summary>
public sealed class Maze
{
    readonly bool[] walls;          // [Side, Side]
    readonly byte[] faces;          // [Side, Side, 4]: the look of each face of a wall cell

    Maze(int rooms, bool[] walls, byte[] faces, Cell start, int startHeading, Cell target)
    {
        (Rooms, this.walls, this.faces) = (rooms, walls, faces);
        (Start, Target) = (new Pose(Middle(start.X), Middle(start.Y), startHeading), target);
    }

    /// <summary>Rooms along one side.</summary>
    public int Rooms { get; }

    /// <summary>Cells along one side, with the outer walls: 2 · rooms + 1.</summary>
    public int Side => SideOf(Rooms);

    /// <summary>Where each episode begins: the middle of a room, looking along one of the four axes.</summary>
    public Pose Start { get; }

    /// <summary>The room that is looked for; never the one of the start.</summary>
    public Cell Target { get; }

    /// <summary>Whether a cell is a wall.</summary>
    public bool IsWall(int x, int y) => walls[y * Side + x];

    internal ReadOnlySpan<bool> Walls => walls;

    /// <summary>The look of each face of each cell, [Side, Side, 4], for <see cref="MazeView"/>.</summary>
    internal ReadOnlySpan<byte> Faces => faces;

    /// <summary>The coordinate of the middle of a cell, in units of <see cref="Pose"/>.</summary>
    internal static int Middle(int cell) => cell * Pose.UnitsPerCell + Pose.UnitsPerCell / 2;

    /// <summary>Draws a maze: passages, start and target uniform, and the looks of its walls.</summary>
    internal static Maze Draw(int rooms, ref RandomSequence random)
    {
        int side = SideOf(rooms);
        bool[] walls = new bool[side * side];
        Array.Fill(walls, true);
        Carve(rooms, walls, ref random);

        int start = random.NextInt(rooms * rooms);
        int target = random.NextInt(rooms * rooms - 1);
        if (target >= start)
            target++;
        int heading = random.NextInt(4) * (Pose.Headings / 4);
        byte[] faces = new byte[walls.Length * 4];
        for (int i = 0; i < faces.Length; i++)
            faces[i] = (byte)random.NextInt(MazeLooks.Count);
        return new Maze(rooms, walls, faces, RoomAt(start, rooms), heading, RoomAt(target, rooms));
    }

    /// <summary>A maze from a drawing, for tests: '#' is a wall, 'S' the start, 'T' the target.</summary>
    /// <param name="heading">The start's heading, 0 … 11.</param>
    /// <param name="rows">Equally many rows as columns, an odd number.</param>
    internal static Maze Parse(int heading, params string[] rows)
    {
        int side = rows.Length;
        bool[] walls = [.. rows.SelectMany(row => row.Select(sign => sign == '#'))];
        byte[] faces = new byte[side * side * 4];
        for (int i = 0; i < faces.Length; i++)
            faces[i] = (byte)(i % MazeLooks.Count);
        return new Maze(side / 2, walls, faces, Find('S'), heading, Find('T'));

        Cell Find(char sign)
        {
            int y = Array.FindIndex(rows, row => row.Contains(sign));
            return new Cell(rows[y].IndexOf(sign), y);
        }
    }

    /// <summary>
    /// A number that depends on walls and target alone: its last bit decides which of the two sets a maze may be in.
    /// </summary>
    internal ulong Fingerprint()
    {
        const ulong offset = 14695981039346656037, prime = 1099511628211;       // FNV-1a, 64 bits
        ulong hash = offset;
        foreach (bool wall in walls)
            hash = (hash ^ (wall ? 1u : 0u)) * prime;
        hash = (hash ^ (uint)(Target.Y * Side + Target.X)) * prime;
        return hash ^ (hash >> 29);                                             // the last bit alone mixes poorly
    }

    // Prim: of all passages from a room that is reached to one that is not, open a random one.
    static void Carve(int rooms, bool[] walls, ref RandomSequence random)
    {
        int side = SideOf(rooms);
        var frontier = new List<(Cell From, Cell To)>();
        Reach(RoomAt(random.NextInt(rooms * rooms), rooms));
        while (frontier.Count > 0)
        {
            int choice = random.NextInt(frontier.Count);
            (Cell from, Cell to) = frontier[choice];
            frontier[choice] = frontier[^1];
            frontier.RemoveAt(frontier.Count - 1);
            if (!walls[to.Y * side + to.X])
                continue;
            walls[(from.Y + to.Y) / 2 * side + (from.X + to.X) / 2] = false;
            Reach(to);
        }

        void Reach(Cell room)
        {
            walls[room.Y * side + room.X] = false;
            Add(room.X + 2, room.Y);
            Add(room.X, room.Y + 2);
            Add(room.X - 2, room.Y);
            Add(room.X, room.Y - 2);

            void Add(int x, int y)
            {
                if (x > 0 && x < side && y > 0 && y < side && walls[y * side + x])
                    frontier.Add((room, new Cell(x, y)));
            }
        }
    }

    static Cell RoomAt(int number, int rooms) => new(2 * (number % rooms) + 1, 2 * (number / rooms) + 1);

    static int SideOf(int rooms) => 2 * rooms + 1;
}

/// <summary>A cell of a maze's plan; x to the right, y downwards.</summary>
/// <param name="X">Column, from 0.</param>
/// <param name="Y">Row, from 0.</param>
public readonly record struct Cell(int X, int Y);
