using System.Runtime.CompilerServices;

namespace RLSquared.Tensors.Kernels;

/// <summary>
/// The innermost loops of the matrix product: a tile of C held in registers while k runs over one block of depth.
///
///   C[r, j] (+)= Σ_k A[r, k]·B[k, j],   r &lt; rows, j &lt; 2V
///
/// Element A[r, k] is read at a + r·rowStride + k·depthStride, so one loop serves a packed panel (1, rows), rows used
/// where they lie (lda, 1) and columns used where they lie (1, lda). B is read in pairs of registers at
/// b + k·stepOfB. Each step costs 2·rows FMA, rows broadcasts and 2 loads.
///
/// The sums stay in locals, written out one by one: an array or a struct of vectors would live in memory.
/// AggressiveOptimization compiles at full strength on the first call, without a slow first tier.
/// </summary>
internal static unsafe class MatrixTile
{
    /// <summary>The height of the next tile, so that few rows are computed in vain and few tiles are low.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint Height(nint rowsLeft, bool tall) => tall
        ? rowsLeft <= 4 ? 4 : rowsLeft <= 8 || rowsLeft is > 12 and <= 16 ? 8 : 12
        : rowsLeft <= 4 || rowsLeft is > 6 and <= 8 ? 4 : 6;

    /// <summary>C[height, 2V] = A·B, or C += A·B when <paramref name="load"/>; height as <see cref="Height"/> gave it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TLanes, TVector>(
        nint height, nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc,
        bool load)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        if (TLanes.HasThirtyTwoRegisters && height == 12)
            Rows12<TLanes, TVector>(K, a, rowStride, depthStride, b, stepOfB, c, ldc, load);
        else if (TLanes.HasThirtyTwoRegisters && height == 8)
            Rows8<TLanes, TVector>(K, a, rowStride, depthStride, b, stepOfB, c, ldc, load);
        else if (height == 6)
            Rows6<TLanes, TVector>(K, a, rowStride, depthStride, b, stepOfB, c, ldc, load);
        else
            Rows4<TLanes, TVector>(K, a, rowStride, depthStride, b, stepOfB, c, ldc, load);
    }

    /// <summary>12 rows × 2 registers: 24 accumulators.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12<TLanes, TVector>(
        nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc, bool load)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        nint V = TLanes.Count;
        TVector c0l = TLanes.Zero, c0r = TLanes.Zero;
        TVector c1l = TLanes.Zero, c1r = TLanes.Zero;
        TVector c2l = TLanes.Zero, c2r = TLanes.Zero;
        TVector c3l = TLanes.Zero, c3r = TLanes.Zero;
        TVector c4l = TLanes.Zero, c4r = TLanes.Zero;
        TVector c5l = TLanes.Zero, c5r = TLanes.Zero;
        TVector c6l = TLanes.Zero, c6r = TLanes.Zero;
        TVector c7l = TLanes.Zero, c7r = TLanes.Zero;
        TVector c8l = TLanes.Zero, c8r = TLanes.Zero;
        TVector c9l = TLanes.Zero, c9r = TLanes.Zero;
        TVector c10l = TLanes.Zero, c10r = TLanes.Zero;
        TVector c11l = TLanes.Zero, c11r = TLanes.Zero;
        if (load)
        {
            c0l = TLanes.Load(c);
            c0r = TLanes.Load(c + V);
            c1l = TLanes.Load(c + ldc);
            c1r = TLanes.Load(c + ldc + V);
            c2l = TLanes.Load(c + (2 * ldc));
            c2r = TLanes.Load(c + (2 * ldc) + V);
            c3l = TLanes.Load(c + (3 * ldc));
            c3r = TLanes.Load(c + (3 * ldc) + V);
            c4l = TLanes.Load(c + (4 * ldc));
            c4r = TLanes.Load(c + (4 * ldc) + V);
            c5l = TLanes.Load(c + (5 * ldc));
            c5r = TLanes.Load(c + (5 * ldc) + V);
            c6l = TLanes.Load(c + (6 * ldc));
            c6r = TLanes.Load(c + (6 * ldc) + V);
            c7l = TLanes.Load(c + (7 * ldc));
            c7r = TLanes.Load(c + (7 * ldc) + V);
            c8l = TLanes.Load(c + (8 * ldc));
            c8r = TLanes.Load(c + (8 * ldc) + V);
            c9l = TLanes.Load(c + (9 * ldc));
            c9r = TLanes.Load(c + (9 * ldc) + V);
            c10l = TLanes.Load(c + (10 * ldc));
            c10r = TLanes.Load(c + (10 * ldc) + V);
            c11l = TLanes.Load(c + (11 * ldc));
            c11r = TLanes.Load(c + (11 * ldc) + V);
        }

        float* a3 = a + (3 * rowStride);
        float* a6 = a + (6 * rowStride);
        float* a9 = a + (9 * rowStride);
        nint rowStride2 = 2 * rowStride;
        for (; K > 0; K--)
        {
            TVector left = TLanes.Load(b), right = TLanes.Load(b + V);
            TVector x0 = TLanes.Broadcast(a);
            c0l = TLanes.MultiplyAdd(x0, left, c0l);
            c0r = TLanes.MultiplyAdd(x0, right, c0r);
            TVector x1 = TLanes.Broadcast(a + rowStride);
            c1l = TLanes.MultiplyAdd(x1, left, c1l);
            c1r = TLanes.MultiplyAdd(x1, right, c1r);
            TVector x2 = TLanes.Broadcast(a + rowStride2);
            c2l = TLanes.MultiplyAdd(x2, left, c2l);
            c2r = TLanes.MultiplyAdd(x2, right, c2r);
            TVector x3 = TLanes.Broadcast(a3);
            c3l = TLanes.MultiplyAdd(x3, left, c3l);
            c3r = TLanes.MultiplyAdd(x3, right, c3r);
            TVector x4 = TLanes.Broadcast(a3 + rowStride);
            c4l = TLanes.MultiplyAdd(x4, left, c4l);
            c4r = TLanes.MultiplyAdd(x4, right, c4r);
            TVector x5 = TLanes.Broadcast(a3 + rowStride2);
            c5l = TLanes.MultiplyAdd(x5, left, c5l);
            c5r = TLanes.MultiplyAdd(x5, right, c5r);
            TVector x6 = TLanes.Broadcast(a6);
            c6l = TLanes.MultiplyAdd(x6, left, c6l);
            c6r = TLanes.MultiplyAdd(x6, right, c6r);
            TVector x7 = TLanes.Broadcast(a6 + rowStride);
            c7l = TLanes.MultiplyAdd(x7, left, c7l);
            c7r = TLanes.MultiplyAdd(x7, right, c7r);
            TVector x8 = TLanes.Broadcast(a6 + rowStride2);
            c8l = TLanes.MultiplyAdd(x8, left, c8l);
            c8r = TLanes.MultiplyAdd(x8, right, c8r);
            TVector x9 = TLanes.Broadcast(a9);
            c9l = TLanes.MultiplyAdd(x9, left, c9l);
            c9r = TLanes.MultiplyAdd(x9, right, c9r);
            TVector x10 = TLanes.Broadcast(a9 + rowStride);
            c10l = TLanes.MultiplyAdd(x10, left, c10l);
            c10r = TLanes.MultiplyAdd(x10, right, c10r);
            TVector x11 = TLanes.Broadcast(a9 + rowStride2);
            c11l = TLanes.MultiplyAdd(x11, left, c11l);
            c11r = TLanes.MultiplyAdd(x11, right, c11r);
            a += depthStride;
            a3 += depthStride;
            a6 += depthStride;
            a9 += depthStride;
            b += stepOfB;
        }

        TLanes.Store(c0l, c);
        TLanes.Store(c0r, c + V);
        TLanes.Store(c1l, c + ldc);
        TLanes.Store(c1r, c + ldc + V);
        TLanes.Store(c2l, c + (2 * ldc));
        TLanes.Store(c2r, c + (2 * ldc) + V);
        TLanes.Store(c3l, c + (3 * ldc));
        TLanes.Store(c3r, c + (3 * ldc) + V);
        TLanes.Store(c4l, c + (4 * ldc));
        TLanes.Store(c4r, c + (4 * ldc) + V);
        TLanes.Store(c5l, c + (5 * ldc));
        TLanes.Store(c5r, c + (5 * ldc) + V);
        TLanes.Store(c6l, c + (6 * ldc));
        TLanes.Store(c6r, c + (6 * ldc) + V);
        TLanes.Store(c7l, c + (7 * ldc));
        TLanes.Store(c7r, c + (7 * ldc) + V);
        TLanes.Store(c8l, c + (8 * ldc));
        TLanes.Store(c8r, c + (8 * ldc) + V);
        TLanes.Store(c9l, c + (9 * ldc));
        TLanes.Store(c9r, c + (9 * ldc) + V);
        TLanes.Store(c10l, c + (10 * ldc));
        TLanes.Store(c10r, c + (10 * ldc) + V);
        TLanes.Store(c11l, c + (11 * ldc));
        TLanes.Store(c11r, c + (11 * ldc) + V);
    }

    /// <summary>8 rows × 2 registers: 16 accumulators.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8<TLanes, TVector>(
        nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc, bool load)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        nint V = TLanes.Count;
        TVector c0l = TLanes.Zero, c0r = TLanes.Zero;
        TVector c1l = TLanes.Zero, c1r = TLanes.Zero;
        TVector c2l = TLanes.Zero, c2r = TLanes.Zero;
        TVector c3l = TLanes.Zero, c3r = TLanes.Zero;
        TVector c4l = TLanes.Zero, c4r = TLanes.Zero;
        TVector c5l = TLanes.Zero, c5r = TLanes.Zero;
        TVector c6l = TLanes.Zero, c6r = TLanes.Zero;
        TVector c7l = TLanes.Zero, c7r = TLanes.Zero;
        if (load)
        {
            c0l = TLanes.Load(c);
            c0r = TLanes.Load(c + V);
            c1l = TLanes.Load(c + ldc);
            c1r = TLanes.Load(c + ldc + V);
            c2l = TLanes.Load(c + (2 * ldc));
            c2r = TLanes.Load(c + (2 * ldc) + V);
            c3l = TLanes.Load(c + (3 * ldc));
            c3r = TLanes.Load(c + (3 * ldc) + V);
            c4l = TLanes.Load(c + (4 * ldc));
            c4r = TLanes.Load(c + (4 * ldc) + V);
            c5l = TLanes.Load(c + (5 * ldc));
            c5r = TLanes.Load(c + (5 * ldc) + V);
            c6l = TLanes.Load(c + (6 * ldc));
            c6r = TLanes.Load(c + (6 * ldc) + V);
            c7l = TLanes.Load(c + (7 * ldc));
            c7r = TLanes.Load(c + (7 * ldc) + V);
        }

        float* a3 = a + (3 * rowStride);
        float* a6 = a + (6 * rowStride);
        nint rowStride2 = 2 * rowStride;
        for (; K > 0; K--)
        {
            TVector left = TLanes.Load(b), right = TLanes.Load(b + V);
            TVector x0 = TLanes.Broadcast(a);
            c0l = TLanes.MultiplyAdd(x0, left, c0l);
            c0r = TLanes.MultiplyAdd(x0, right, c0r);
            TVector x1 = TLanes.Broadcast(a + rowStride);
            c1l = TLanes.MultiplyAdd(x1, left, c1l);
            c1r = TLanes.MultiplyAdd(x1, right, c1r);
            TVector x2 = TLanes.Broadcast(a + rowStride2);
            c2l = TLanes.MultiplyAdd(x2, left, c2l);
            c2r = TLanes.MultiplyAdd(x2, right, c2r);
            TVector x3 = TLanes.Broadcast(a3);
            c3l = TLanes.MultiplyAdd(x3, left, c3l);
            c3r = TLanes.MultiplyAdd(x3, right, c3r);
            TVector x4 = TLanes.Broadcast(a3 + rowStride);
            c4l = TLanes.MultiplyAdd(x4, left, c4l);
            c4r = TLanes.MultiplyAdd(x4, right, c4r);
            TVector x5 = TLanes.Broadcast(a3 + rowStride2);
            c5l = TLanes.MultiplyAdd(x5, left, c5l);
            c5r = TLanes.MultiplyAdd(x5, right, c5r);
            TVector x6 = TLanes.Broadcast(a6);
            c6l = TLanes.MultiplyAdd(x6, left, c6l);
            c6r = TLanes.MultiplyAdd(x6, right, c6r);
            TVector x7 = TLanes.Broadcast(a6 + rowStride);
            c7l = TLanes.MultiplyAdd(x7, left, c7l);
            c7r = TLanes.MultiplyAdd(x7, right, c7r);
            a += depthStride;
            a3 += depthStride;
            a6 += depthStride;
            b += stepOfB;
        }

        TLanes.Store(c0l, c);
        TLanes.Store(c0r, c + V);
        TLanes.Store(c1l, c + ldc);
        TLanes.Store(c1r, c + ldc + V);
        TLanes.Store(c2l, c + (2 * ldc));
        TLanes.Store(c2r, c + (2 * ldc) + V);
        TLanes.Store(c3l, c + (3 * ldc));
        TLanes.Store(c3r, c + (3 * ldc) + V);
        TLanes.Store(c4l, c + (4 * ldc));
        TLanes.Store(c4r, c + (4 * ldc) + V);
        TLanes.Store(c5l, c + (5 * ldc));
        TLanes.Store(c5r, c + (5 * ldc) + V);
        TLanes.Store(c6l, c + (6 * ldc));
        TLanes.Store(c6r, c + (6 * ldc) + V);
        TLanes.Store(c7l, c + (7 * ldc));
        TLanes.Store(c7r, c + (7 * ldc) + V);
    }

    /// <summary>6 rows × 2 registers: 12 accumulators.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6<TLanes, TVector>(
        nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc, bool load)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        nint V = TLanes.Count;
        TVector c0l = TLanes.Zero, c0r = TLanes.Zero;
        TVector c1l = TLanes.Zero, c1r = TLanes.Zero;
        TVector c2l = TLanes.Zero, c2r = TLanes.Zero;
        TVector c3l = TLanes.Zero, c3r = TLanes.Zero;
        TVector c4l = TLanes.Zero, c4r = TLanes.Zero;
        TVector c5l = TLanes.Zero, c5r = TLanes.Zero;
        if (load)
        {
            c0l = TLanes.Load(c);
            c0r = TLanes.Load(c + V);
            c1l = TLanes.Load(c + ldc);
            c1r = TLanes.Load(c + ldc + V);
            c2l = TLanes.Load(c + (2 * ldc));
            c2r = TLanes.Load(c + (2 * ldc) + V);
            c3l = TLanes.Load(c + (3 * ldc));
            c3r = TLanes.Load(c + (3 * ldc) + V);
            c4l = TLanes.Load(c + (4 * ldc));
            c4r = TLanes.Load(c + (4 * ldc) + V);
            c5l = TLanes.Load(c + (5 * ldc));
            c5r = TLanes.Load(c + (5 * ldc) + V);
        }

        float* a3 = a + (3 * rowStride);
        nint rowStride2 = 2 * rowStride;
        for (; K > 0; K--)
        {
            TVector left = TLanes.Load(b), right = TLanes.Load(b + V);
            TVector x0 = TLanes.Broadcast(a);
            c0l = TLanes.MultiplyAdd(x0, left, c0l);
            c0r = TLanes.MultiplyAdd(x0, right, c0r);
            TVector x1 = TLanes.Broadcast(a + rowStride);
            c1l = TLanes.MultiplyAdd(x1, left, c1l);
            c1r = TLanes.MultiplyAdd(x1, right, c1r);
            TVector x2 = TLanes.Broadcast(a + rowStride2);
            c2l = TLanes.MultiplyAdd(x2, left, c2l);
            c2r = TLanes.MultiplyAdd(x2, right, c2r);
            TVector x3 = TLanes.Broadcast(a3);
            c3l = TLanes.MultiplyAdd(x3, left, c3l);
            c3r = TLanes.MultiplyAdd(x3, right, c3r);
            TVector x4 = TLanes.Broadcast(a3 + rowStride);
            c4l = TLanes.MultiplyAdd(x4, left, c4l);
            c4r = TLanes.MultiplyAdd(x4, right, c4r);
            TVector x5 = TLanes.Broadcast(a3 + rowStride2);
            c5l = TLanes.MultiplyAdd(x5, left, c5l);
            c5r = TLanes.MultiplyAdd(x5, right, c5r);
            a += depthStride;
            a3 += depthStride;
            b += stepOfB;
        }

        TLanes.Store(c0l, c);
        TLanes.Store(c0r, c + V);
        TLanes.Store(c1l, c + ldc);
        TLanes.Store(c1r, c + ldc + V);
        TLanes.Store(c2l, c + (2 * ldc));
        TLanes.Store(c2r, c + (2 * ldc) + V);
        TLanes.Store(c3l, c + (3 * ldc));
        TLanes.Store(c3r, c + (3 * ldc) + V);
        TLanes.Store(c4l, c + (4 * ldc));
        TLanes.Store(c4r, c + (4 * ldc) + V);
        TLanes.Store(c5l, c + (5 * ldc));
        TLanes.Store(c5r, c + (5 * ldc) + V);
    }

    /// <summary>4 rows × 2 registers: 8 accumulators.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<TLanes, TVector>(
        nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc, bool load)
        where TLanes : struct, ILanes<TVector>
        where TVector : unmanaged
    {
        nint V = TLanes.Count;
        TVector c0l = TLanes.Zero, c0r = TLanes.Zero;
        TVector c1l = TLanes.Zero, c1r = TLanes.Zero;
        TVector c2l = TLanes.Zero, c2r = TLanes.Zero;
        TVector c3l = TLanes.Zero, c3r = TLanes.Zero;
        if (load)
        {
            c0l = TLanes.Load(c);
            c0r = TLanes.Load(c + V);
            c1l = TLanes.Load(c + ldc);
            c1r = TLanes.Load(c + ldc + V);
            c2l = TLanes.Load(c + (2 * ldc));
            c2r = TLanes.Load(c + (2 * ldc) + V);
            c3l = TLanes.Load(c + (3 * ldc));
            c3r = TLanes.Load(c + (3 * ldc) + V);
        }

        float* a3 = a + (3 * rowStride);
        nint rowStride2 = 2 * rowStride;
        for (; K > 0; K--)
        {
            TVector left = TLanes.Load(b), right = TLanes.Load(b + V);
            TVector x0 = TLanes.Broadcast(a);
            c0l = TLanes.MultiplyAdd(x0, left, c0l);
            c0r = TLanes.MultiplyAdd(x0, right, c0r);
            TVector x1 = TLanes.Broadcast(a + rowStride);
            c1l = TLanes.MultiplyAdd(x1, left, c1l);
            c1r = TLanes.MultiplyAdd(x1, right, c1r);
            TVector x2 = TLanes.Broadcast(a + rowStride2);
            c2l = TLanes.MultiplyAdd(x2, left, c2l);
            c2r = TLanes.MultiplyAdd(x2, right, c2r);
            TVector x3 = TLanes.Broadcast(a3);
            c3l = TLanes.MultiplyAdd(x3, left, c3l);
            c3r = TLanes.MultiplyAdd(x3, right, c3r);
            a += depthStride;
            a3 += depthStride;
            b += stepOfB;
        }

        TLanes.Store(c0l, c);
        TLanes.Store(c0r, c + V);
        TLanes.Store(c1l, c + ldc);
        TLanes.Store(c1r, c + ldc + V);
        TLanes.Store(c2l, c + (2 * ldc));
        TLanes.Store(c2r, c + (2 * ldc) + V);
        TLanes.Store(c3l, c + (3 * ldc));
        TLanes.Store(c3r, c + (3 * ldc) + V);
    }
}
