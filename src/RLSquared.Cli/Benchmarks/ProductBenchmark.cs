using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Random;

namespace RLSquared.Cli.Benchmarks;

/// <summary>Which factor of a matrix product is stored transposed.</summary>
internal enum ProductForm
{
    /// <summary>C = A·B.</summary>
    Plain,
    /// <summary>C = A·Bᵀ.</summary>
    TransposedB,
    /// <summary>C = Aᵀ·B.</summary>
    TransposedA,
}

/// <summary>C[M, N] = A[M, K]·B[K, N], counted as 2·M·N·K operations.</summary>
internal sealed class ProductBenchmark(ProductForm form, int M, int N, int K, int threads) : Benchmark(
    $"{Prefix(form)}/{M}x{N}x{K}", threads, "GFLOP/s")
{
    public override unsafe double Measure(TimeSpan time)
    {
        using var arena = new Arena();
        using var workers = new Workers(Threads);
        bool transposeA = form == ProductForm.TransposedA, transposeB = form == ProductForm.TransposedB;
        Tensor a = Filled(arena, M, K, 1), b = Filled(arena, K, N, 2), c = arena.Zeros(new Shape(M, N));
        int lda = transposeA ? M : K, ldb = transposeB ? K : N;
        return MedianRate(
            () => MatrixProduct.Multiply(
                workers, transposeA, transposeB, M, N, K, a.Data, lda, b.Data, ldb, c.Data, N, accumulate: false),
            2e-9 * M * N * K, time);
    }

    static Tensor Filled(Arena arena, int rows, int columns, ulong place)
    {
        float[] numbers = new float[rows * columns];
        RandomSequence random = new RandomKey(1, RandomPurpose.Other, place).Sequence(0);
        foreach (ref float number in numbers.AsSpan())
            number = (float)random.NextUniform() - 0.5f;
        return arena.Copy(new Shape(rows, columns), numbers);
    }

    static string Prefix(ProductForm form) => form switch
    {
        ProductForm.TransposedB => "gemm-nt",
        ProductForm.TransposedA => "gemm-tn",
        _ => "gemm",
    };
}
