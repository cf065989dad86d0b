using System.Buffers;
namespace RLSquared.Language.Environments;

/// <summary>
/// Reads level files in the form of Boxoban: a line <c>; 12</c> before each level, then its rows of <c>#</c> wall,
/// <c>$</c> box, <c>.</c> target, <c>@</c> player and space; <c>*</c> and <c>+</c> are a box and the player on a
/// target.
/// </summary>
static class SokobanLevels
{
    const int MostLevels = 1_000_000;
    const long MostBytes = 1L << 30;

    static readonly SearchValues<char> known = SearchValues.Create("# $.@*+");

    /// <exception cref="InvalidDataException">A level is none; the message says which, and what would be right.
    /// </exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static SokobanBoard[] Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new FileNotFoundException($"there is no file of levels '{path}'", path);
        if (file.Length > MostBytes)
            throw new InvalidDataException($"{path} has {file.Length:N0} bytes; up to {MostBytes:N0} can be read");
        List<SokobanBoard> levels = [];
        List<string> rows = [];
        string name = "1";
        int first = 0, number = 0;
        foreach (string line in File.ReadLines(path).Append(""))
        {
            number++;
            string row = line.TrimEnd('\r', '\n');
            if (row.TrimEnd().Length > 0 && !row.StartsWith(';'))
            {
                if (rows.Count == 0)
                    first = number;
                rows.Add(row);
                if (rows.Count > SokobanBoard.MostSide)
                    throw Wrong($"has more than {SokobanBoard.MostSide} rows");
                continue;
            }
            if (rows.Count > 0)
            {
                levels.Add(Parse(rows));
                rows.Clear();
                name = $"{levels.Count + 1}";
                if (levels.Count > MostLevels)
                    throw new InvalidDataException($"{path} has more than {MostLevels:N0} levels");
            }
            if (row.StartsWith(';') && row.Length > 1)
                name = row[1..].Trim();
        }
        return levels.Count > 0 ? [.. levels] : throw new InvalidDataException(
            $"{path} has no level; one is rows of # wall, $ box, . target, @ player and space");

        SokobanBoard Parse(List<string> rows)
        {
            int columns = rows[0].Length;
            if (rows.FindIndex(row => row.Length != columns) is var unequal and >= 0)
                throw Wrong($"has {rows[unequal].Length} cells in row {unequal + 1} and {columns} in the first; " +
                    "all rows are as long");
            if (rows.Count < 3 || columns < 3 || columns > SokobanBoard.MostSide)
                throw Wrong($"is {rows.Count} by {columns}; 3 to {SokobanBoard.MostSide} of each can be played");
            string cells = string.Concat(rows);
            int strange = cells.AsSpan().IndexOfAnyExcept(known);
            if (strange >= 0)
                throw Wrong($"has '{cells[strange]}' at {Place(strange)}; cells are # $ . @ * + or space");
            int[] boxes = Where("$*"), targets = Where(".*+"), players = Where("@+");
            if (players.Length != 1)
                throw Wrong($"has {players.Length} players @; it needs one");
            if (boxes.Length != targets.Length || boxes.Length is 0 or > SokobanBoard.MostBoxes)
                throw Wrong($"has {boxes.Length} boxes and {targets.Length} targets; " +
                    $"it needs as many of both, 1 to {SokobanBoard.MostBoxes}");
            bool[] walls = [.. cells.Select(cell => cell == '#')];
            bool[] reached = Reached(walls, rows.Count, columns, players[0]);
            for (int cell = 0; cell < cells.Length; cell++)
            {
                bool isEdge = cell / columns == 0 || cell / columns == rows.Count - 1
                    || cell % columns == 0 || cell % columns == columns - 1;
                if (isEdge && reached[cell])
                    throw Wrong($"is open at {Place(cell)}; it needs a wall all around");
            }
            foreach ((string what, int[] of) in ((string, int[])[])[("box", boxes), ("target", targets)])
            {
                if (Array.Find(of, cell => !reached[cell]) is var lost and > 0)
                    throw Wrong($"has a {what} at {Place(lost)} that the player cannot reach");
            }
            bool[] isTarget = new bool[walls.Length];
            foreach (int cell in targets)
                isTarget[cell] = true;
            // What lies outside of the walls is as good as wall.
            for (int cell = 0; cell < walls.Length; cell++)
                walls[cell] |= !reached[cell];
            return new SokobanBoard(rows.Count, columns, walls, isTarget, boxes, players[0]);

            int[] Where(string letters) =>
                [.. Enumerable.Range(0, cells.Length).Where(cell => letters.Contains(cells[cell]))];

            string Place(int cell) => $"row {cell / columns + 1}, column {cell % columns + 1}";
        }

        InvalidDataException Wrong(string what) => new($"level {name} of {path} (line {first}) {what}");
    }

    // Where the player could walk if no box stood in the way.
    static bool[] Reached(bool[] walls, int rows, int columns, int player)
    {
        bool[] reached = new bool[walls.Length];
        var queue = new Queue<int>([player]);
        reached[player] = true;
        while (queue.TryDequeue(out int cell))
        {
            foreach ((int down, int right) in ((int, int)[])[(-1, 0), (1, 0), (0, -1), (0, 1)])
            {
                (int r, int c) = (cell / columns + down, cell % columns + right);
                if (r < 0 || r >= rows || c < 0 || c >= columns || walls[r * columns + c] || reached[r * columns + c])
                    continue;
                reached[r * columns + c] = true;
                queue.Enqueue(r * columns + c);
            }
        }
        return reached;
    }
}
