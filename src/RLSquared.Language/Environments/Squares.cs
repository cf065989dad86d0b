using System.Globalization;

namespace RLSquared.Language.Environments;

/// <summary>How the cells of a board are written for an agent.</summary>
public enum BoardView
{
    /// <summary>A letter for each cell, row by row.</summary>
    Cells,
    /// <summary>
    /// What stands somewhere, with the name of its square: <c> #a1 Xb2 Pc2</c>. Each is one token, with the space
    /// before it, so that a small model has nothing to put together.
    /// </summary>
    Squares,
    /// <summary>
    /// From where the player stands: what is one and two squares away, and the way to each box and on to its target:
    /// <c> ^__ v## &lt;#_ &gt;X_ X+1+0 ^_ v# &lt;P &gt;_ O+2+0</c>. Nothing has to be worked out of names of squares.
    /// </summary>
    Around,
}

/// <summary>Names of squares: a letter for the column, then the row from the top. The upper left one is a1.</summary>
static class Squares
{
    /// <summary>The name, from row and column that count from 0.</summary>
    public static string Name(int row, int column) =>
        string.Create(CultureInfo.InvariantCulture, $"{(char)('a' + column)}{row + 1}");

    /// <summary>All names, row by row.</summary>
    public static IEnumerable<string> Names(int rows, int columns) =>
        Enumerable.Range(0, rows * columns).Select(cell => Name(cell / columns, cell % columns));

    /// <summary>Row and column, from 0; null where the text names no square of such a board.</summary>
    public static (int Row, int Column)? Find(ReadOnlySpan<char> text, int rows, int columns)
    {
        if (text.Length < 2 || text[0] < 'a' || text[0] - 'a' >= columns || text[1] == '0'
            || !int.TryParse(text[1..], NumberStyles.None, CultureInfo.InvariantCulture, out int row) || row > rows)
            return null;
        return (row - 1, text[0] - 'a');
    }
}
