using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

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
    const int Widest = 16;                          // numbers of the widest vector

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
        if (padded == F)
        {
            int count = places * F, i = 0;
            for (; i <= count - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<int> above = Vector.GreaterThan(Vector.Load(y + i), Vector<float>.Zero);
                Vector.ConditionalSelect(above, Vector.Load(dy + i), Vector<float>.Zero).Store(g + i);
            }
            for (; i < count; i++)
                g[i] = y[i] > 0 ? dy[i] : 0;
            return;
        }
        for (int p = 0; p < places; p++)
        {
            for (int f = 0; f < padded; f++)
                g[f] = f < F && y[f] > 0 ? dy[f] : 0;
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
        int places = window.PlacesDown * window.PlacesAcross;
        nint run = window.KernelWidth * window.Channels, row = window.Width * window.Channels;
        nint end = window.KernelHeight * row;
        nint* corners = stackalloc nint[Tile];
        float* spill = stackalloc float[Tile * Widest];
        for (int p = 0; p < places; p += Tile)
        {
            // Places beyond the last one are the last one once more; their sums are dropped.
            for (int m = 0; m < Tile; m++)
                corners[m] = Corner(in window, Math.Min(p + m, places - 1));
            for (int f = 0; f < padded; f += TSimd.Width)
            {
                float* to = y + (nint)p * F + f;
                if (p + Tile <= places && f + TSimd.Width <= F)
                {
                    EightPlaces<TVector, TSimd>(x, corners, run, row, end, weight + f, padded, bias + f, to, F);
                    continue;
                }
                EightPlaces<TVector, TSimd>(
                    x, corners, run, row, end, weight + f, padded, bias + f, spill, TSimd.Width);
                int columns = Math.Min(TSimd.Width, F - f);
                for (int m = 0; m < Math.Min(Tile, places - p); m++)
                {
                    new ReadOnlySpan<float>(spill + m * TSimd.Width, columns)
                        .CopyTo(new Span<float>(to + (nint)m * F, columns));
                }
            }
        }
    }

    // One vector of filters at eight places. Apart from the loops around it, so that everything stays in registers.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void EightPlaces<TVector, TSimd>(float* x, nint* corners, nint run, nint row, nint end,
        float* weight, nint padded, float* bias, float* y, nint stride)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        float* x0 = x + corners[0], x1 = x + corners[1], x2 = x + corners[2], x3 = x + corners[3];
        float* x4 = x + corners[4], x5 = x + corners[5], x6 = x + corners[6], x7 = x + corners[7];
        TVector s0 = TSimd.Load(bias), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (nint u = 0; u < end; u += row)
        {
            for (nint k = u; k < u + run; k++)
            {
                TVector filters = TSimd.Load(weight);
                s0 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x0[k]), filters, s0);
                s1 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x1[k]), filters, s1);
                s2 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x2[k]), filters, s2);
                s3 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x3[k]), filters, s3);
                s4 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x4[k]), filters, s4);
                s5 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x5[k]), filters, s5);
                s6 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x6[k]), filters, s6);
                s7 = TSimd.FusedMultiplyAdd(TSimd.Broadcast(x7[k]), filters, s7);
                weight += padded;
            }
        }
        TVector zero = TSimd.Broadcast(0);
        TSimd.Store(TSimd.Max(zero, s0), y);
        TSimd.Store(TSimd.Max(zero, s1), y + stride);
        TSimd.Store(TSimd.Max(zero, s2), y + 2 * stride);
        TSimd.Store(TSimd.Max(zero, s3), y + 3 * stride);
        TSimd.Store(TSimd.Max(zero, s4), y + 4 * stride);
        TSimd.Store(TSimd.Max(zero, s5), y + 5 * stride);
        TSimd.Store(TSimd.Max(zero, s6), y + 6 * stride);
        TSimd.Store(TSimd.Max(zero, s7), y + 7 * stride);
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

    // Adds the gradient of eight rows of the weight, which see eight neighbouring numbers of each window; of the first
    // rows nothing is added if they are to be skipped.
    static void AddEight<TVector, TSimd>(in Window window, float* x, float* g, nint padded, float* to, int skip)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        nint step = window.Stride * window.Channels;
        float* sums = stackalloc float[Tile * Widest];
        SumEight<TVector, TSimd>(
            window.PlacesDown, window.PlacesAcross, x, step, step * window.Width, g, padded, sums);
        for (int m = skip; m < Tile; m++)
        {
            float* row = to + m * padded;
            TSimd.Store(TSimd.Add(TSimd.Load(row), TSimd.Load(sums + m * TSimd.Width)), row);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void SumEight<TVector, TSimd>(
        nint down, nint across, float* x, nint step, nint row, float* g, nint padded, float* sums)
        where TVector : unmanaged where TSimd : ISimd<TVector>
    {
        TVector s0 = TSimd.Broadcast(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (; down > 0; down--, x += row)
        {
            float* at = x, end = x + across * step;
            for (; at < end; at += step, g += padded)
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
        TSimd.Store(s0, sums);
        TSimd.Store(s1, sums + TSimd.Width);
        TSimd.Store(s2, sums + 2 * TSimd.Width);
        TSimd.Store(s3, sums + 3 * TSimd.Width);
        TSimd.Store(s4, sums + 4 * TSimd.Width);
        TSimd.Store(s5, sums + 5 * TSimd.Width);
        TSimd.Store(s6, sums + 6 * TSimd.Width);
        TSimd.Store(s7, sums + 7 * TSimd.Width);
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
        TSimd.Store(TSimd.Add(TSimd.Load(to), sum), to);
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
