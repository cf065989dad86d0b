using System.Numerics;
using System.Runtime.Intrinsics;

namespace RLSquared.Opponents;

/// <summary>
/// The search for the λ at which a convex, falling function of λ crosses zero, on the grid 0, 1/cells, …, 1 cut into
/// chunks of eight points. Neighbouring chunks share a point, so each crossing lies in exactly one chunk.
/// </summary>
internal static class Calibration
{
    /// <summary>Cells between the eight points of a chunk.</summary>
    public const int CellsPerChunk = 7;

    /// <summary>The eight grid points from the left end of a cell on.</summary>
    public static Vector512<double> Lambdas(int cell, int cells) =>
        (Vector512.Create(0.0, 1, 2, 3, 4, 5, 6, 7) + Vector512.Create((double)cell)) / cells;

    /// <summary>
    /// Whether the function, given at the chunk's points, is above zero at the first and not at the last.
    /// </summary>
    public static bool HasRoot(Vector512<double> values) => (PointsAbove(values) & 0b1000_0001) == 1;

    /// <summary>Where the function crosses zero, as if it were linear between points.</summary>
    public static double Root(Vector512<double> values, Vector512<double> lambdas)
    {
        int right = BitOperations.TrailingZeroCount(~PointsAbove(values));      // the first point not above zero
        double above = values[right - 1], below = values[right];
        return lambdas[right - 1] + (lambdas[right] - lambdas[right - 1]) * above / (above - below);
    }

    /// <summary>Whether the function is above zero at any of the chunk's points.</summary>
    public static bool IsAboveSomewhere(Vector512<double> values) => PointsAbove(values) != 0;

    // Bit i: the function is above zero at point i.
    static ulong PointsAbove(Vector512<double> values) =>
        Vector512.GreaterThan(values, Vector512<double>.Zero).ExtractMostSignificantBits();
}
