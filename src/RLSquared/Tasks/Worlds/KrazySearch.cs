namespace RLSquared.Tasks;

/// <summary>
/// The most goals of an episode of <see cref="KrazyWorld"/>, by a search of all that can happen. Nothing in a known
/// world is left to chance, and the energy that is left follows from the moves made and the energy tiles taken, so that
/// of two ways to the same cell with the same tiles taken the shorter one is always as good: a search breadth first.
/// </summary>
internal static class KrazySearch
{
    const int MostBits = 16;

    /// <summary>Whether the search is small enough.</summary>
    public static bool CanSolve(KrazyWorldOptions options) =>
        options.Goals + options.Count(options.EnergyTiles) <= MostBits;

    /// <summary>The most goals.</summary>
    public static int MostGoals(KrazyWorldOptions options, KrazyMap map)
    {
        // A state is a cell, whether the key was found, and a bit for each goal and each energy tile that was taken.
        int cells = map.Tiles.Length, bits = 0;
        int[] bitOf = new int[cells];
        for (int pass = 0; pass < 2; pass++)
        {
            for (int cell = 0; cell < cells; cell++)
            {
                if (map.Tiles[cell] == (pass == 0 ? KrazyTile.Goal : KrazyTile.Energy))
                    bitOf[cell] = 1 << bits++;
            }
        }
        int goalBits = (1 << options.Goals) - 1, most = 0;
        var seen = new bool[checked(cells * 2 << bits)];
        var now = new List<(int Cell, bool Key, int Taken)> { (map.Start, false, 0) };
        var next = new List<(int Cell, bool Key, int Taken)>();
        for (int moves = 0; moves < options.Horizon && now.Count > 0 && most < options.Goals; moves++)
        {
            next.Clear();
            foreach ((int cell, bool key, int taken) in now)
            {
                int energy = options.Energy + options.EnergyGain * int.PopCount(taken & ~goalBits) - moves;
                for (int direction = 0; direction < 4 && (options.Energy == 0 || energy > 0); direction++)
                {
                    (int Cell, bool Key, int Taken) to = Move(map, bitOf, cell, key, taken, direction);
                    most = Math.Max(most, int.PopCount(to.Taken & goalBits));
                    ref bool before = ref seen[(((to.Taken * 2) + (to.Key ? 1 : 0)) * cells) + Math.Max(0, to.Cell)];
                    if (to.Cell < 0 || before)
                        continue;
                    before = true;
                    next.Add(to);
                }
            }
            (now, next) = (next, now);
        }
        return most;
    }

    // Where a move leads; to cell −1 where it kills.
    static (int Cell, bool Key, int Taken) Move(
        KrazyMap map, int[] bitOf, int cell, bool key, int taken, int direction)
    {
        while (true)
        {
            int ahead = map.Ahead(cell, direction);
            KrazyTile tile = ahead < 0 ? KrazyTile.Wall : map.Tiles[ahead];
            if (tile == KrazyTile.Wall || (tile == KrazyTile.Lock && !key))
                return (cell, key, taken);
            cell = ahead;
            key |= tile == KrazyTile.Key;
            taken |= bitOf[cell];
            if (tile == KrazyTile.Death)
                return (-1, key, taken);
            if (tile == KrazyTile.Teleporter)
                return (map.OtherTeleporter(cell), key, taken);
            if (tile != KrazyTile.Ice)
                return (cell, key, taken);
        }
    }
}
