using System.Globalization;
using System.Text;

namespace RLSquared.MuJoCo.Tasks;

/// <summary>A wall that stands on the floor, parallel to the axes.</summary>
/// <param name="X">Its middle.</param>
/// <param name="Y">Its middle.</param>
/// <param name="HalfX">From its middle to its end along x.</param>
/// <param name="HalfY">From its middle to its end along y.</param>
readonly record struct Wall(double X, double Y, double HalfX, double HalfY);

/// <summary>
/// The obstacle course of MLSH at half its size, from the bottom left to the top right. In metres, the start at 0, 0:
/// <code>
///   20 ┌───────────────────────┐
///      │                    G  │      G  the goal, a disc of radius 3 around 17, 17
///      │                       │
/// 12.5 │              ┌────────┤      the two inner walls close off the lower right corner
///   10 │ E            │        │      E  the enemy's den at 0, 10; it wakes within 7.5
///      │              │        │
///    0 │ S            │        │      S  the start
///   −2 └──────────────┴────────┘
///     −2              15       20
/// </code>
/// The straight way up wakes the enemy; the straight way right ends in a corner. Going right, then up between the
/// enemy and the wall, then right, then up, arrives.
/// </summary>
static class AntCourse
{
    const double Low = -2, High = 20, Thickness = 0.15, Height = 2.5;

    /// <summary>The middle of the goal.</summary>
    public const double GoalX = 17, GoalY = 17;

    /// <summary>How near the torso must be to the middle of the goal.</summary>
    public const double GoalRadius = 3;

    /// <summary>Where the enemy waits.</summary>
    public const double DenX = 0, DenY = 10;

    /// <summary>How near to the den the ant must come to be chased.</summary>
    public const double WakeRadius = 7.5;

    /// <summary>How near the enemy must come to catch.</summary>
    public const double CatchRadius = 1;

    /// <summary>The border, and the two inner walls.</summary>
    public static IReadOnlyList<Wall> Walls { get; } =
    [
        new((Low + High) / 2, Low, (High - Low) / 2, Thickness),
        new((Low + High) / 2, High, (High - Low) / 2, Thickness),
        new(Low, (Low + High) / 2, Thickness, (High - Low) / 2),
        new(High, (Low + High) / 2, Thickness, (High - Low) / 2),
        new(15, (Low + 12.5) / 2, Thickness, (12.5 - Low) / 2),
        new(17.5, 12.5, 2.5, Thickness),
    ];

    /// <summary>The ant's model with the walls in it.</summary>
    /// <param name="ant">The ant's model, with a comment 'walls' where they go.</param>
    public static string In(string ant)
    {
        var shapes = new StringBuilder();
        foreach (Wall wall in Walls)
        {
            shapes.Append(CultureInfo.InvariantCulture,
                $"<geom type=\"box\" conaffinity=\"1\" pos=\"{wall.X} {wall.Y} {Height}\" ");
            shapes.Append(CultureInfo.InvariantCulture, $"size=\"{wall.HalfX} {wall.HalfY} {Height}\"/>\n");
        }
        return ant.Replace("<!-- walls -->", shapes.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Whether a place is in the goal.</summary>
    public static bool InGoal(double x, double y) => Distance(x, y, GoalX, GoalY) <= GoalRadius;

    /// <summary>
    /// Moves the enemy for one step: towards the ant while the ant is near the den, else home.
    /// </summary>
    /// <param name="enemyX">Where it is.</param>
    /// <param name="enemyY">Where it is.</param>
    /// <param name="x">Where the ant is.</param>
    /// <param name="y">Where the ant is.</param>
    /// <param name="reach">How far it gets.</param>
    /// <returns>Whether it has caught the ant.</returns>
    public static bool Chase(ref double enemyX, ref double enemyY, double x, double y, double reach)
    {
        bool awake = Distance(x, y, DenX, DenY) < WakeRadius;
        (double toX, double toY) = awake ? (x, y) : (DenX, DenY);
        double distance = Distance(enemyX, enemyY, toX, toY);
        double share = distance <= reach ? 1 : reach / distance;
        enemyX += share * (toX - enemyX);
        enemyY += share * (toY - enemyY);
        return awake && Distance(enemyX, enemyY, x, y) < CatchRadius;
    }

    static double Distance(double x, double y, double toX, double toY) =>
        Math.Sqrt((x - toX) * (x - toX) + (y - toY) * (y - toY));
}
