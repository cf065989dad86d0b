using System.Runtime.CompilerServices;

namespace RLSquared.Tensors.Devices;

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

    /// <summary>
    /// C[height, 2V] = A·B, or C += A·B when <paramref name="load"/>; height as <see cref="Height"/> gave
    /// it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<TVector, TSimd>(
        nint height, nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc,
        bool load)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        if (TSimd.HasThirtyTwoRegisters && height == 12)
            Rows12<TVector, TSimd>(K, a, rowStride, depthStride, b, stepOfB, c, ldc, load);
        else if (TSimd.HasThirtyTwoRegisters && height == 8)
            Rows8<TVector, TSimd>(K, a, rowStride, depthStride, b, stepOfB, c, ldc, load);
        else if (height == 6)
            Rows6<TVector, TSimd>(K, a, rowStride, depthStride, b, stepOfB, c, ldc, load);
        else
            Rows4<TVector, TSimd>(K, a, rowStride, depthStride, b, stepOfB, c, ldc, load);
    }

    /// <summary>12 rows × 2 registers: 24 accumulators.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows12<TVector, TSimd>(
        nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc, bool load)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint V = TSimd.Width;
        TVector c0l = TSimd.Broadcast(0), c0r = TSimd.Broadcast(0);
        TVector c1l = TSimd.Broadcast(0), c1r = TSimd.Broadcast(0);
        TVector c2l = TSimd.Broadcast(0), c2r = TSimd.Broadcast(0);
        TVector c3l = TSimd.Broadcast(0), c3r = TSimd.Broadcast(0);
        TVector c4l = TSimd.Broadcast(0), c4r = TSimd.Broadcast(0);
        TVector c5l = TSimd.Broadcast(0), c5r = TSimd.Broadcast(0);
        TVector c6l = TSimd.Broadcast(0), c6r = TSimd.Broadcast(0);
        TVector c7l = TSimd.Broadcast(0), c7r = TSimd.Broadcast(0);
        TVector c8l = TSimd.Broadcast(0), c8r = TSimd.Broadcast(0);
        TVector c9l = TSimd.Broadcast(0), c9r = TSimd.Broadcast(0);
        TVector c10l = TSimd.Broadcast(0), c10r = TSimd.Broadcast(0);
        TVector c11l = TSimd.Broadcast(0), c11r = TSimd.Broadcast(0);
        if (load)
        {
            c0l = TSimd.Load(c);
            c0r = TSimd.Load(c + V);
            c1l = TSimd.Load(c + ldc);
            c1r = TSimd.Load(c + ldc + V);
            c2l = TSimd.Load(c + (2 * ldc));
            c2r = TSimd.Load(c + (2 * ldc) + V);
            c3l = TSimd.Load(c + (3 * ldc));
            c3r = TSimd.Load(c + (3 * ldc) + V);
            c4l = TSimd.Load(c + (4 * ldc));
            c4r = TSimd.Load(c + (4 * ldc) + V);
            c5l = TSimd.Load(c + (5 * ldc));
            c5r = TSimd.Load(c + (5 * ldc) + V);
            c6l = TSimd.Load(c + (6 * ldc));
            c6r = TSimd.Load(c + (6 * ldc) + V);
            c7l = TSimd.Load(c + (7 * ldc));
            c7r = TSimd.Load(c + (7 * ldc) + V);
            c8l = TSimd.Load(c + (8 * ldc));
            c8r = TSimd.Load(c + (8 * ldc) + V);
            c9l = TSimd.Load(c + (9 * ldc));
            c9r = TSimd.Load(c + (9 * ldc) + V);
            c10l = TSimd.Load(c + (10 * ldc));
            c10r = TSimd.Load(c + (10 * ldc) + V);
            c11l = TSimd.Load(c + (11 * ldc));
            c11r = TSimd.Load(c + (11 * ldc) + V);
        }

        float* a3 = a + (3 * rowStride);
        float* a6 = a + (6 * rowStride);
        float* a9 = a + (9 * rowStride);
        nint rowStride2 = 2 * rowStride;
        for (; K > 0; K--)
        {
            TVector left = TSimd.Load(b), right = TSimd.Load(b + V);
            TVector x0 = TSimd.Broadcast(*a);
            c0l = TSimd.FusedMultiplyAdd(x0, left, c0l);
            c0r = TSimd.FusedMultiplyAdd(x0, right, c0r);
            TVector x1 = TSimd.Broadcast(a[rowStride]);
            c1l = TSimd.FusedMultiplyAdd(x1, left, c1l);
            c1r = TSimd.FusedMultiplyAdd(x1, right, c1r);
            TVector x2 = TSimd.Broadcast(a[rowStride2]);
            c2l = TSimd.FusedMultiplyAdd(x2, left, c2l);
            c2r = TSimd.FusedMultiplyAdd(x2, right, c2r);
            TVector x3 = TSimd.Broadcast(*a3);
            c3l = TSimd.FusedMultiplyAdd(x3, left, c3l);
            c3r = TSimd.FusedMultiplyAdd(x3, right, c3r);
            TVector x4 = TSimd.Broadcast(a3[rowStride]);
            c4l = TSimd.FusedMultiplyAdd(x4, left, c4l);
            c4r = TSimd.FusedMultiplyAdd(x4, right, c4r);
            TVector x5 = TSimd.Broadcast(a3[rowStride2]);
            c5l = TSimd.FusedMultiplyAdd(x5, left, c5l);
            c5r = TSimd.FusedMultiplyAdd(x5, right, c5r);
            TVector x6 = TSimd.Broadcast(*a6);
            c6l = TSimd.FusedMultiplyAdd(x6, left, c6l);
            c6r = TSimd.FusedMultiplyAdd(x6, right, c6r);
            TVector x7 = TSimd.Broadcast(a6[rowStride]);
            c7l = TSimd.FusedMultiplyAdd(x7, left, c7l);
            c7r = TSimd.FusedMultiplyAdd(x7, right, c7r);
            TVector x8 = TSimd.Broadcast(a6[rowStride2]);
            c8l = TSimd.FusedMultiplyAdd(x8, left, c8l);
            c8r = TSimd.FusedMultiplyAdd(x8, right, c8r);
            TVector x9 = TSimd.Broadcast(*a9);
            c9l = TSimd.FusedMultiplyAdd(x9, left, c9l);
            c9r = TSimd.FusedMultiplyAdd(x9, right, c9r);
            TVector x10 = TSimd.Broadcast(a9[rowStride]);
            c10l = TSimd.FusedMultiplyAdd(x10, left, c10l);
            c10r = TSimd.FusedMultiplyAdd(x10, right, c10r);
            TVector x11 = TSimd.Broadcast(a9[rowStride2]);
            c11l = TSimd.FusedMultiplyAdd(x11, left, c11l);
            c11r = TSimd.FusedMultiplyAdd(x11, right, c11r);
            a += depthStride;
            a3 += depthStride;
            a6 += depthStride;
            a9 += depthStride;
            b += stepOfB;
        }

        TSimd.Store(c0l, c);
        TSimd.Store(c0r, c + V);
        TSimd.Store(c1l, c + ldc);
        TSimd.Store(c1r, c + ldc + V);
        TSimd.Store(c2l, c + (2 * ldc));
        TSimd.Store(c2r, c + (2 * ldc) + V);
        TSimd.Store(c3l, c + (3 * ldc));
        TSimd.Store(c3r, c + (3 * ldc) + V);
        TSimd.Store(c4l, c + (4 * ldc));
        TSimd.Store(c4r, c + (4 * ldc) + V);
        TSimd.Store(c5l, c + (5 * ldc));
        TSimd.Store(c5r, c + (5 * ldc) + V);
        TSimd.Store(c6l, c + (6 * ldc));
        TSimd.Store(c6r, c + (6 * ldc) + V);
        TSimd.Store(c7l, c + (7 * ldc));
        TSimd.Store(c7r, c + (7 * ldc) + V);
        TSimd.Store(c8l, c + (8 * ldc));
        TSimd.Store(c8r, c + (8 * ldc) + V);
        TSimd.Store(c9l, c + (9 * ldc));
        TSimd.Store(c9r, c + (9 * ldc) + V);
        TSimd.Store(c10l, c + (10 * ldc));
        TSimd.Store(c10r, c + (10 * ldc) + V);
        TSimd.Store(c11l, c + (11 * ldc));
        TSimd.Store(c11r, c + (11 * ldc) + V);
    }

    /// <summary>8 rows × 2 registers: 16 accumulators.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows8<TVector, TSimd>(
        nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc, bool load)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint V = TSimd.Width;
        TVector c0l = TSimd.Broadcast(0), c0r = TSimd.Broadcast(0);
        TVector c1l = TSimd.Broadcast(0), c1r = TSimd.Broadcast(0);
        TVector c2l = TSimd.Broadcast(0), c2r = TSimd.Broadcast(0);
        TVector c3l = TSimd.Broadcast(0), c3r = TSimd.Broadcast(0);
        TVector c4l = TSimd.Broadcast(0), c4r = TSimd.Broadcast(0);
        TVector c5l = TSimd.Broadcast(0), c5r = TSimd.Broadcast(0);
        TVector c6l = TSimd.Broadcast(0), c6r = TSimd.Broadcast(0);
        TVector c7l = TSimd.Broadcast(0), c7r = TSimd.Broadcast(0);
        if (load)
        {
            c0l = TSimd.Load(c);
            c0r = TSimd.Load(c + V);
            c1l = TSimd.Load(c + ldc);
            c1r = TSimd.Load(c + ldc + V);
            c2l = TSimd.Load(c + (2 * ldc));
            c2r = TSimd.Load(c + (2 * ldc) + V);
            c3l = TSimd.Load(c + (3 * ldc));
            c3r = TSimd.Load(c + (3 * ldc) + V);
            c4l = TSimd.Load(c + (4 * ldc));
            c4r = TSimd.Load(c + (4 * ldc) + V);
            c5l = TSimd.Load(c + (5 * ldc));
            c5r = TSimd.Load(c + (5 * ldc) + V);
            c6l = TSimd.Load(c + (6 * ldc));
            c6r = TSimd.Load(c + (6 * ldc) + V);
            c7l = TSimd.Load(c + (7 * ldc));
            c7r = TSimd.Load(c + (7 * ldc) + V);
        }

        float* a3 = a + (3 * rowStride);
        float* a6 = a + (6 * rowStride);
        nint rowStride2 = 2 * rowStride;
        for (; K > 0; K--)
        {
            TVector left = TSimd.Load(b), right = TSimd.Load(b + V);
            TVector x0 = TSimd.Broadcast(*a);
            c0l = TSimd.FusedMultiplyAdd(x0, left, c0l);
            c0r = TSimd.FusedMultiplyAdd(x0, right, c0r);
            TVector x1 = TSimd.Broadcast(a[rowStride]);
            c1l = TSimd.FusedMultiplyAdd(x1, left, c1l);
            c1r = TSimd.FusedMultiplyAdd(x1, right, c1r);
            TVector x2 = TSimd.Broadcast(a[rowStride2]);
            c2l = TSimd.FusedMultiplyAdd(x2, left, c2l);
            c2r = TSimd.FusedMultiplyAdd(x2, right, c2r);
            TVector x3 = TSimd.Broadcast(*a3);
            c3l = TSimd.FusedMultiplyAdd(x3, left, c3l);
            c3r = TSimd.FusedMultiplyAdd(x3, right, c3r);
            TVector x4 = TSimd.Broadcast(a3[rowStride]);
            c4l = TSimd.FusedMultiplyAdd(x4, left, c4l);
            c4r = TSimd.FusedMultiplyAdd(x4, right, c4r);
            TVector x5 = TSimd.Broadcast(a3[rowStride2]);
            c5l = TSimd.FusedMultiplyAdd(x5, left, c5l);
            c5r = TSimd.FusedMultiplyAdd(x5, right, c5r);
            TVector x6 = TSimd.Broadcast(*a6);
            c6l = TSimd.FusedMultiplyAdd(x6, left, c6l);
            c6r = TSimd.FusedMultiplyAdd(x6, right, c6r);
            TVector x7 = TSimd.Broadcast(a6[rowStride]);
            c7l = TSimd.FusedMultiplyAdd(x7, left, c7l);
            c7r = TSimd.FusedMultiplyAdd(x7, right, c7r);
            a += depthStride;
            a3 += depthStride;
            a6 += depthStride;
            b += stepOfB;
        }

        TSimd.Store(c0l, c);
        TSimd.Store(c0r, c + V);
        TSimd.Store(c1l, c + ldc);
        TSimd.Store(c1r, c + ldc + V);
        TSimd.Store(c2l, c + (2 * ldc));
        TSimd.Store(c2r, c + (2 * ldc) + V);
        TSimd.Store(c3l, c + (3 * ldc));
        TSimd.Store(c3r, c + (3 * ldc) + V);
        TSimd.Store(c4l, c + (4 * ldc));
        TSimd.Store(c4r, c + (4 * ldc) + V);
        TSimd.Store(c5l, c + (5 * ldc));
        TSimd.Store(c5r, c + (5 * ldc) + V);
        TSimd.Store(c6l, c + (6 * ldc));
        TSimd.Store(c6r, c + (6 * ldc) + V);
        TSimd.Store(c7l, c + (7 * ldc));
        TSimd.Store(c7r, c + (7 * ldc) + V);
    }

    /// <summary>6 rows × 2 registers: 12 accumulators.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows6<TVector, TSimd>(
        nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc, bool load)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint V = TSimd.Width;
        TVector c0l = TSimd.Broadcast(0), c0r = TSimd.Broadcast(0);
        TVector c1l = TSimd.Broadcast(0), c1r = TSimd.Broadcast(0);
        TVector c2l = TSimd.Broadcast(0), c2r = TSimd.Broadcast(0);
        TVector c3l = TSimd.Broadcast(0), c3r = TSimd.Broadcast(0);
        TVector c4l = TSimd.Broadcast(0), c4r = TSimd.Broadcast(0);
        TVector c5l = TSimd.Broadcast(0), c5r = TSimd.Broadcast(0);
        if (load)
        {
            c0l = TSimd.Load(c);
            c0r = TSimd.Load(c + V);
            c1l = TSimd.Load(c + ldc);
            c1r = TSimd.Load(c + ldc + V);
            c2l = TSimd.Load(c + (2 * ldc));
            c2r = TSimd.Load(c + (2 * ldc) + V);
            c3l = TSimd.Load(c + (3 * ldc));
            c3r = TSimd.Load(c + (3 * ldc) + V);
            c4l = TSimd.Load(c + (4 * ldc));
            c4r = TSimd.Load(c + (4 * ldc) + V);
            c5l = TSimd.Load(c + (5 * ldc));
            c5r = TSimd.Load(c + (5 * ldc) + V);
        }

        float* a3 = a + (3 * rowStride);
        nint rowStride2 = 2 * rowStride;
        // Four steps at a time where the strides are known: fewer instructions beside the multiplications, which counts
        // where another thread shares the core.
        if (stepOfB == 2 * V && depthStride == 1)               // A where it lies, B packed
        {
            for (; K >= 4; K -= 4, a += 4, a3 += 4, b += 8 * V)
            {
                Step6<TVector, TSimd>(a, rowStride, rowStride2, a3, b,
                    ref c0l, ref c0r, ref c1l, ref c1r, ref c2l, ref c2r,
                    ref c3l, ref c3r, ref c4l, ref c4r, ref c5l, ref c5r);
                Step6<TVector, TSimd>(a + 1, rowStride, rowStride2, a3 + 1, b + 2 * V,
                    ref c0l, ref c0r, ref c1l, ref c1r, ref c2l, ref c2r,
                    ref c3l, ref c3r, ref c4l, ref c4r, ref c5l, ref c5r);
                Step6<TVector, TSimd>(a + 2, rowStride, rowStride2, a3 + 2, b + 4 * V,
                    ref c0l, ref c0r, ref c1l, ref c1r, ref c2l, ref c2r,
                    ref c3l, ref c3r, ref c4l, ref c4r, ref c5l, ref c5r);
                Step6<TVector, TSimd>(a + 3, rowStride, rowStride2, a3 + 3, b + 6 * V,
                    ref c0l, ref c0r, ref c1l, ref c1r, ref c2l, ref c2r,
                    ref c3l, ref c3r, ref c4l, ref c4r, ref c5l, ref c5r);
            }
        }
        else if (stepOfB == 2 * V && depthStride == 6 && rowStride == 1)                    // both packed
        {
            for (; K >= 4; K -= 4, a += 24, a3 += 24, b += 8 * V)
            {
                Step6<TVector, TSimd>(a, 1, 2, a + 3, b,
                    ref c0l, ref c0r, ref c1l, ref c1r, ref c2l, ref c2r,
                    ref c3l, ref c3r, ref c4l, ref c4r, ref c5l, ref c5r);
                Step6<TVector, TSimd>(a + 6, 1, 2, a + 9, b + 2 * V,
                    ref c0l, ref c0r, ref c1l, ref c1r, ref c2l, ref c2r,
                    ref c3l, ref c3r, ref c4l, ref c4r, ref c5l, ref c5r);
                Step6<TVector, TSimd>(a + 12, 1, 2, a + 15, b + 4 * V,
                    ref c0l, ref c0r, ref c1l, ref c1r, ref c2l, ref c2r,
                    ref c3l, ref c3r, ref c4l, ref c4r, ref c5l, ref c5r);
                Step6<TVector, TSimd>(a + 18, 1, 2, a + 21, b + 6 * V,
                    ref c0l, ref c0r, ref c1l, ref c1r, ref c2l, ref c2r,
                    ref c3l, ref c3r, ref c4l, ref c4r, ref c5l, ref c5r);
            }
        }
        for (; K > 0; K--, a += depthStride, a3 += depthStride, b += stepOfB)
        {
            Step6<TVector, TSimd>(a, rowStride, rowStride2, a3, b,
                ref c0l, ref c0r, ref c1l, ref c1r, ref c2l, ref c2r,
                ref c3l, ref c3r, ref c4l, ref c4r, ref c5l, ref c5r);
        }

        TSimd.Store(c0l, c);
        TSimd.Store(c0r, c + V);
        TSimd.Store(c1l, c + ldc);
        TSimd.Store(c1r, c + ldc + V);
        TSimd.Store(c2l, c + (2 * ldc));
        TSimd.Store(c2r, c + (2 * ldc) + V);
        TSimd.Store(c3l, c + (3 * ldc));
        TSimd.Store(c3r, c + (3 * ldc) + V);
        TSimd.Store(c4l, c + (4 * ldc));
        TSimd.Store(c4r, c + (4 * ldc) + V);
        TSimd.Store(c5l, c + (5 * ldc));
        TSimd.Store(c5r, c + (5 * ldc) + V);
    }

    // One step of depth: rows 0 to 2 of A begin at a, rows 3 to 5 at a3, each s1 and s2 = 2 s1 apart from the first.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step6<TVector, TSimd>(
        float* a, nint s1, nint s2, float* a3, float* b,
        ref TVector c0l, ref TVector c0r, ref TVector c1l, ref TVector c1r, ref TVector c2l, ref TVector c2r,
        ref TVector c3l, ref TVector c3r, ref TVector c4l, ref TVector c4r, ref TVector c5l, ref TVector c5r)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        TVector left = TSimd.Load(b), right = TSimd.Load(b + TSimd.Width);
        TVector x0 = TSimd.Broadcast(*a);
        c0l = TSimd.FusedMultiplyAdd(x0, left, c0l);
        c0r = TSimd.FusedMultiplyAdd(x0, right, c0r);
        TVector x1 = TSimd.Broadcast(a[s1]);
        c1l = TSimd.FusedMultiplyAdd(x1, left, c1l);
        c1r = TSimd.FusedMultiplyAdd(x1, right, c1r);
        TVector x2 = TSimd.Broadcast(a[s2]);
        c2l = TSimd.FusedMultiplyAdd(x2, left, c2l);
        c2r = TSimd.FusedMultiplyAdd(x2, right, c2r);
        TVector x3 = TSimd.Broadcast(*a3);
        c3l = TSimd.FusedMultiplyAdd(x3, left, c3l);
        c3r = TSimd.FusedMultiplyAdd(x3, right, c3r);
        TVector x4 = TSimd.Broadcast(a3[s1]);
        c4l = TSimd.FusedMultiplyAdd(x4, left, c4l);
        c4r = TSimd.FusedMultiplyAdd(x4, right, c4r);
        TVector x5 = TSimd.Broadcast(a3[s2]);
        c5l = TSimd.FusedMultiplyAdd(x5, left, c5l);
        c5r = TSimd.FusedMultiplyAdd(x5, right, c5r);
    }

    /// <summary>4 rows × 2 registers: 8 accumulators.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Rows4<TVector, TSimd>(
        nint K, float* a, nint rowStride, nint depthStride, float* b, nint stepOfB, float* c, nint ldc, bool load)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        nint V = TSimd.Width;
        TVector c0l = TSimd.Broadcast(0), c0r = TSimd.Broadcast(0);
        TVector c1l = TSimd.Broadcast(0), c1r = TSimd.Broadcast(0);
        TVector c2l = TSimd.Broadcast(0), c2r = TSimd.Broadcast(0);
        TVector c3l = TSimd.Broadcast(0), c3r = TSimd.Broadcast(0);
        if (load)
        {
            c0l = TSimd.Load(c);
            c0r = TSimd.Load(c + V);
            c1l = TSimd.Load(c + ldc);
            c1r = TSimd.Load(c + ldc + V);
            c2l = TSimd.Load(c + (2 * ldc));
            c2r = TSimd.Load(c + (2 * ldc) + V);
            c3l = TSimd.Load(c + (3 * ldc));
            c3r = TSimd.Load(c + (3 * ldc) + V);
        }

        float* a3 = a + (3 * rowStride);
        nint rowStride2 = 2 * rowStride;
        for (; K > 0; K--)
        {
            TVector left = TSimd.Load(b), right = TSimd.Load(b + V);
            TVector x0 = TSimd.Broadcast(*a);
            c0l = TSimd.FusedMultiplyAdd(x0, left, c0l);
            c0r = TSimd.FusedMultiplyAdd(x0, right, c0r);
            TVector x1 = TSimd.Broadcast(a[rowStride]);
            c1l = TSimd.FusedMultiplyAdd(x1, left, c1l);
            c1r = TSimd.FusedMultiplyAdd(x1, right, c1r);
            TVector x2 = TSimd.Broadcast(a[rowStride2]);
            c2l = TSimd.FusedMultiplyAdd(x2, left, c2l);
            c2r = TSimd.FusedMultiplyAdd(x2, right, c2r);
            TVector x3 = TSimd.Broadcast(*a3);
            c3l = TSimd.FusedMultiplyAdd(x3, left, c3l);
            c3r = TSimd.FusedMultiplyAdd(x3, right, c3r);
            a += depthStride;
            a3 += depthStride;
            b += stepOfB;
        }

        TSimd.Store(c0l, c);
        TSimd.Store(c0r, c + V);
        TSimd.Store(c1l, c + ldc);
        TSimd.Store(c1r, c + ldc + V);
        TSimd.Store(c2l, c + (2 * ldc));
        TSimd.Store(c2r, c + (2 * ldc) + V);
        TSimd.Store(c3l, c + (3 * ldc));
        TSimd.Store(c3r, c + (3 * ldc) + V);
    }
}
