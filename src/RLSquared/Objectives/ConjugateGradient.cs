using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Objectives;

/// <summary>
/// The method of conjugate gradients (Hestenes and Stiefel 1952): solves A x = b for a symmetric positive definite A of
/// which nothing is known but its products with vectors. After k products x is the best in the span of b, A b, …
/// A^(k−1) b, which is good long before k reaches the number of unknowns where few directions are strong.
/// <code>
///   α = rᵀr / pᵀAp,   x ← x + α p,   r' = r − α A p,   β = r'ᵀr' / rᵀr,   p ← r' + β p
/// </code>
/// Vectors are single, their products double: with thousands of unknowns sums of singles would lose conjugacy.
/// </summary>
/// <param name="unknowns">The length of x and b.</param>
sealed class ConjugateGradient(int unknowns)
{
    readonly float[] residual = new float[unknowns], search = new float[unknowns], product = new float[unknowns];

    /// <summary>Writes A v to <paramref name="product"/>.</summary>
    /// <param name="vector">v; not to be changed.</param>
    /// <param name="product">Receives A v.</param>
    public delegate void Multiply(float[] vector, float[] product);

    /// <summary>Solves from x = 0.</summary>
    /// <param name="multiply">What multiplies a vector by A.</param>
    /// <param name="b">The right side.</param>
    /// <param name="x">Receives the solution; for any number of products xᵀb = xᵀAx.</param>
    /// <param name="iterations">The most products.</param>
    /// <param name="tolerance">Ends when |A x − b| is at most this share of |b|.</param>
    /// <returns>|A x − b| / |b|, as far as rounding lets it be known; 0 where b is zero.</returns>
    public double Solve(
        Multiply multiply, ReadOnlySpan<float> b, Span<float> x, int iterations, double tolerance = 1e-6)
    {
        if (b.Length != unknowns || x.Length != unknowns)
        {
            throw new ArgumentException(
                $"{unknowns} unknowns need as many numbers on both sides; there are {x.Length} and {b.Length}");
        }
        x.Clear();
        b.CopyTo(residual);
        b.CopyTo(search);
        double first = Dot(residual, residual), squares = first;
        for (int i = 0; i < iterations && squares > tolerance * tolerance * first; i++)
        {
            multiply(search, product);
            double curvature = Dot(search, product);
            if (!(curvature > 0))
                break;                              // only rounding can make it so, and then nothing is left to gain
            float alpha = (float)(squares / curvature);
            TensorPrimitives.MultiplyAdd(search, alpha, x, x);
            TensorPrimitives.MultiplyAdd(product, -alpha, residual, residual);
            double next = Dot(residual, residual);
            TensorPrimitives.MultiplyAdd(search, (float)(next / squares), residual, search);
            squares = next;
        }
        return first > 0 ? Math.Sqrt(squares / first) : 0;
    }

    /// <summary>Σ aᵢ bᵢ, short sums in single precision added up in double.</summary>
    public static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        const int piece = 256;
        double sum = 0;
        for (int at = 0; at < a.Length; at += piece)
        {
            int length = Math.Min(piece, a.Length - at);
            sum += TensorPrimitives.Dot(a.Slice(at, length), b.Slice(at, length));
        }
        return sum;
    }
}
