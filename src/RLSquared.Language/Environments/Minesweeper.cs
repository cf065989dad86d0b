using System.Globalization;
using System.Text;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Environments;

/// <summary>
/// Minesweeper as text: <c>?</c> a cell that is closed, <c>.</c> one without mines around it, a digit for the mines
/// around it, <c>*</c> the mine that ended the play. <c>2 3</c> opens row 2, column 3. Written by squares, what is open
/// stands there with its square, <c> 1a1 .b3</c>, and <c>c2</c> opens one. A cell without mines around it opens its
/// neighbours too. All safe cells open bring 10; a mine ends the play and brings nothing. A level's mines lie
/// where they lie, so that what one attempt finds helps the next: the first click can hit one.
/// </summary>
public sealed class Minesweeper : TextEnvironment
{
    const float SolvedReward = 10;
    readonly MinesweeperOptions options;
    bool[] mines = [], open = [];
    int hit = -1;

    internal Minesweeper(MinesweeperOptions options)
    {
        this.options = options;
        Reset(0);
    }

    // As the mine stands on the board, so that it can be copied from there.
    string MineLesson => options.View == BoardView.Squares ? " *" : "mine ";

    int Rows => options.Rows;

    int Columns => options.Columns;

    /// <inheritdoc/>
    public override void Reset(ulong level)
    {
        int[] cells = [.. Enumerable.Range(0, Rows * Columns)];
        RandomSequence random = new RandomKey(level, RandomPurpose.Environment, 0).Sequence(0);
        random.Shuffle(cells.AsSpan());
        mines = new bool[cells.Length];
        foreach (int cell in cells[..options.Mines])
            mines[cell] = true;
        (open, hit) = (new bool[cells.Length], -1);
    }

    /// <inheritdoc/>
    public override TextEnvironment Clone() =>
        new Minesweeper(options) { mines = mines, open = [.. open], hit = hit };

    /// <inheritdoc/>
    public override string Observation
    {
        get
        {
            if (options.View == BoardView.Squares)
            {
                return string.Concat(Enumerable.Range(0, open.Length).Where(cell => open[cell] || cell == hit)
                    .Select(cell => " " + Letter(cell) + Text(cell)));
            }
            var text = new StringBuilder();
            for (int cell = 0; cell < open.Length; cell++)
            {
                if (cell > 0 && cell % Columns == 0)
                    text.Append('\n');
                text.Append(Letter(cell));
            }
            return text.ToString();
        }
    }

    string Letter(int cell) => cell == hit ? "*" : !open[cell] ? "?" : MinesAround(cell) == 0 ? "."
        : MinesAround(cell).ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override IReadOnlyList<string> AdmissibleActions =>
        IsDone ? [] : [.. Enumerable.Range(0, open.Length).Where(cell => !open[cell]).Select(Text)];

    string Text(int cell) => options.View == BoardView.Squares ? Squares.Name(cell / Columns, cell % Columns)
        : string.Create(CultureInfo.InvariantCulture, $"{cell / Columns + 1} {cell % Columns + 1}");

    int? CellOf(ReadOnlySpan<char> text)
    {
        if (options.View == BoardView.Squares)
        {
            return Squares.Find(text, Rows, Columns) is { } square ? square.Row * Columns + square.Column : null;
        }
        int space = text.IndexOf(' ');
        return space > 0
            && int.TryParse(text[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int row)
            && int.TryParse(text[(space + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int column)
            && row >= 1 && row <= Rows && column >= 1 && column <= Columns
            ? (row - 1) * Columns + column - 1 : null;
    }

    /// <inheritdoc/>
    public override bool IsDone => hit >= 0 || IsSolved;

    /// <inheritdoc/>
    public override bool IsSolved => hit < 0 && open.Count(one => one) == open.Length - options.Mines;

    /// <inheritdoc/>
    public override TextStep Step(string action)
    {
        ArgumentNullException.ThrowIfNull(action);
        RequireRunning();
        if (CellOf(action.AsSpan().Trim()) is not { } cell || open[cell])
            return new TextStep(0, false);
        if (mines[cell])
        {
            hit = cell;
            return new TextStep(0, true);
        }
        Open(cell, open);
        return new TextStep(IsSolved ? SolvedReward : 0, true);
    }

    void Open(int first, bool[] seen)
    {
        var queue = new Queue<int>([first]);
        seen[first] = true;
        while (queue.TryDequeue(out int cell))
        {
            if (MinesAround(cell) > 0)
                continue;
            foreach (int next in Around(cell).Where(next => !seen[next]))
            {
                seen[next] = true;
                queue.Enqueue(next);
            }
        }
    }

    IEnumerable<int> Around(int cell)
    {
        (int row, int column) = (cell / Columns, cell % Columns);
        for (int r = Math.Max(0, row - 1); r <= Math.Min(Rows - 1, row + 1); r++)
        {
            for (int c = Math.Max(0, column - 1); c <= Math.Min(Columns - 1, column + 1); c++)
            {
                if (r != row || c != column)
                    yield return r * Columns + c;
            }
        }
    }

    int MinesAround(int cell) => Around(cell).Count(next => mines[next]);

    /// <summary>
    /// The fewest clicks that open what is left: one for each field of cells without mines around them, and one for
    /// each other safe cell that no such field opens.
    /// </summary>
    public override int? OracleDistance => hit >= 0 ? null : Clicks().Count();

    /// <inheritdoc/>
    public override string? OracleAction => hit >= 0 || IsSolved ? null : Text(Clicks().First());

    IEnumerable<int> Clicks()
    {
        bool[] seen = [.. open];
        IEnumerable<int> closed = Enumerable.Range(0, open.Length).Where(cell => !mines[cell]);
        foreach (int cell in closed.Where(cell => MinesAround(cell) == 0).Concat(closed))
        {
            if (seen[cell])
                continue;
            yield return cell;
            Open(cell, seen);
        }
    }

    /// <summary>
    /// Opens a cell that the numbers prove safe, one after the other; where they prove none, any closed one that they
    /// do not prove to be a mine. A mine that an earlier attempt noted is known.
    /// </summary>
    public override string? Demonstrate(ref RandomSequence random, IReadOnlyList<string> lessons)
    {
        ArgumentNullException.ThrowIfNull(lessons);
        if (IsDone)
            return null;
        bool[] known = new bool[open.Length], safe = new bool[open.Length];
        foreach (string lesson in lessons)
        {
            if (lesson.StartsWith(MineLesson, StringComparison.Ordinal)
                && CellOf(lesson.AsSpan(MineLesson.Length)) is { } cell)
                known[cell] = true;
        }
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int cell = 0; cell < open.Length; cell++)
            {
                if (!open[cell])
                    continue;
                int[] closed = [.. Around(cell).Where(next => !open[next])];
                int left = MinesAround(cell) - closed.Count(next => known[next]);
                int[] unknown = [.. closed.Where(next => !known[next] && !safe[next])];
                if (unknown.Length == 0 || (left != 0 && left != unknown.Length))
                    continue;
                foreach (int next in unknown)
                    (left == 0 ? safe : known)[next] = true;
                changed = true;
            }
        }
        int first = Array.IndexOf(safe, true);
        if (first >= 0)
            return Text(first);
        int[] guesses = [.. Enumerable.Range(0, open.Length).Where(cell => !open[cell] && !known[cell])];
        return guesses.Length > 0 ? Text(guesses[random.NextInt(guesses.Length)]) : null;
    }

    /// <summary>Where the mine was.</summary>
    public override string Lesson => hit >= 0 ? MineLesson + Text(hit) : "";
}
