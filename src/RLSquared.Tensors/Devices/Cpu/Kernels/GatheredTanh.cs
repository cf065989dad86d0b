using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// y[r, :] = tanh(a[i[r], :] + b[j[r], :] + s[r] · c), forward and backward in one pass each; the last term may be
/// missing. Shapes: y [R, H], a and b [·, H], s [R], c [H]. Cost: R·H hyperbolic tangents; y is written once, where the
/// single operations would write and read it four times.
/// </summary>
internal static unsafe class GatheredTanh
{
    /// <summary>What the sums are made of.</summary>
    public readonly struct Rows
    {
        /// <summary>Rows of y.</summary>
        public required int R { get; init; }

        /// <summary>Columns.</summary>
        public required int H { get; init; }

        /// <summary>Which row of a, [R].</summary>
        public required int* I { get; init; }

        /// <summary>Which row of b, [R].</summary>
        public required int* J { get; init; }

        /// <summary>Coefficients of c, [R]; null for no such term.</summary>
        public required float* S { get; init; }
    }

    /// <summary>The specification of <see cref="Forward"/>.</summary>
    public static void Reference(in Rows rows, float* a, float* b, float* c, float* y) =>
        Forward<float, SimdScalar>(in rows, a, b, c, y);

    /// <summary>Fills y.</summary>
    public static void Forward(in Rows rows, float* a, float* b, float* c, float* y)
    {
        if (Vector512.IsHardwareAccelerated)
            Forward<Vector512<float>, Simd512>(in rows, a, b, c, y);
        else if (Vector256.IsHardwareAccelerated)
            Forward<Vector256<float>, Simd256>(in rows, a, b, c, y);
        else
            Forward<Vector128<float>, Simd128>(in rows, a, b, c, y);
    }

    /// <summary>
    /// Adds to the gradients da, db [·, H] and dc [H] what g = dL/dy [R, H] makes of them; dc may be null.
    /// </summary>
    public static void Backward(in Rows rows, float* y, float* g, float* da, float* db, float* dc)
    {
        if (Vector512.IsHardwareAccelerated)
            Backward<Vector512<float>, Simd512>(in rows, y, g, da, db, dc);
        else if (Vector256.IsHardwareAccelerated)
            Backward<Vector256<float>, Simd256>(in rows, y, g, da, db, dc);
        else
            Backward<Vector128<float>, Simd128>(in rows, y, g, da, db, dc);
    }

    static void Forward<TVector, TSimd>(in Rows rows, float* a, float* b, float* c, float* y)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        (int R, int H) = (rows.R, rows.H);
        int wide = H - H % TSimd.Width;
        int* i = rows.I, j = rows.J;
        float* s = rows.S;
        for (int r = 0; r < R; r++, y += H)
        {
            float* left = a + (nint)i[r] * H, right = b + (nint)j[r] * H;
            float coefficient = s == null ? 0 : s[r];
            for (int h = 0; h < wide; h += TSimd.Width)
                ForwardUnits<TVector, TSimd>(h, left, right, s == null ? null : c, coefficient, y);
            for (int h = wide; h < H; h++)
                ForwardUnits<float, SimdScalar>(h, left, right, s == null ? null : c, coefficient, y);
        }
    }

    static void ForwardUnits<TVector, TSimd>(int h, float* left, float* right, float* c, float coefficient, float* y)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        TVector sum = TSimd.Add(TSimd.Load(left + h), TSimd.Load(right + h));
        if (c != null)
            sum = TSimd.FusedMultiplyAdd(TSimd.Broadcast(coefficient), TSimd.Load(c + h), sum);
        TSimd.Store(VectorMath.Tanh<TVector, TSimd>(sum), y + h);
    }

    static void Backward<TVector, TSimd>(in Rows rows, float* y, float* g, float* da, float* db, float* dc)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        (int R, int H) = (rows.R, rows.H);
        int wide = H - H % TSimd.Width;
        int* i = rows.I, j = rows.J;
        float* s = rows.S;
        for (int r = 0; r < R; r++, y += H, g += H)
        {
            float* left = da + (nint)i[r] * H, right = db + (nint)j[r] * H;
            float* scaled = s == null ? null : dc;
            float coefficient = scaled == null ? 0 : s[r];
            for (int h = 0; h < wide; h += TSimd.Width)
                BackwardUnits<TVector, TSimd>(h, y, g, left, right, scaled, coefficient);
            for (int h = wide; h < H; h++)
                BackwardUnits<float, SimdScalar>(h, y, g, left, right, scaled, coefficient);
        }
    }

    static void BackwardUnits<TVector, TSimd>(
        int h, float* y, float* g, float* left, float* right, float* dc, float coefficient)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        // tanh' = 1 − tanh²
        TVector value = TSimd.Load(y + h);
        TVector d = TSimd.Multiply(
            TSimd.Load(g + h), TSimd.Subtract(TSimd.Broadcast(1), TSimd.Multiply(value, value)));
        TSimd.Store(TSimd.Add(TSimd.Load(left + h), d), left + h);
        TSimd.Store(TSimd.Add(TSimd.Load(right + h), d), right + h);
        if (dc != null)
            TSimd.Store(TSimd.FusedMultiplyAdd(TSimd.Broadcast(coefficient), d, TSimd.Load(dc + h)), dc + h);
    }
}
