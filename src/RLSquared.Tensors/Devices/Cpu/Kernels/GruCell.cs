using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// One time step of a gated recurrent unit for B rows, forward and backward, in the form that applies the reset gate
/// after the product (Duan et al. 2016; also cuDNN's and ONNX's <c>linear_before_reset = 1</c>):
/// <code>
///   z  = σ(xW_z + hU_z + b_z)            update gate
///   r  = σ(xW_r + hU_r + b_r)            reset gate
///   q  = hU_h + b_q                      what the candidate would remember
///   c  = φ(xW_h + b_h + r∘q)             candidate, φ = tanh or relu
///   h' = c + z∘(h − c)                   = (1 − z)∘c + z∘h
/// </code>
/// Weights: W [I, 3H] and U [H, 3H] with the gates in the order z, r, h; biases [4H] = b_z, b_r, b_h, b_q.
/// <para>
/// The four stored activations of a row lie as c | z | r | q, [B, 4H]. Backward overwrites them by the gradients of
/// what went into them, in the same places. Then the first three quarters, c | z | r, are the gradient of xW + b, and
/// the last three, z | r | q, that of hU: both are matrices with rows 4H apart, ready for the products, and nothing is
/// copied.
/// </para>
/// <para>
/// An input row is a short list of terms (row of W, coefficient): a one-hot group is one term with coefficient 1, a
/// plain number is a term with that number. So one-hot inputs are gathered and not multiplied. Wide dense inputs come
/// as a finished product xW instead.
/// </para>
/// Cost per row: 6H² operations in the product hU, which <see cref="MatrixProduct"/> does; the rest is what this file
/// does, about 60H operations, three divisions and three exponentials per unit.
/// </summary>
internal static unsafe class GruCell
{
    /// <summary>
    /// Forward for B rows. On entry <paramref name="gates"/> [B, 4H] holds hU in its last three quarters; on return it
    /// holds c | z | r | q.
    /// </summary>
    /// <param name="B">Rows.</param>
    /// <param name="H">Units.</param>
    /// <param name="input">The input rows.</param>
    /// <param name="bias">[4H].</param>
    /// <param name="previous">h, [B, H]; null for zeros.</param>
    /// <param name="gates">[B, 4H].</param>
    /// <param name="hidden">Receives h', [B, H]; may be <paramref name="previous"/> itself.</param>
    /// <param name="relu">Whether φ is relu; else tanh.</param>
    public static void Forward(
        int B, int H, in GruInput input, float* bias, float* previous, float* gates, float* hidden, bool relu)
    {
        if (Vector512.IsHardwareAccelerated)
            Forward<Vector512<float>, Simd512>(B, H, in input, bias, previous, gates, hidden, relu);
        else if (Vector256.IsHardwareAccelerated)
            Forward<Vector256<float>, Simd256>(B, H, in input, bias, previous, gates, hidden, relu);
        else
            Forward<Vector128<float>, Simd128>(B, H, in input, bias, previous, gates, hidden, relu);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Forward<TVector, TSimd>(
        int B, int H, in GruInput input, float* bias, float* previous, float* gates, float* hidden, bool relu)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        float** rows = stackalloc float*[GruInput.MostTerms];
        float* coefficients = stackalloc float[GruInput.MostTerms];
        int wide = H - H % TSimd.Width;
        for (int b = 0; b < B; b++)
        {
            int terms = input.Terms(b, rows, coefficients);
            float* product = input.ProductRow(b);
            float* h = previous == null ? null : previous + (nint)b * H;
            float* g = gates + (nint)b * 4 * H;
            float* next = hidden + (nint)b * H;
            for (int j = 0; j < wide; j += TSimd.Width)
                ForwardUnits<TVector, TSimd>(H, j, terms, rows, coefficients, product, bias, h, g, next, relu);
            for (int j = wide; j < H; j++)
                ForwardUnits<float, SimdScalar>(H, j, terms, rows, coefficients, product, bias, h, g, next, relu);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void ForwardUnits<TVector, TSimd>(
        int H, int j, int terms, float** rows, float* coefficients, float* product, float* bias, float* previous,
        float* gates, float* hidden, bool relu)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        TVector zero = TSimd.Broadcast(0);
        TVector z = TSimd.Load(bias + j), r = TSimd.Load(bias + H + j), c = TSimd.Load(bias + 2 * H + j);
        TVector q = TSimd.Add(TSimd.Load(bias + 3 * H + j), TSimd.Load(gates + 3 * H + j));
        if (product != null)
        {
            z = TSimd.Add(z, TSimd.Load(product + j));
            r = TSimd.Add(r, TSimd.Load(product + H + j));
            c = TSimd.Add(c, TSimd.Load(product + 2 * H + j));
        }
        for (int i = 0; i < terms; i++)
        {
            float* w = rows[i] + j;
            TVector x = TSimd.Broadcast(coefficients[i]);
            z = TSimd.FusedMultiplyAdd(x, TSimd.Load(w), z);
            r = TSimd.FusedMultiplyAdd(x, TSimd.Load(w + H), r);
            c = TSimd.FusedMultiplyAdd(x, TSimd.Load(w + 2 * H), c);
        }
        z = VectorMath.Sigmoid<TVector, TSimd>(TSimd.Add(z, TSimd.Load(gates + H + j)));
        r = VectorMath.Sigmoid<TVector, TSimd>(TSimd.Add(r, TSimd.Load(gates + 2 * H + j)));
        c = TSimd.FusedMultiplyAdd(r, q, c);
        c = relu ? TSimd.Max(zero, c) : VectorMath.Tanh<TVector, TSimd>(c);
        TVector h = previous == null ? zero : TSimd.Load(previous + j);

        TSimd.Store(c, gates + j);
        TSimd.Store(z, gates + H + j);
        TSimd.Store(r, gates + 2 * H + j);
        TSimd.Store(q, gates + 3 * H + j);
        TSimd.Store(TSimd.FusedMultiplyAdd(z, TSimd.Subtract(h, c), c), hidden + j);
    }

    /// <summary>
    /// Backward for B rows. On entry <paramref name="gates"/> holds c | z | r | q; on return, the gradients of their
    /// sums.
    /// </summary>
    /// <param name="B">Rows.</param>
    /// <param name="H">Units.</param>
    /// <param name="previous">h, [B, H]; null for zeros.</param>
    /// <param name="gates">[B, 4H].</param>
    /// <param name="outer">dL/dh' from what used h' directly, [B, H]; null for none.</param>
    /// <param name="carry">
    /// On entry dL/dh' from the next time step, [B, H]; on return the part of dL/dh that does not go through U.
    /// </param>
    /// <param name="biasGradient">[4H], which is added to, in the gates' order c | z | r | q.</param>
    /// <param name="relu">Whether φ is relu; else tanh.</param>
    public static void Backward(
        int B, int H, float* previous, float* gates, float* outer, float* carry, float* biasGradient, bool relu)
    {
        if (Vector512.IsHardwareAccelerated)
            Backward<Vector512<float>, Simd512>(B, H, previous, gates, outer, carry, biasGradient, relu);
        else if (Vector256.IsHardwareAccelerated)
            Backward<Vector256<float>, Simd256>(B, H, previous, gates, outer, carry, biasGradient, relu);
        else
            Backward<Vector128<float>, Simd128>(B, H, previous, gates, outer, carry, biasGradient, relu);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Backward<TVector, TSimd>(
        int B, int H, float* previous, float* gates, float* outer, float* carry, float* biasGradient, bool relu)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        int wide = H - H % TSimd.Width;
        for (int b = 0; b < B; b++)
        {
            float* h = previous == null ? null : previous + (nint)b * H;
            float* dy = outer == null ? null : outer + (nint)b * H;
            float* g = gates + (nint)b * 4 * H;
            float* dh = carry + (nint)b * H;
            for (int j = 0; j < wide; j += TSimd.Width)
                BackwardUnits<TVector, TSimd>(H, j, h, g, dy, dh, biasGradient, relu);
            for (int j = wide; j < H; j++)
                BackwardUnits<float, SimdScalar>(H, j, h, g, dy, dh, biasGradient, relu);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void BackwardUnits<TVector, TSimd>(
        int H, int j, float* previous, float* gates, float* outer, float* carry, float* biasGradient, bool relu)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        TVector zero = TSimd.Broadcast(0), one = TSimd.Broadcast(1);
        TVector c = TSimd.Load(gates + j), z = TSimd.Load(gates + H + j);
        TVector r = TSimd.Load(gates + 2 * H + j), q = TSimd.Load(gates + 3 * H + j);
        TVector h = previous == null ? zero : TSimd.Load(previous + j);
        TVector dh = TSimd.Load(carry + j);
        if (outer != null)
            dh = TSimd.Add(dh, TSimd.Load(outer + j));

        // h' = c + z∘(h − c)
        TVector dz = TSimd.Multiply(dh, TSimd.Subtract(h, c));
        TVector dPrevious = TSimd.Multiply(dh, z);
        TVector dc = TSimd.Subtract(dh, dPrevious);
        // through φ: tanh' = 1 − c², relu' = [c > 0]
        dc = relu
            ? TSimd.Select(TSimd.LessThan(zero, c), dc, zero)
            : TSimd.Multiply(dc, TSimd.Subtract(one, TSimd.Multiply(c, c)));
        TVector dr = TSimd.Multiply(dc, q), dq = TSimd.Multiply(dc, r);
        // through σ: σ' = σ(1 − σ)
        dz = TSimd.Multiply(dz, TSimd.Multiply(z, TSimd.Subtract(one, z)));
        dr = TSimd.Multiply(dr, TSimd.Multiply(r, TSimd.Subtract(one, r)));

        TSimd.Store(dc, gates + j);
        TSimd.Store(dz, gates + H + j);
        TSimd.Store(dr, gates + 2 * H + j);
        TSimd.Store(dq, gates + 3 * H + j);
        TSimd.Store(dPrevious, carry + j);
        TSimd.Store(TSimd.Add(TSimd.Load(biasGradient + j), dc), biasGradient + j);
        TSimd.Store(TSimd.Add(TSimd.Load(biasGradient + H + j), dz), biasGradient + H + j);
        TSimd.Store(TSimd.Add(TSimd.Load(biasGradient + 2 * H + j), dr), biasGradient + 2 * H + j);
        TSimd.Store(TSimd.Add(TSimd.Load(biasGradient + 3 * H + j), dq), biasGradient + 3 * H + j);
    }

    /// <summary>
    /// Adds to dL/dW [I, 3H] what the terms of B input rows contribute: coefficient times the gradient c | z | r of
    /// their sum, put into W's order z | r | h.
    /// </summary>
    public static void ScatterInputGradient(int B, int H, in GruInput input, float* gates)
    {
        if (Vector512.IsHardwareAccelerated)
            ScatterInputGradient<Vector512<float>, Simd512>(B, H, in input, gates);
        else if (Vector256.IsHardwareAccelerated)
            ScatterInputGradient<Vector256<float>, Simd256>(B, H, in input, gates);
        else
            ScatterInputGradient<Vector128<float>, Simd128>(B, H, in input, gates);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void ScatterInputGradient<TVector, TSimd>(int B, int H, in GruInput input, float* gates)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        float** rows = stackalloc float*[GruInput.MostTerms];
        float* coefficients = stackalloc float[GruInput.MostTerms];
        for (int b = 0; b < B; b++)
        {
            int terms = input.Terms(b, rows, coefficients);
            float* g = gates + (nint)b * 4 * H;
            for (int i = 0; i < terms; i++)
            {
                float x = coefficients[i];
                if (x == 0)
                    continue;
                AddScaled<TVector, TSimd>(2 * H, x, g + H, rows[i]);            // z | r
                AddScaled<TVector, TSimd>(H, x, g, rows[i] + 2 * H);            // c
            }
        }
    }

    /// <summary>
    /// Adds to each row of a finished product, [B, 3H], the rows of W [I, 3H] that its indices name, [B, groups]: for
    /// rows of more groups than a list of terms holds.
    /// </summary>
    public static void AddRows(int B, int H, int* indices, int groups, float* weights, float* product)
    {
        for (int b = 0; b < B; b++, product += 3 * H)
        {
            var sum = new Span<float>(product, 3 * H);
            for (int i = 0; i < groups; i++, indices++)
            {
                var row = new ReadOnlySpan<float>(weights + (nint)(*indices) * 3 * H, 3 * H);
                System.Numerics.Tensors.TensorPrimitives.Add(sum, row, sum);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void AddScaled<TVector, TSimd>(int count, float scale, float* from, float* to)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        TVector factor = TSimd.Broadcast(scale);
        int i = 0;
        for (; i <= count - TSimd.Width; i += TSimd.Width)
            TSimd.Store(TSimd.FusedMultiplyAdd(factor, TSimd.Load(from + i), TSimd.Load(to + i)), to + i);
        for (; i < count; i++)
            to[i] = MathF.FusedMultiplyAdd(scale, from[i], to[i]);
    }
}

/// <summary>
/// The input rows of one time step, as terms (row of W, coefficient), or as a finished product, or both. The weight
/// rows lie as [groups' rows…, dense rows…]: an index names its row absolutely; the dense numbers use the last rows.
/// </summary>
internal readonly unsafe struct GruInput
{
    /// <summary>The most terms of a row; what is more comes as a finished product instead.</summary>
    public const int MostTerms = 16;

    readonly int* indices;          // [B, groups], or null
    readonly float* dense;          // [B, width], or null
    readonly float* product;        // [B, 3H], or null
    readonly float* weights;        // W, or its gradient, [I, 3H]
    readonly int groups, groupStride, width, firstDenseRow, stride;

    public GruInput(
        int H, int* indices, int groups, float* dense, int width, int firstDenseRow, float* weights, float* product,
        int groupStride = -1)
    {
        if (groups + width > MostTerms)
            throw new ArgumentException($"a row has at most {MostTerms} terms, not {groups} + {width}");
        this.indices = indices;
        this.groups = groups;
        this.groupStride = groupStride < 0 ? groups : groupStride;
        this.dense = dense;
        this.width = width;
        this.firstDenseRow = firstDenseRow;
        this.weights = weights;
        this.product = product;
        stride = 3 * H;
    }

    /// <summary>The terms of row b; their number is returned.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Terms(int b, float** rows, float* coefficients)
    {
        int count = 0;
        for (int i = 0; i < groups; i++, count++)
        {
            rows[count] = weights + (nint)indices[(nint)b * groupStride + i] * stride;
            coefficients[count] = 1;
        }
        for (int i = 0; i < width; i++, count++)
        {
            rows[count] = weights + (nint)(firstDenseRow + i) * stride;
            coefficients[count] = dense[(nint)b * width + i];
        }
        return count;
    }

    /// <summary>Row b of the finished product, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float* ProductRow(int b) => product == null ? null : product + (nint)b * stride;
}
