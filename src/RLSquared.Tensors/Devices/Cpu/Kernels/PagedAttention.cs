using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// Keys and values of tokens in pages of 32 places, for generation. A page holds for each layer and each head of keys
/// first the keys as a panel [E, 32], so that the scores of 32 places lie side by side in registers, and then the
/// values [32, R] with R = E rounded up to 16.
/// </summary>
internal readonly record struct PageLayout(int Layers, AttentionShape Shape)
{
    /// <summary>Places of a page.</summary>
    public const int Places = 32;

    /// <summary>Floats of a row of values.</summary>
    public int RowOfValues => (Shape.E + 15) & -16;

    /// <summary>Floats of a head.</summary>
    public int Head => Places * (Shape.E + RowOfValues);

    /// <summary>Floats of a layer.</summary>
    public int Layer => Shape.G * Head;

    /// <summary>Floats of a page.</summary>
    public nint Page => (nint)Layers * Layer;

    /// <summary>Pages for so many tokens.</summary>
    public static int PagesFor(int tokens) => (tokens + Places - 1) / Places;
}

/// <summary>
/// Attention of one token over pages, and the writing of its keys and values into them. The numbers are those of
/// <see cref="CausalAttention"/>, bit for bit.
/// <para>Cost: 4·E operations per seen place and head; keys and values are read once for each group of query
/// heads.</para>
/// </summary>
internal static unsafe class PagedAttention
{
    /// <summary>Floats of scratch for a token that sees up to so many places.</summary>
    public static int Scratch(in AttentionShape shape, int places) =>
        shape.H / shape.G * SteadySums.Padded(places) + ((shape.E + 15) & -16);

    /// <summary>Puts the keys and values of the token at place t into its page.</summary>
    /// <param name="layout">The pages.</param>
    /// <param name="layer">Which layer.</param>
    /// <param name="page">The page that holds place t.</param>
    /// <param name="t">The place in the sequence.</param>
    /// <param name="k">[G·E].</param>
    /// <param name="v">[G·E].</param>
    public static void Write(in PageLayout layout, int layer, float* page, int t, float* k, float* v)
    {
        int E = layout.Shape.E, slot = t % PageLayout.Places;
        float* head = page + (nint)layer * layout.Layer;
        for (int g = 0; g < layout.Shape.G; g++, head += layout.Head, k += E, v += E)
        {
            for (int e = 0; e < E; e++)
                head[e * PageLayout.Places + slot] = k[e];
            new Span<float>(v, E).CopyTo(
                new Span<float>(head + E * PageLayout.Places + slot * layout.RowOfValues, E));
        }
    }

    /// <summary>y [H·E] of the token at place t, whose own keys and values are written already.</summary>
    /// <param name="layout">The pages.</param>
    /// <param name="layer">Which layer.</param>
    /// <param name="window">How far back the layer sees; 0 for everything.</param>
    /// <param name="pages">The addresses of the sequence's pages in order.</param>
    /// <param name="t">The place in the sequence.</param>
    /// <param name="q">[H·E].</param>
    /// <param name="y">Receives [H·E].</param>
    /// <param name="scratch">As many floats as <see cref="Scratch"/> says.</param>
    public static void Read(in PageLayout layout, int layer, int window, ReadOnlySpan<nint> pages, int t,
        float* q, float* y, float* scratch)
    {
        if (Vector512.IsHardwareAccelerated)
            Read<Vector512<float>, Simd512>(in layout, layer, window, pages, t, q, y, scratch);
        else if (Vector256.IsHardwareAccelerated)
            Read<Vector256<float>, Simd256>(in layout, layer, window, pages, t, q, y, scratch);
        else
            Read<Vector128<float>, Simd128>(in layout, layer, window, pages, t, q, y, scratch);
    }

