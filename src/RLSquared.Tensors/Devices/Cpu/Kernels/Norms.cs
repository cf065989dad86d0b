using System.Numerics.Tensors;

namespace RLSquared.Tensors.Devices;

/// <summary>Sums of squares, and whether all numbers are finite.</summary>
internal static class Norms
{
    const int Piece = 4096;                         // short float sums, added up in double

    /// <summary>Σ x².</summary>
    public static double SumOfSquares(ReadOnlySpan<float> x) => AddSumOfSquares(0, x);

    /// <summary>A sum that goes on: sum + Σ x².</summary>
    public static double AddSumOfSquares(double sum, ReadOnlySpan<float> x)
    {
        for (int at = 0; at < x.Length; at += Piece)
            sum += TensorPrimitives.SumOfSquares(x.Slice(at, Math.Min(Piece, x.Length - at)));
        return sum;
    }

    /// <summary>Whether no number is infinite or not a number.</summary>
    public static bool AllFinite(ReadOnlySpan<float> x) => TensorPrimitives.IsFiniteAll(x);
}
