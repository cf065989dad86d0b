using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>
/// Makes Sokoban levels as gym-sokoban does, with the changes of verl-agent's fork: a room is dug by a random walk, and
/// the level is played backwards from its solution by pulling boxes, so that it can always be solved.
/// </summary>
static class SokobanRooms
{
    const double Turns = 0.35;                               // chance that the digging walk turns
    const int Tries = 4, MostRooms = 10_000, MostExplored = 300_000;
    const double WalksOn = 0.5, LeavesNear = 0.8, Leaves = 0.5;
    const int LongestWalk = 3;

    // What a step of the walk digs, as cells around it.
    static readonly (int Row, int Column)[][] masks =
    [
        [(0, -1), (0, 0), (0, 1)],
        [(-1, 0), (0, 0), (1, 0)],
        [(0, -1), (0, 0), (1, 0)],
        [(0, -1), (0, 0), (1, -1), (1, 0)],
        [(0, 0), (0, 1), (1, 0)],
    ];

    static readonly (int Row, int Column)[] directions = [(1, 0), (0, 1), (-1, 0), (0, -1)];

    /// <summary>A level.</summary>
    /// <param name="random">What decides.</param>
    /// <param name="options">Size, boxes and depth.</param>
    public static SokobanBoard Make(ref RandomSequence random, SokobanOptions options)
    {
        for (int room = 0; room < MostRooms; room++)
        {
            bool[] walls = Dig(ref random, options);
            for (int attempt = 0; attempt < Tries; attempt++)
            {
                if (Place(ref random, walls, options) is not { } solved)
                    continue;
                var back = new Backwards(solved, options.SearchDepth);
                back.Explore();
                if (back.Best is { } found)
                    return Walk(ref random, found, back.BestDisplacement);
            }
        }
        throw new InvalidOperationException($"no level of {options.Rows} rows and {options.Columns} columns with " +
            $"{options.Boxes} boxes was found in {MostRooms:N0} rooms; fewer boxes or more room have one");
    }

    static bool[] Dig(ref RandomSequence random, SokobanOptions options)
    {
        int rows = options.Rows, columns = options.Columns;
        bool[] walls = new bool[rows * columns];
        Array.Fill(walls, true);
        (int Row, int Column) direction = directions[random.NextInt(directions.Length)];
        int row = 1 + random.NextInt(rows - 1), column = 1 + random.NextInt(columns - 1);
        for (int step = (int)(1.7 * (rows + columns)); step > 0; step--)
        {
            if (random.NextUniform() < Turns)
                direction = directions[random.NextInt(directions.Length)];
            row = Math.Clamp(row + direction.Row, 1, rows - 2);
            column = Math.Clamp(column + direction.Column, 1, columns - 2);
            foreach ((int down, int right) in masks[random.NextInt(masks.Length)])
            {
                (int r, int c) = (row + down, column + right);
                if (r > 0 && r < rows - 1 && c > 0 && c < columns - 1)
                    walls[r * columns + c] = false;
            }
        }
        return walls;
    }

    // The solved level: the player and the targets on floor, a box on each target; null where there is no room.
    static SokobanBoard? Place(ref RandomSequence random, bool[] walls, SokobanOptions options)
    {
        int[] floor = [.. Enumerable.Range(0, walls.Length).Where(cell => !walls[cell])];
        if (floor.Length <= options.Boxes + 1)
            return null;
        random.Shuffle(floor.AsSpan());
        int[] boxes = floor[1..(options.Boxes + 1)];
        bool[] targets = new bool[walls.Length];
        foreach (int cell in boxes)
            targets[cell] = true;
        return new SokobanBoard(options.Rows, options.Columns, walls, targets, boxes, floor[0]);
    }

    // The player takes up to three steps away from the box that was pulled last.
    static SokobanBoard Walk(ref RandomSequence random, SokobanBoard board, int displacement)
    {
        if (random.NextUniform() >= (displacement == 1 ? LeavesNear : Leaves))
            return board;
        HashSet<int> visited = [board.Player];
        for (int step = 0; step < LongestWalk; step++)
        {
            List<int> next = [];
            for (int direction = 0; direction < 4; direction++)
            {
                int cell = board.Player + board.Offset(direction);
                if (!board.IsWall(cell) && !board.HasBox(cell) && !visited.Contains(cell))
                    next.Add(cell);
            }
            if (next.Count == 0)
                break;
            board = board.With(board.Boxes.ToArray(), next[random.NextInt(next.Count)]);
            visited.Add(board.Player);
            if (random.NextUniform() >= WalksOn)
                break;
        }
        return board;
    }

    /// <summary>
    /// Depth-first search over pulls from the solved level. A state's score is the number of times that another box was
    /// taken up, times the sum of the boxes' distances from their own targets, and 0 while a box stands on a target.
    /// </summary>
    sealed class Backwards(SokobanBoard solved, int depth)
    {
        readonly HashSet<ulong> explored = [];
        readonly int[] homes = solved.Boxes.ToArray();
        int best;

        /// <summary>The state with the best score; null where none has one above 0.</summary>
        public SokobanBoard? Best { get; private set; }

        /// <summary>The sum of the distances of its boxes from their targets.</summary>
        public int BestDisplacement { get; private set; }

        public void Explore() => Explore(solved.Player, homes, lastPulled: -1, swaps: 0, depth);

        // boxes[i] is the box that belongs to homes[i].
        void Explore(int player, int[] boxes, int lastPulled, int swaps, int left)
        {
            if (--left <= 0 || explored.Count >= MostExplored)
                return;
            SokobanBoard board = solved.With(boxes, player);
            if (!explored.Add(board.State))
                return;
            int displacement = boxes.Zip(homes, Distance).Sum();
            int score = board.Placed > 0 || solved.IsTarget(player) ? 0 : swaps * displacement;
            if (score > best)
                (best, Best, BestDisplacement) = (score, board, displacement);
            for (int direction = 0; direction < 4; direction++)
            {
                int offset = board.Offset(direction), next = player + offset;
                if (board.IsWall(next) || board.HasBox(next))
                    continue;
                int pulled = Array.IndexOf(boxes, player - offset);
                if (pulled < 0)
                {
                    Explore(next, boxes, lastPulled, swaps, left);
                    continue;
                }
                int[] moved = [.. boxes];
                moved[pulled] = player;
                Explore(next, moved, pulled, pulled == lastPulled ? swaps : swaps + 1, left);
            }
        }

        int Distance(int a, int b) =>
            Math.Abs(a / solved.Columns - b / solved.Columns) + Math.Abs(a % solved.Columns - b % solved.Columns);
    }
}
