using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Kernels;

public sealed class ImageColumnsTests
{
    public static TheoryData<int, int, int, int> Windows => new()
    {
        { 1, 1, 1, 0 }, { 3, 3, 1, 0 }, { 3, 3, 1, 1 }, { 2, 3, 2, 1 }, { 4, 1, 3, 2 }, { 5, 6, 1, 0 }, { 2, 2, 1, 4 },
    };

    [Theory, MemberData(nameof(Windows))]
    public void Spreading_equals_the_reference(int height, int width, int stride, int padding)
    {
        var window = new Window(2, 3, 5, 6, height, width, stride, padding);
        float[] images = [.. Enumerable.Range(1, 2 * 3 * 5 * 6).Select(i => (float)i)];
        float[] wanted = new float[CountOf(window)], found = new float[wanted.Length];
        Array.Fill(found, 99);
        ImageColumns.Reference(in window, images, wanted);
        ImageColumns.Spread(in window, images, found);
        Assert.Equal(wanted, found);
    }

    // For transposes ⟨Ax, y⟩ = ⟨x, Aᵀy⟩; small whole numbers keep both sides exact.
    [Theory, MemberData(nameof(Windows))]
    public void Collecting_is_the_transpose_of_spreading(int height, int width, int stride, int padding)
    {
        var window = new Window(2, 3, 5, 6, height, width, stride, padding);
        var random = new System.Random(1);
        float[] x = [.. Enumerable.Range(0, 2 * 3 * 5 * 6).Select(_ => (float)random.Next(-4, 5))];
        float[] y = [.. Enumerable.Range(0, CountOf(window)).Select(_ => (float)random.Next(-4, 5))];
        float[] spread = new float[y.Length], collected = new float[x.Length];
        Array.Fill(collected, 99);
        ImageColumns.Spread(in window, x, spread);
        ImageColumns.Collect(in window, y, collected);
        Assert.Equal(spread.Zip(y, (a, b) => a * b).Sum(), x.Zip(collected, (a, b) => a * b).Sum());
    }

    static int CountOf(Window window) => window.Images * window.PlacesDown * window.PlacesAcross * window.Seen;
}
