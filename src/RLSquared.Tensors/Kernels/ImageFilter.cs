using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Kernels;

/// <summary>
/// A bank of filters over images whose channels lie side by side, and relu after it:
/// <code>
///   y[n, i, j, f] = max(0, bias[f] + Σ weight[u, v, c, f] · x[n, i·stride + u, j·stride + v, c])
/// </code>
/// Shapes: x [N, H, W, C], weight [kh, kw, C, F], y [N, down, across, F]; no padding. In this order of axes one row of
/// a window is a single run of kw · C numbers, so nothing is copied out: eight windows are multiplied with one vector
/// of filters at a time, in eight registers. An image and the weights stay in the first-level cache meanwhile.
/// <para>Every element of y is one chain of fused multiply-adds in the order u, v, c that starts from the bias; so it
/// depends neither on the width of vectors nor on the other images. Cost: 2 · places · kh·kw·C · F operations forward,
/// as many again for each gradient.</para>
/// </summary>
internal static unsafe class ImageFilter
{
    const int Tile = 8;                             // sums kept in registers

    /// <summary>The specification of the forward pass for one image.</summary>
    public static void Reference(in Window window, float* x, float* weight, float* bias, int F, float* y)
    {
        int run = window.KernelWidth * window.Channels, row = window.Width * window.Channels;
        for (int place = 0; place < window.PlacesDown * window.PlacesAcross; place++)
        {
            float* corner = x + Corner(in window, place);
            for (int f = 0; f < F; f++)
            {
                float sum = bias[f];
                for (int k = 0; k < window.KernelHeight * run; k++)
                    sum = MathF.FusedMultiplyAdd(corner[k / run * row + k % run], weight[k * F + f], sum);
                y[place * F + f] = MathF.Max(sum, 0);
            }
        }
    }

    /// <summary>Filters, filled up with zeros to whole vectors: what <see cref="Pad"/> makes of F.</summary>
    public static int PaddedFilters(int F)
    {
        int width = Vector512.IsHardwareAccelerated ? 16 : Vector256.IsHardwareAccelerated ? 8 : 4;
        return (F + width - 1) / width * width;
    }

    /// <summary>Copies rows of F numbers to rows of <paramref name="padded"/>, the rest zero.</summary>
    public static void Pad(int rows, int F, float* from, int padded, float* to)
    {
        for (int r = 0; r < rows; r++)
        {
            new ReadOnlySpan<float>(from + (nint)r * F, F).CopyTo(new Span<float>(to + (nint)r * padded, padded));
            new Span<float>(to + (nint)r * padded + F, padded - F).Clear();
        }
    }

    /// <summary>One image; weight and bias have <paramref name="padded"/> filters, y has F.</summary>
    public static void Forward(in Window window, float* x, float* weight, float* bias, int padded, int F, float* y)
    {
        if (Vector512.IsHardwareAccelerated)
            Forward<Vector512<float>, Simd512>(in window, x, weight, bias, padded, F, y);
        else if (Vector256.IsHardwareAccelerated)
            Forward<Vector256<float>, Simd256>(in window, x, weight, bias, padded, F, y);
        else
            Forward<Vector128<float>, Simd128>(in window, x, weight, bias, padded, F, y);
    }

    /// <summary>
    /// Adds one image's gradients: to dweight [kh·kw·C, padded] and dbias [padded], from g [places, padded], which is
    /// zero where y is.
    /// </summary>
    public static void WeightGradient(in Window window, float* x, float* g, int padded, float* dweight, float* dbias)
    {
        if (Vector512.IsHardwareAccelerated)
            WeightGradient<Vector512<float>, Simd512>(in window, x, g, padded, dweight, dbias);
        else if (Vector256.IsHardwareAccelerated)
            WeightGradient<Vector256<float>, Simd256>(in window, x, g, padded, dweight, dbias);
        else
            WeightGradient<Vector128<float>, Simd128>(in window, x, g, padded, dweight, dbias);
    }

    /// <summary>g [places, padded] = dy [places, F] where y is above zero, else 0, also in the padding.</summary>
    public static void MaskGradient(int places, int F, int padded, float* y, float* dy, float* g)
    {
        for (int p = 0; p < places; p++)
        {
            for (int f = 0; f < F; f++)
                g[f] = y[f] > 0 ? dy[f] : 0;
            for (int f = F; f < padded; f++)
                g[f] = 0;
            y += F;
            dy += F;
            g += padded;
        }
    }

