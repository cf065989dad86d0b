using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>What a cell of <see cref="KrazyWorld"/> is.</summary>
internal enum KrazyTile : byte
{
    Plain,
    Wall,
    Goal,
    Death,
    Ice,
    Energy,
    Teleporter,
    Key,
    Lock,
}

/// <summary>One world: its tiles, where one starts, and what its actions and its numbers of kinds mean.</summary>
/// <param name="size">The cells of a side.</param>
internal sealed class KrazyMap(int size)
{
    /// <summary>Kinds of tiles.</summary>
    public const int Kinds = 9;

    readonly int[] free = new int[size * size];         // cells that are plain still, in a random order
    int firstTeleporter, secondTeleporter;

    /// <summary>The tiles at the beginning of an episode, row by row.</summary>
    public KrazyTile[] Tiles { get; } = new KrazyTile[size * size];

    /// <summary>Where an episode begins.</summary>
    public int Start { get; private set; }

    /// <summary>The direction that each action means: up, down, left, right.</summary>
    public int[] Directions { get; } = [0, 1, 2, 3];

    /// <summary>The number under which each kind is shown.</summary>
    public int[] Shown { get; } = [0, 1, 2, 3, 4, 5, 6, 7, 8];

    /// <summary>The kinds that one can step on here, one bit each.</summary>
    public int Present { get; private set; }

    /// <summary>The cell ahead, −1 where the world ends.</summary>
    public int Ahead(int cell, int direction) => direction switch
    {
        0 => Beside(cell, -1, 0),
        1 => Beside(cell, 1, 0),
        2 => Beside(cell, 0, -1),
        _ => Beside(cell, 0, 1),
    };

    /// <summary>The cell so many rows and columns on, −1 outside of the world.</summary>
    public int Beside(int cell, int rows, int columns)
    {
        (int row, int column) = (cell / size + rows, cell % size + columns);
        return (uint)row < (uint)size && (uint)column < (uint)size ? row * size + column : -1;
    }

    /// <summary>Where a teleporter leads.</summary>
    public int OtherTeleporter(int cell) => cell == firstTeleporter ? secondTeleporter : firstTeleporter;

    /// <summary>The cells that are placed as anything but plain, the start included.</summary>
    public static int Placed(KrazyWorldOptions options) => 1 + options.Goals + (options.Teleporters ? 2 : 0)
        + options.Count(options.Death) + options.Count(options.Ice) + options.Count(options.EnergyTiles)
        + (options.Lock ? options.Size + 3 : 0);

    /// <summary>Draws a world; the same key gives the same one.</summary>
    public void Draw(KrazyWorldOptions options, RandomKey key)
    {
        RandomSequence random = key.Sequence(0);
        Array.Fill(Tiles, KrazyTile.Plain);
        int wall = options.Lock ? 1 + random.NextInt(size - 2) : size;          // the column of a wall, if any
        int gate = options.Lock ? random.NextInt(size) : -1;                                // the lock's row
        for (int row = 0; row < size && options.Lock; row++)
            Tiles[row * size + wall] = row == gate ? KrazyTile.Lock : KrazyTile.Wall;

        int left = 0;
        for (int cell = 0; cell < Tiles.Length; cell++)
        {
            // The cells on both sides of a lock stay plain, so that it can be reached and left.
            if (Tiles[cell] == KrazyTile.Plain && !(cell / size == gate && Math.Abs(cell % size - wall) == 1))
                free[left++] = cell;
        }
        random.Shuffle(free.AsSpan(0, left));
        Start = Take(ref left, wall, distance: 0);
        if (options.Lock)
            Place(ref left, KrazyTile.Key, wall, distance: 0);
        for (int i = 0; i < options.Goals; i++)
            Place(ref left, KrazyTile.Goal, size, options.GoalDistance);
        if (options.Teleporters)
        {
            firstTeleporter = Place(ref left, KrazyTile.Teleporter, size, distance: 0);
            secondTeleporter = Place(ref left, KrazyTile.Teleporter, size, distance: 0);
        }
        PlaceAll(ref left, KrazyTile.Death, options.Count(options.Death));
        PlaceAll(ref left, KrazyTile.Ice, options.Count(options.Ice));
        PlaceAll(ref left, KrazyTile.Energy, options.Count(options.EnergyTiles));

        for (int i = 0; i < Directions.Length; i++)
            Directions[i] = i;
        for (int i = 0; i < Kinds; i++)
            Shown[i] = i;
        if (options.PermuteActions)
            random.Shuffle(Directions.AsSpan());
        if (options.PermuteTiles)
            random.Shuffle(Shown.AsSpan());
        Present = 0;
        foreach (KrazyTile tile in Tiles)
            Present |= tile == KrazyTile.Wall ? 0 : 1 << (int)tile;
    }

    void PlaceAll(ref int left, KrazyTile tile, int count)
    {
        for (int i = 0; i < count; i++)
            Place(ref left, tile, size, distance: 0);
    }

    int Place(ref int left, KrazyTile tile, int columns, int distance)
    {
        int cell = Take(ref left, columns, distance);
        Tiles[cell] = tile;
        return cell;
    }

    // The last free cell among the first columns that is far enough from the start; where none is, the last one.
    int Take(ref int left, int columns, int distance)
    {
        int at = left - 1;
        while (at >= 0 && (free[at] % size >= columns || Steps(free[at], Start) < distance))
            at--;
        if (at < 0)
            at = left - 1;
        int cell = free[at];
        free[at] = free[--left];
        return cell;
    }

    int Steps(int from, int to) => Math.Abs(from / size - to / size) + Math.Abs(from % size - to % size);
}
