using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

/// <summary>
/// The specification is one chain of fused multiply-adds per element, so the comparisons with it are of bits.
/// </summary>
public sealed unsafe class MatrixProductTests
{
    private static readonly (bool, bool)[] Forms = [(false, false), (false, true), (true, false), (true, true)];

    private delegate void Kernel(
        bool transposeA, bool transposeB, int M, int N, int K,
        float* a, int lda, float* b, int ldb, float* c, int ldc, bool accumulate);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Multiply_equals_the_reference_bit_for_bit(int seed) =>
        CompareWithReference(seed, MatrixProduct.Multiply);

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_256_bit_kernel_equals_the_reference_bit_for_bit(int seed) => CompareWithReference(
        seed,
        (ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate) =>
            MatrixProduct.MultiplyWith<Vector256<float>, Simd256>(
                ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate));

    [Theory]
    [MemberData(nameof(Seeds))]
    public void The_128_bit_kernel_equals_the_reference_bit_for_bit(int seed) => CompareWithReference(
        seed,
        (ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate) =>
            MatrixProduct.MultiplyWith<Vector128<float>, Simd128>(
                ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate));

    /// <summary>
    /// Shapes that cross the edges of blocks and tiles, and those of recurrent steps and of narrow
    /// heads.
    /// </summary>
    [Theory]
    [InlineData(13, 37, 300)]
    [InlineData(12, 800, 520)]
    [InlineData(100, 1600, 33)]
    [InlineData(256, 5, 700)]
    [InlineData(700, 5, 256)]
    [InlineData(5, 256, 700)]
    [InlineData(700, 256, 5)]
    [InlineData(1, 768, 256)]
    [InlineData(1030, 16, 17)]
    [InlineData(64, 1, 1000)]
    [InlineData(150, 2100, 30)]
    [InlineData(130, 600, 900)]
    public void Large_and_narrow_shapes_equal_the_reference_bit_for_bit(int M, int N, int K)
    {
        foreach (var (transposeA, transposeB) in Forms)
            AssertSameAsReference(new System.Random(7), MatrixProduct.Multiply, transposeA, transposeB, M, N, K, 0);
    }

    /// <summary>An agent that acts alone; columns around every multiple of a register, rows from few to many.</summary>
    [Fact]
    public void A_single_row_equals_the_reference_bit_for_bit()
    {
        Kernel[] kernels =
        [
            MatrixProduct.Multiply,
            (ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate) =>
                MatrixProduct.MultiplyWith<Vector256<float>, Simd256>(
                    ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate),
            (ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate) =>
                MatrixProduct.MultiplyWith<Vector128<float>, Simd128>(
                    ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate),
        ];
        foreach (int N in (int[])[1, 2, 3, 5, 7, 8, 9, 10, 15, 16, 17, 31, 32, 33, 64, 100, 127, 128, 129, 768])
        {
            foreach (int K in (int[])[1, 2, 3, 11, 64, 257, 400])
            {
                for (int seed = 0; seed < 4; seed++)                        // some of which add to C
                {
                    foreach (Kernel kernel in kernels)
                        AssertSameAsReference(new(seed), kernel, false, false, 1, N, K, slack: 3 * (seed % 2));
                }
            }
        }
    }

    [Fact]
    public void The_reference_multiplies()
    {
        // [1 2; 3 4]·[5 6; 7 8] = [19 22; 43 50]; with the left transposed [26 30; 38 44]; plus 1 when accumulating.
        float* a = stackalloc float[] { 1, 2, 3, 4 };
        float* b = stackalloc float[] { 5, 6, 7, 8 };
        float* c = stackalloc float[] { 1, 1, 1, 1 };
        MatrixProduct.Reference(false, false, 2, 2, 2, a, 2, b, 2, c, 2, true);
        Assert.Equal([20, 23, 44, 51], new Span<float>(c, 4).ToArray());
        MatrixProduct.Reference(true, false, 2, 2, 2, a, 2, b, 2, c, 2, false);
        Assert.Equal([26, 30, 38, 44], new Span<float>(c, 4).ToArray());
        // [1 2; 3 4]·[5 7; 6 8] = [17 23; 39 53].
        MatrixProduct.Reference(false, true, 2, 2, 2, a, 2, b, 2, c, 2, false);
        Assert.Equal([17, 23, 39, 53], new Span<float>(c, 4).ToArray());
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        using var two = new Workers(2);
        using var three = new Workers(3);
        foreach (var (M, N, K) in new[] { (240, 300, 256), (301, 77, 300), (3, 500, 10), (500, 3, 10), (1, 1, 64) })
        {
            foreach (var (transposeA, transposeB) in Forms)
            {
                foreach (Workers workers in new[] { two, three })
                {
                    AssertSameAsReference(
                        new System.Random(3),
                        (ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate) =>
                            MatrixProduct.Multiply(workers, ta, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate),
                        transposeA, transposeB, M, N, K, 3);
                }
            }
        }
    }