    /// <summary>
    /// Adds what each window of one image got, rows [places, kh·kw·C], to where it came from, dx [H, W, C].
    /// </summary>
    public static void Collect(in Window window, float* rows, float* dx)
    {
        if (Vector512.IsHardwareAccelerated)
            Collect<Vector512<float>, Simd512>(in window, rows, dx);
        else if (Vector256.IsHardwareAccelerated)
            Collect<Vector256<float>, Simd256>(in window, rows, dx);
        else
            Collect<Vector128<float>, Simd128>(in window, rows, dx);
    }

    internal static void Forward<TVector, TSimd>(
        in Window window, float* x, float* weight, float* bias, int padded, int F, float* y)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        int places = window.PlacesDown * window.PlacesAcross, last = places - 1;
        nint run = window.KernelWidth * window.Channels, row = window.Width * window.Channels;
        nint end = window.KernelHeight * row;
        for (int p = 0; p < places; p += Tile)
        {
            // Places beyond the last one are the last one once more; their sums are dropped.
            float* x0 = x + Corner(in window, p), x1 = x + Corner(in window, Math.Min(p + 1, last));
            float* x2 = x + Corner(in window, Math.Min(p + 2, last)), x3 = x + Corner(in window, Math.Min(p + 3, last));
            float* x4 = x + Corner(in window, Math.Min(p + 4, last)), x5 = x + Corner(in window, Math.Min(p + 5, last));
            float* x6 = x + Corner(in window, Math.Min(p + 6, last)), x7 = x + Corner(in window, Math.Min(p + 7, last));
            for (int f = 0; f < padded; f += TSimd.Width)
            {
                TVector s0 = TSimd.Load(bias + f), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
                float* w = weight + f;
                for (nint u = 0; u < end; u += row)
                {
                    for (nint k = u; k < u + run; k++, w += padded)
                    {
                        TVector filters = TSimd.Load(w);
                        s0 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x0[k]), filters, s0);
                        s1 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x1[k]), filters, s1);
                        s2 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x2[k]), filters, s2);
                        s3 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x3[k]), filters, s3);
                        s4 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x4[k]), filters, s4);
                        s5 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x5[k]), filters, s5);
                        s6 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x6[k]), filters, s6);
                        s7 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x7[k]), filters, s7);
                    }
                }

                float* to = y + (nint)p * F + f;
                int kept = Math.Min(Tile, places - p), columns = Math.Min(TSimd.Width, F - f);
                Keep<TVector, TSimd>(s0, 0, kept, to, F, columns);
                Keep<TVector, TSimd>(s1, 1, kept, to, F, columns);
                Keep<TVector, TSimd>(s2, 2, kept, to, F, columns);
                Keep<TVector, TSimd>(s3, 3, kept, to, F, columns);
                Keep<TVector, TSimd>(s4, 4, kept, to, F, columns);
                Keep<TVector, TSimd>(s5, 5, kept, to, F, columns);
                Keep<TVector, TSimd>(s6, 6, kept, to, F, columns);
                Keep<TVector, TSimd>(s7, 7, kept, to, F, columns);
            }
        }
    }

    // Writes relu of a sum as place m of a tile, if it is among those that are kept.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Keep<TVector, TSimd>(TVector sum, int m, int kept, float* to, int F, int columns)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        if (m >= kept)
            return;
        sum = TSimd.Max(TSimd.Broadcast(0), sum);
        to += (nint)m * F;
        if (columns == TSimd.Width)
            TSimd.Store(sum, to);
        else
            KeepSome<TVector, TSimd>(sum, to, columns);
    }

    static void KeepSome<TVector, TSimd>(TVector sum, float* to, int columns)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        const int widest = 16;
        float* numbers = stackalloc float[widest];
        TSimd.Store(sum, numbers);
        new ReadOnlySpan<float>(numbers, columns).CopyTo(new Span<float>(to, columns));
    }

    internal static void WeightGradient<TVector, TSimd>(
        in Window window, float* x, float* g, int padded, float* dweight, float* dbias)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        int run = window.KernelWidth * window.Channels, down = window.PlacesDown, across = window.PlacesAcross;
        nint row = window.Width * window.Channels, step = window.Stride * window.Channels;
        for (int f = 0; f < padded; f += TSimd.Width)
        {
            TVector sum = TSimd.Load(dbias + f);
            for (nint p = 0; p < down * across; p++)
                sum = TSimd.Add(sum, TSimd.Load(g + p * padded + f));
            TSimd.Store(sum, dbias + f);

            for (int u = 0; u < window.KernelHeight; u++)
            {
                float* from = x + u * row, to = dweight + (nint)u * run * padded + f;
                int k = 0;
                for (; k <= run - Tile; k += Tile)
                    AddEight<TVector, TSimd>(in window, from + k, g + f, padded, to + (nint)k * padded, 0);
                if (k < run && run >= Tile)                   // eight once more, of which the first are done already
                {
                    AddEight<TVector, TSimd>(
                        in window, from + run - Tile, g + f, padded, to + (nint)(run - Tile) * padded, Tile - run + k);
                    k = run;
                }
                for (; k < run; k++)
                    AddOne<TVector, TSimd>(in window, from + k, g + f, padded, to + (nint)k * padded);
            }
        }
    }

    // The gradient of eight rows of the weight, which see eight neighbouring numbers of each window.
    static void AddEight<TVector, TSimd>(in Window window, float* x, float* g, nint padded, float* to, int skip)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        int down = window.PlacesDown, across = window.PlacesAcross;
        nint step = window.Stride * window.Channels, row = step * window.Width;
        TVector s0 = TSimd.Broadcast(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (int i = 0; i < down; i++, x += row)
        {
            float* at = x;
            for (int j = 0; j < across; j++, at += step, g += padded)
            {
                TVector slope = TSimd.Load(g);
                s0 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(at[0]), slope, s0);
                s1 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(at[1]), slope, s1);
                s2 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(at[2]), slope, s2);
                s3 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(at[3]), slope, s3);
                s4 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(at[4]), slope, s4);
                s5 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(at[5]), slope, s5);
                s6 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(at[6]), slope, s6);
                s7 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(at[7]), slope, s7);
            }
        }
        AddTo<TVector, TSimd>(s0, 0, skip, to, padded);
        AddTo<TVector, TSimd>(s1, 1, skip, to, padded);
        AddTo<TVector, TSimd>(s2, 2, skip, to, padded);
        AddTo<TVector, TSimd>(s3, 3, skip, to, padded);
        AddTo<TVector, TSimd>(s4, 4, skip, to, padded);
        AddTo<TVector, TSimd>(s5, 5, skip, to, padded);
        AddTo<TVector, TSimd>(s6, 6, skip, to, padded);
        AddTo<TVector, TSimd>(s7, 7, skip, to, padded);
    }

    static void AddOne<TVector, TSimd>(in Window window, float* x, float* g, nint padded, float* to)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        nint step = window.Stride * window.Channels, row = step * window.Width;
        TVector sum = TSimd.Broadcast(0);
        for (int i = 0; i < window.PlacesDown; i++)
        {
            for (int j = 0; j < window.PlacesAcross; j++, g += padded)
                sum = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x[i * row + j * step]), TSimd.Load(g), sum);
        }
        AddTo<TVector, TSimd>(sum, 0, 0, to, padded);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddTo<TVector, TSimd>(TVector sum, int m, int skip, float* to, nint padded)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        if (m >= skip)
            TSimd.Store(TSimd.Add(TSimd.Load(to + m * padded), sum), to + m * padded);
    }

    internal static void Collect<TVector, TSimd>(in Window window, float* rows, float* dx)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        int run = window.KernelWidth * window.Channels;
        nint row = window.Width * window.Channels;
        for (int place = 0; place < window.PlacesDown * window.PlacesAcross; place++)
        {
            float* to = dx + Corner(in window, place);
            for (int u = 0; u < window.KernelHeight; u++, rows += run, to += row)
            {
                int k = 0;
                for (; k <= run - TSimd.Width; k += TSimd.Width)
                    TSimd.Store(TSimd.Add(TSimd.Load(to + k), TSimd.Load(rows + k)), to + k);
                for (; k < run; k++)
                    to[k] += rows[k];
            }
        }
    }

    // The top left of what a window sees of an image.
    static nint Corner(in Window window, int place) =>
        (place / window.PlacesAcross * (nint)window.Width + place % window.PlacesAcross)
            * window.Stride * window.Channels;
}
