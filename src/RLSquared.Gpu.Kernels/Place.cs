using ILGPU;

namespace RLSquared.Gpu.Kernels;

/// <summary>Where a thread is, and what a group adds up together.</summary>
static class Place
{
    /// <summary>The most threads of a group.</summary>
    public const int MostThreads = 256;

    /// <summary>The number of the thread within the grid.</summary>
    public static int First => Grid.IdxX * Group.DimX + Group.IdxX;

    /// <summary>Threads of the grid.</summary>
    public static int Stride => Grid.DimX * Group.DimX;

    /// <summary>
    /// The sum of what the threads of a group bring, by a tree that depends on their number alone; a power of two.
    /// All threads get it.
    /// </summary>
    public static float GroupSum(ArrayView<float> shared, float value)
    {
        int thread = Group.IdxX;
        Group.Barrier();
        shared[thread] = value;
        Group.Barrier();
        for (int width = Group.DimX >> 1; width > 0; width >>= 1)
        {
            if (thread < width)
                shared[thread] += shared[thread + width];
            Group.Barrier();
        }
        return shared[0];
    }

    /// <summary>The largest, likewise.</summary>
    public static float GroupMax(ArrayView<float> shared, float value)
    {
        int thread = Group.IdxX;
        Group.Barrier();
        shared[thread] = value;
        Group.Barrier();
        for (int width = Group.DimX >> 1; width > 0; width >>= 1)
        {
            if (thread < width && shared[thread + width] > shared[thread])
                shared[thread] = shared[thread + width];
            Group.Barrier();
        }
        return shared[0];
    }
}
