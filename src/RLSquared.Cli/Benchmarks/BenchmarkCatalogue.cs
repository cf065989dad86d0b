namespace RLSquared.Cli.Benchmarks;

/// <summary>All benchmarks.</summary>
internal static class BenchmarkCatalogue
{
    /// <summary>Every benchmark at one thread, at two, and at all of this machine.</summary>
    public static IReadOnlyList<Benchmark> All()
    {
        int most = Environment.ProcessorCount;
        int[] threads = [.. new[] { 1, 2, most }.Where(count => count <= most).Distinct()];
        return [.. threads.SelectMany(At)];
    }

    static IEnumerable<Benchmark> At(int threads)
    {
        foreach ((int M, int N, int K) in new[]
        {
            (240, 768, 256), (960, 768, 256), (1024, 1024, 1024), (2048, 2048, 2048),
        })
            yield return new ProductBenchmark(ProductForm.Plain, M, N, K, threads);
        // The gradient of a recurrent layer's input, [B, 3H]·[H, 3H]ᵀ, and the shapes of its forward pass.
        foreach ((int M, int N, int K) in new[] { (240, 256, 768), (960, 256, 768), (240, 768, 256), (960, 768, 256) })
            yield return new ProductBenchmark(ProductForm.TransposedB, M, N, K, threads);
        // The gradient of its weights, [T·B, H]ᵀ·[T·B, 3H].
        foreach ((int M, int N, int K) in new[]
        {
            (256, 768, 960), (256, 768, 25600), (240, 768, 256), (960, 768, 256),
        })
            yield return new ProductBenchmark(ProductForm.TransposedA, M, N, K, threads);
        yield return new GruBenchmark(T: 100, B: 256, I: 32, H: 256, threads);
        yield return new Rl2Benchmark(arms: 10, pulls: 100, hidden: 256, threads);
        if (threads > 1)
            yield break;
        foreach (int lanes in (int[])[1, 64])
        {
            yield return new ActBenchmark("gru256", new() { Hidden = 256 }, lanes);
            yield return new ActBenchmark("cells32", new() { Cells = 32 }, lanes);
        }
    }
}
