namespace RLSquared.Language.Environments;

/// <summary>The shortest way to solve a board, by breadth-first search over player and boxes.</summary>
static class SokobanSearch
{
    /// <summary>States after which the search gives up.</summary>
    public const int MostStates = 200_000;

    /// <summary>The directions of a shortest way; null where there is none, or too many states.</summary>
    public static int[]? Solve(SokobanBoard start, int mostStates = MostStates)
    {
        if (start.IsSolved)
            return [];
        var from = new Dictionary<ulong, (ulong Before, int Direction)> { [start.State] = (start.State, -1) };
        var queue = new Queue<SokobanBoard>([start]);
        while (queue.TryDequeue(out SokobanBoard? board))
        {
            for (int direction = 0; direction < 4; direction++)
            {
                SokobanBoard next = board.Clone();
                if (!next.Move(direction) || from.ContainsKey(next.State) || IsStuck(next))
                    continue;
                from.Add(next.State, (board.State, direction));
                if (next.IsSolved)
                    return Way(from, next.State);
                if (from.Count >= mostStates)
                    return null;
                queue.Enqueue(next);
            }
        }
        return null;
    }

    // A box in a corner that is no target never moves again.
    static bool IsStuck(SokobanBoard board)
    {
        foreach (int box in board.Boxes)
        {
            if (!board.IsTarget(box)
                && (board.IsWall(box - board.Columns) || board.IsWall(box + board.Columns))
                && (board.IsWall(box - 1) || board.IsWall(box + 1)))
                return true;
        }
        return false;
    }

    static int[] Way(Dictionary<ulong, (ulong Before, int Direction)> from, ulong state)
    {
        List<int> way = [];
        for ((ulong before, int direction) = from[state]; direction >= 0; (before, direction) = from[before])
            way.Add(direction);
        way.Reverse();
        return [.. way];
    }
}
