using System.Globalization;
using System.Text;

namespace RLSquared.Language.Environments;

/// <summary>
/// Walls, targets, boxes and the player. Cells have numbers row by row. It changes by <see cref="Move"/> alone.
/// </summary>
sealed class SokobanBoard
{
    /// <summary>The most boxes: player and boxes go into the 64 bits of <see cref="State"/>.</summary>
    public const int MostBoxes = 7;

    /// <summary>The most rows and columns, so that a cell is a byte.</summary>
    public const int MostSide = 16;

    /// <summary>Up, down, left, right.</summary>
    public const string Arrows = "^v<>";

    /// <summary>What a cell can be, as <see cref="Text"/> writes it.</summary>
    public const string Letters = "#_OXP√S";

    readonly bool[] walls, targets;                          // the same for all copies of a level
    int[] boxes;                                             // ascending

    public SokobanBoard(int rows, int columns, bool[] walls, bool[] targets, IEnumerable<int> boxes, int player)
    {
        (Rows, Columns, this.walls, this.targets, Player) = (rows, columns, walls, targets, player);
        this.boxes = [.. boxes.Order()];
    }

    public int Rows { get; }

    public int Columns { get; }

    public int Player { get; private set; }

    public ReadOnlySpan<int> Boxes => boxes;

    /// <summary>Boxes that stand on targets.</summary>
    public int Placed => boxes.Count(cell => targets[cell]);

    public bool IsSolved => boxes.All(cell => targets[cell]);

    /// <summary>The state in one number: the player, then the boxes in ascending order, a byte each.</summary>
    public ulong State
    {
        get
        {
            ulong state = (ulong)Player;
            foreach (int box in boxes)
                state = (state << 8) | (uint)box;
            return state;
        }
    }

    public bool IsWall(int cell) => walls[cell];

    public bool IsTarget(int cell) => targets[cell];

    public bool HasBox(int cell) => Array.BinarySearch(boxes, cell) >= 0;

    /// <summary>The distance between the cells of one step: up, down, left, right.</summary>
    public int Offset(int direction) => direction switch { 0 => -Columns, 1 => Columns, 2 => -1, _ => 1 };

    /// <summary>
    /// Steps, and pushes the box that stands there if the cell behind it is free. Else nothing changes. The border is
    /// wall, so no step leaves the board.
    /// </summary>
    /// <returns>Whether something changed.</returns>
    public bool Move(int direction)
    {
        int offset = Offset(direction), next = Player + offset;
        if (walls[next])
            return false;
        int at = Array.BinarySearch(boxes, next);
        if (at >= 0)
        {
            int behind = next + offset;
            if (walls[behind] || HasBox(behind))
                return false;
            boxes = [.. boxes];                              // copies share the array until one pushes
            boxes[at] = behind;
            Array.Sort(boxes);
        }
        Player = next;
        return true;
    }

    public SokobanBoard Clone() => new(Rows, Columns, walls, targets, boxes, Player);

    /// <summary>The board with other boxes and another player.</summary>
    public SokobanBoard With(IEnumerable<int> boxes, int player) => new(Rows, Columns, walls, targets, boxes, player);

    /// <summary>
    /// The cells as letters, row by row: <c>#</c> wall, <c>_</c> floor, <c>O</c> target, <c>X</c> box, <c>√</c> box on
    /// a target, <c>P</c> player, <c>S</c> player on a target.
    /// </summary>
    /// <param name="border">Whether the outermost cells, which are always wall, are written.</param>
    public string Text(bool border)
    {
        int edge = border ? 0 : 1;
        var text = new StringBuilder();
        for (int row = edge; row < Rows - edge; row++)
        {
            if (row > edge)
                text.Append('\n');
            for (int column = edge; column < Columns - edge; column++)
                text.Append(Letter(row * Columns + column));
        }
        return text.ToString();
    }

    /// <summary>
    /// Each wall, target, box and the player, in this order, with its square: <c> #a1 Ob3 Xb2 Pa2</c>. What stands on a
    /// target is written beside it, so that each thing has the same place in the text on all levels.
    /// </summary>
    /// <param name="border">Whether the outermost cells, which are always wall, are written.</param>
    public string Places(bool border)
    {
        int edge = border ? 0 : 1;
        int[] cells = [.. Enumerable.Range(0, walls.Length).Where(cell => IsWithin(cell / Columns, Rows)
            && IsWithin(cell % Columns, Columns))];
        IEnumerable<string> all =
        [
            .. cells.Where(IsWall).Select(cell => "#" + Square(cell)),
            .. cells.Where(IsTarget).Select(cell => "O" + Square(cell)),
            .. boxes.Select(cell => "X" + Square(cell)), "P" + Square(Player),
        ];
        return string.Concat(all.Select(one => " " + one));

        bool IsWithin(int at, int count) => at >= edge && at < count - edge;
        string Square(int cell) => Squares.Name(cell / Columns - edge, cell % Columns - edge);
    }

    /// <summary>
    /// What lies around the player, in this order: for up, down, left and right what is one and two squares away,
    /// <c> &gt;X_</c>; then box by box, the nearest first, the way to it, columns before rows, <c> X+1-2</c>, what is
    /// beside it, <c> ^#</c>, and the way from it to the nearest target that is not another box's, <c> O+0+1</c>. A
    /// box on its target has <c> O+0+0</c>.
    /// </summary>
    public string Around()
    {
        var text = new StringBuilder();
        for (int direction = 0; direction < Arrows.Length; direction++)
        {
            int near = Player + Offset(direction), far = near + Offset(direction);
            text.Append(' ').Append(Arrows[direction]).Append(Letter(near));
            text.Append(far >= 0 && far < walls.Length && !IsWall(near) ? Letter(far) : '#');
        }
        foreach (int box in boxes.OrderBy(cell => Distance(cell, Player)))
        {
            text.Append(Way('X', Player, box));
            for (int direction = 0; direction < Arrows.Length; direction++)
                text.Append(' ').Append(Arrows[direction]).Append(Letter(box + Offset(direction)));
            int target = Enumerable.Range(0, targets.Length)
                .Where(cell => targets[cell] && (cell == box || !HasBox(cell))).MinBy(cell => Distance(cell, box));
            text.Append(Way('O', box, target));
        }
        return text.ToString();
    }

    string Way(char what, int from, int to) =>
        WayName(what, to % Columns - from % Columns, to / Columns - from / Columns);

    int Distance(int a, int b) => Math.Abs(a % Columns - b % Columns) + Math.Abs(a / Columns - b / Columns);

    /// <summary>A way to a box or a target: <c> X+1-2</c> is one column to the right and two rows up.</summary>
    public static string WayName(char what, int right, int down) =>
        string.Create(CultureInfo.InvariantCulture, $" {what}{right:+0;-0;+0}{down:+0;-0;+0}");

    char Letter(int cell) => walls[cell] ? '#'
        : cell == Player ? targets[cell] ? 'S' : 'P'
        : HasBox(cell) ? targets[cell] ? '√' : 'X'
        : targets[cell] ? 'O' : '_';
}