    [Fact]
    public void Packed_operands_give_the_same_bits()
    {
        var random = new System.Random(5);
        using var workers = new Workers(2);
        (int, int, int)[] shapes =
            [(16, 96, 64), (33, 70, 300), (150, 200, 100), (1, 5, 3), (100, 1, 600),
                (0, 4, 4), (4, 7, 0), (13, 1100, 400), (80, 40, 1200),
                (1, 768, 256), (1, 31, 40), (1, 161, 500)];
        foreach (var (M, N, K) in shapes)
        {
            foreach (bool transposeB in new[] { false, true })
            {
                float* memory = (float*)NativeMemory.AlignedAlloc(
                    (nuint)(PackedMatrix.PackedLength(K, N) + 1) * sizeof(float), 64);
                Kernel packed = (_, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate) => MatrixProduct.Multiply(
                    M, a, lda, PackedMatrix.Pack(tb, K, N, b, ldb, memory), c, ldc, accumulate);
                Kernel parallel = (_, tb, M, N, K, a, lda, b, ldb, c, ldc, accumulate) => MatrixProduct.Multiply(
                    workers, M, a, lda, PackedMatrix.Pack(tb, K, N, b, ldb, memory), c, ldc, accumulate);
                AssertSameAsReference(random, packed, false, transposeB, M, N, K, 3);
                AssertSameAsReference(random, parallel, false, transposeB, M, N, K, 3);
                NativeMemory.AlignedFree(memory);
            }
        }
    }