    static void Read<TVector, TSimd>(in PageLayout layout, int layer, int window, ReadOnlySpan<nint> pages, int t,
        float* q, float* y, float* scratch)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        const int places = PageLayout.Places;
        AttentionShape shape = layout.Shape with { Window = window };
        int E = shape.E, R = layout.RowOfValues, group = shape.H / shape.G;
        int from = shape.First(t) & -SteadySums.Group, ld = SteadySums.Padded(t + 1);
        float* sums = scratch + group * ld;
        nint at = (nint)layer * layout.Layer;
        for (int g = 0; g < shape.G; g++, at += layout.Head)
        {
            for (int p = from / places; p * places <= t; p++)
            {
                float* keys = (float*)pages[p] + at;
                for (int h = 0; h < group; h++)
                {
                    float* query = q + (g * group + h) * E, to = scratch + h * ld + p * places;
                    if (4 * TSimd.Width <= places)
                    {
                        for (int j = 0; j < places; j += 4 * TSimd.Width)
                            Four<TVector, TSimd>(E, query, keys + j, places, to + j);
                    }
                    else
                    {
                        for (int j = 0; j < places; j += TSimd.Width)
                            One<TVector, TSimd>(E, query, keys + j, places, to + j, load: false);
                    }
                }
            }
            for (int h = 0; h < group; h++)
            {
                float* row = scratch + h * ld;
                CausalAttention.Hide(in shape, row, t, from, ld);
                float sum = SteadySums.Exponentials(row + from, ld - from, shape.Scale, out _, out _);
                var result = new Span<float>(y + (g * group + h) * E, E);
                Values<TVector, TSimd>(pages, at + E * places, R, from, t, row, sums);
                TensorPrimitives.Multiply(new ReadOnlySpan<float>(sums, E), 1 / sum, result);
            }
        }
    }

    // sums[e] = Σ_j p[j] v[j, e] over places from … t, page by page; [R].
    static void Values<TVector, TSimd>(
        ReadOnlySpan<nint> pages, nint at, int R, int from, int t, float* p, float* sums)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        const int places = PageLayout.Places;
        int V = TSimd.Width;
        new Span<float>(sums, R).Clear();
        for (int first = from; first <= t; first += places)
        {
            float* values = (float*)pages[first / places] + at;
            int count = Math.Min(places, t + 1 - first), e = 0;
            for (; e <= R - 8 * V; e += 8 * V)
                Eight<TVector, TSimd>(count, p + first, values + e, R, sums + e);
            for (; e < R; e += V)
                One<TVector, TSimd>(count, p + first, values + e, R, sums + e, load: true);
        }
    }

    // c (+)= Σ_k a[k] · b[k, :], one register.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void One<TVector, TSimd>(int K, float* a, float* b, int row, float* c, bool load)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        TVector sum = load ? TSimd.Load(c) : TSimd.Broadcast(0);
        for (int k = 0; k < K; k++, b += row)
            sum = TSimd.FusedMultiplyAdd(TSimd.Broadcast(a[k]), TSimd.Load(b), sum);
        TSimd.Store(sum, c);
    }

    // The same with four registers side by side, from 0.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Four<TVector, TSimd>(int K, float* a, float* b, int row, float* c)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        int V = TSimd.Width;
        TVector c0 = TSimd.Broadcast(0), c1 = TSimd.Broadcast(0), c2 = TSimd.Broadcast(0), c3 = TSimd.Broadcast(0);
        for (int k = 0; k < K; k++, b += row)
        {
            TVector x = TSimd.Broadcast(a[k]);
            c0 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b), c0);
            c1 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + V), c1);
            c2 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + 2 * V), c2);
            c3 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + 3 * V), c3);
        }
        TSimd.Store(c0, c);
        TSimd.Store(c1, c + V);
        TSimd.Store(c2, c + 2 * V);
        TSimd.Store(c3, c + 3 * V);
    }

    // The same with eight registers, which go on from c.
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Eight<TVector, TSimd>(int K, float* a, float* b, int row, float* c)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        int V = TSimd.Width;
        TVector c0 = TSimd.Load(c), c1 = TSimd.Load(c + V), c2 = TSimd.Load(c + 2 * V), c3 = TSimd.Load(c + 3 * V);
        TVector c4 = TSimd.Load(c + 4 * V), c5 = TSimd.Load(c + 5 * V);
        TVector c6 = TSimd.Load(c + 6 * V), c7 = TSimd.Load(c + 7 * V);
        for (int k = 0; k < K; k++, b += row)
        {
            TVector x = TSimd.Broadcast(a[k]);
            c0 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b), c0);
            c1 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + V), c1);
            c2 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + 2 * V), c2);
            c3 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + 3 * V), c3);
            c4 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + 4 * V), c4);
            c5 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + 5 * V), c5);
            c6 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + 6 * V), c6);
            c7 = TSimd.FusedMultiplyAdd(x, TSimd.Load(b + 7 * V), c7);
        }
        TSimd.Store(c0, c);
        TSimd.Store(c1, c + V);
        TSimd.Store(c2, c + 2 * V);
        TSimd.Store(c3, c + 3 * V);
        TSimd.Store(c4, c + 4 * V);
        TSimd.Store(c5, c + 5 * V);
        TSimd.Store(c6, c + 6 * V);
        TSimd.Store(c7, c + 7 * V);
    }
}
