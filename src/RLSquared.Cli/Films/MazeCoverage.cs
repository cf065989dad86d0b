using System.Globalization;
using System.Text;
using RLSquared.Datasets;
using RLSquared.Tasks.Goals;

namespace RLSquared.Cli.Films;

/// <summary>Where recorded trajectories went in a point maze: a count for each small square of its plan.</summary>
/// <param name="map">The plan.</param>
internal sealed class MazeCoverage(PointMazeMap map)
{
    // Squares along one side of a cell.
    const int Fine = 4;

    readonly long[] visits = new long[map.Rows * Fine * map.Columns * Fine];

    /// <summary>The share of the free cells that were ever visited, 0 to 1.</summary>
    public double Share => (double)map.FreeCells.Count(cell => VisitsOf(cell) > 0) / map.FreeCells.Count;

    /// <summary>Rows whose place is in a wall or outside of the plan: of another maze, or none.</summary>
    public long Outside { get; private set; }

    /// <summary>Counts a part of a set; its observations begin with x and y.</summary>
    public void Add(GoalDataset part)
    {
        for (int row = 0; row < part.Rows; row++)
        {
            ReadOnlySpan<float> place = part.ObservationOf(row);
            double across = (place[0] + 6) / PointMazeMap.Unit, down = (place[1] + 6) / PointMazeMap.Unit;
            if (!map.IsFree((int)Math.Floor(down), (int)Math.Floor(across)))
                Outside++;
            else
                visits[(int)(down * Fine) * map.Columns * Fine + (int)(across * Fine)]++;
        }
    }

    /// <summary>The plan as text, two signs a cell, the darker the more often it was visited.</summary>
    public IEnumerable<string> ToText()
    {
        long most = Math.Max(1, map.FreeCells.Max(VisitsOf));
        for (int i = 0; i < map.Rows; i++)
        {
            var line = new StringBuilder();
            for (int j = 0; j < map.Columns; j++)
                line.Append(map.IsFree(i, j) ? ShadeOf((double)VisitsOf(map.CellAt(i, j)) / most) : "██");
            yield return line.ToString();
        }
    }

    /// <summary>The plan as a picture (SVG).</summary>
    /// <param name="title">What stands for it where it cannot be seen.</param>
    public string ToSvg(string title)
    {
        const int side = 8;
        int rows = map.Rows * Fine, columns = map.Columns * Fine;
        double most = Math.Max(1, visits.Max());
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {columns * side} {rows * side}" role="img">
            <title>{System.Net.WebUtility.HtmlEncode(title)}</title>
            <rect width="100%" height="100%" fill="#3b3f46"/>

            """);
        foreach (int cell in map.FreeCells)
        {
            (int i, int j) = Math.DivRem(cell, map.Columns);
            Square(j * Fine * side, i * Fine * side, Fine * side, "#f4f4f2", 1);
        }
        for (int square = 0; square < visits.Length; square++)
        {
            if (visits[square] == 0)
                continue;
            // The square root keeps rare places visible beside crossings.
            double shade = Math.Sqrt(visits[square] / most);
            Square(square % columns * side, square / columns * side, side, "#1f77b4", shade);
        }
        return svg.Append("</svg>\n").ToString();

        void Square(int x, int y, int size, string colour, double opacity) => svg.Append(CultureInfo.InvariantCulture,
            $"""<rect x="{x}" y="{y}" width="{size}" height="{size}" fill="{colour}" fill-opacity="{opacity:F3}"/>""")
            .Append('\n');
    }

    static string ShadeOf(double share) => share switch { 0 => "  ", < 0.25 => "░░", < 0.6 => "▒▒", _ => "▓▓" };

    long VisitsOf(int cell)
    {
        (int i, int j) = Math.DivRem(cell, map.Columns);
        long sum = 0;
        for (int down = 0; down < Fine; down++)
        {
            for (int across = 0; across < Fine; across++)
                sum += visits[(i * Fine + down) * map.Columns * Fine + j * Fine + across];
        }
        return sum;
    }
}