    [Fact]
    public void Operands_packed_as_bfloat16_give_the_bits_of_their_floats()
    {
        var random = new System.Random(6);
        using var workers = new Workers(2);
        foreach (var (M, N, K) in new[] { (1, 300, 96), (1, 31, 40), (5, 161, 500), (40, 1100, 900), (1, 2000, 700) })
        {
            float[] a = Random(random, M * K), c = new float[M * N], wanted = [.. c], shared = [.. c];
            float[] b = [.. Random(random, N * K).Select(value =>
                BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000))];
            ushort[] memory = new ushort[PackedMatrix.PackedLength(K, N)];
            fixed (float* pa = a, pb = b, pc = c, pw = wanted, ps = shared)
            fixed (ushort* pm = memory)
            {
                Assert.True(PackedMatrix.FitBf16(pb, b.Length));
                PackedMatrix packed = PackedMatrix.PackBf16(true, K, N, pb, K, pm);
                MatrixProduct.Reference(false, true, M, N, K, pa, K, pb, K, pw, N, accumulate: false);
                MatrixProduct.Multiply(M, pa, K, in packed, pc, N, accumulate: false);
                MatrixProduct.Multiply(workers, M, pa, K, in packed, ps, N, accumulate: false);
                pb[b.Length - 1] = 0.1f;                    // which bfloat16 does not have
                Assert.False(PackedMatrix.FitBf16(pb, b.Length));
            }
            Assert.Equal(wanted, c);
            Assert.Equal(wanted, shared);
        }
    }

    [Fact]
    public void Every_width_of_register_widens_bfloat16_alike()
    {
        ushort[] numbers = [.. Enumerable.Range(0, 16).Select(i => (ushort)(0x3F80 + 977 * i))];
        float[] wanted = [.. numbers.Select(number => BitConverter.UInt32BitsToSingle((uint)number << 16))];
        float[] found = new float[16];
        fixed (ushort* source = numbers)
        fixed (float* target = found)
        {
            for (int i = 0; i < 16; i += 4)
                Simd128.Store(Simd128.LoadBf16(source + i), target + i);
            Assert.Equal(wanted, found);
            for (int i = 0; i < 16; i += 8)
                Simd256.Store(Simd256.LoadBf16(source + i), target + i);
            Assert.Equal(wanted, found);
            if (System.Runtime.Intrinsics.Vector512.IsHardwareAccelerated)
                Simd512.Store(Simd512.LoadBf16(source), target);
            Assert.Equal(wanted, found);
        }
    }

    [Fact]
    public void A_row_does_not_depend_on_how_many_rows_there_are()
    {
        const int M = 50, N = 70, K = 90;
        float[] a = Random(new System.Random(1), M * K), b = Random(new System.Random(2), K * N);
        float[] whole = new float[M * N];
        fixed (float* pa = a, pb = b, pw = whole)
        {
            MatrixProduct.Multiply(false, false, M, N, K, pa, K, pb, N, pw, N, false);
            foreach (int rows in new[] { 1, 7, 12, 16, 25 })
            {
                float[] part = new float[M * N];
                fixed (float* pp = part)
                {
                    for (int i = 0; i < M; i += rows)
                    {
                        MatrixProduct.Multiply(
                            false, false, Math.Min(rows, M - i), N, K, pa + (i * K), K, pb, N, pp + (i * N), N, false);
                    }
                }

                Assert.Equal(whole, part);
            }
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_value_that_is_not_finite_reaches_its_row_or_column_and_nothing_else(float bad)
    {
        foreach (var (M, N, K) in new[] { (29, 45, 33), (29, 5, 33), (5, 29, 33), (2, 2, 2) })
        {
            foreach (var (transposeA, transposeB) in Forms)
            {
                int lda = transposeA ? M : K, ldb = transposeB ? K : N, row = M - 1, column = N - 1, k = K / 2;
                float[] a = Random(new System.Random(1), M * K), b = Random(new System.Random(2), K * N);
                float[] c = new float[M * N];
                fixed (float* pa = a, pb = b, pc = c)
                {
                    float kept = a[transposeA ? (k * lda) + row : (row * lda) + k];
                    a[transposeA ? (k * lda) + row : (row * lda) + k] = bad;
                    MatrixProduct.Multiply(transposeA, transposeB, M, N, K, pa, lda, pb, ldb, pc, N, false);
                    for (int i = 0; i < M * N; i++)
                        Assert.Equal(i / N != row, float.IsFinite(c[i]));
                    a[transposeA ? (k * lda) + row : (row * lda) + k] = kept;
                    b[transposeB ? (column * ldb) + k : (k * ldb) + column] = bad;
                    MatrixProduct.Multiply(transposeA, transposeB, M, N, K, pa, lda, pb, ldb, pc, N, false);
                    for (int i = 0; i < M * N; i++)
                        Assert.Equal(i % N != column, float.IsFinite(c[i]));
                }
            }
        }
    }

    [Fact]
    public void A_warm_product_allocates_nothing_on_the_managed_heap()
    {
        const int M = 70, N = 70, K = 300;
        float[] a = new float[M * K], b = new float[K * N], c = new float[M * N];
        float[] memory = new float[PackedMatrix.PackedLength(K, N)];
        fixed (float* pa = a, pb = b, pc = c, pm = memory)
        {
            PackedMatrix packed = PackedMatrix.Pack(false, K, N, pb, N, pm);
            for (int warm = 0; warm < 2; warm++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < 10; i++)
                {
                    MatrixProduct.Multiply(false, false, M, N, K, pa, K, pb, N, pc, N, false);
                    MatrixProduct.Multiply(true, true, M, 5, K, pa, M, pb, K, pc, 5, true);
                    MatrixProduct.Multiply(M, pa, K, packed, pc, N, true);
                }

                if (warm > 0)
                    Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
            }
        }
    }

    private static void CompareWithReference(int seed, Kernel kernel)
    {
        var random = new System.Random(seed);
        for (int sample = 0; sample < 60; sample++)
        {
            var (transposeA, transposeB) = Forms[random.Next(4)];
            AssertSameAsReference(
                random, kernel, transposeA, transposeB, random.Next(68), random.Next(68), random.Next(68), 5);
        }
    }

    /// <summary>
    /// Both kernels on the same operands, whose rows are up to <paramref name="slack"/> floats longer than needed; what
    /// lies between the rows of C must stay as it was.
    /// </summary>
    private static void AssertSameAsReference(
        System.Random random, Kernel kernel, bool transposeA, bool transposeB, int M, int N, int K, int slack)
    {
        int lda = (transposeA ? M : K) + random.Next(slack + 1), ldb = (transposeB ? K : N) + random.Next(slack + 1);
        int ldc = N + random.Next(slack + 1);
        bool accumulate = random.Next(2) == 1;
        float[] a = Random(random, (transposeA ? K : M) * lda), b = Random(random, (transposeB ? N : K) * ldb);
        float[] expected = Random(random, M * ldc);
        float[] actual = [.. expected];
        fixed (float* pa = a, pb = b, pe = expected, pc = actual)
        {
            MatrixProduct.Reference(transposeA, transposeB, M, N, K, pa, lda, pb, ldb, pe, ldc, accumulate);
            kernel(transposeA, transposeB, M, N, K, pa, lda, pb, ldb, pc, ldc, accumulate);
        }

        Assert.True(
            MemoryMarshal.AsBytes<float>(expected).SequenceEqual(MemoryMarshal.AsBytes<float>(actual)),
            $"M {M} N {N} K {K} transposed {transposeA} {transposeB} lda {lda} ldb {ldb} ldc {ldc} {accumulate}");
    }

    private static float[] Random(System.Random random, int length)
    {
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
            values[i] = (random.NextSingle() * 2) - 1;
        return values;
    }
}
