namespace RLSquared.Cluster.Coordination;

/// <summary>How shards are shared among processes. The bits do not depend on it.</summary>
internal static class Shares
{
    /// <summary>
    /// Cuts shards into one piece for each process, in proportion to their threads, in order. The first process, which
    /// trains, gets one shard at least.
    /// </summary>
    /// <param name="shards">The shards.</param>
    /// <param name="threads">The threads of each process.</param>
    public static int[][] Cut(ReadOnlySpan<int> shards, ReadOnlySpan<int> threads)
    {
        int total = 0, left = shards.Length;
        foreach (int one in threads)
            total += one;
        int[] counts = new int[threads.Length];
        for (int i = 0; i < threads.Length; i++)
            left -= counts[i] = (int)((long)shards.Length * threads[i] / total);
        // What is left goes to those that are furthest below their share, the earlier ones first.
        for (; left > 0; left--)
        {
            int lowest = 0;
            for (int i = 1; i < threads.Length; i++)
            {
                if ((long)(counts[i] + 1) * threads[lowest] < (long)(counts[lowest] + 1) * threads[i])
                    lowest = i;
            }
            counts[lowest]++;
        }
        if (counts[0] == 0 && shards.Length > 0)
        {
            counts[Array.FindLastIndex(counts, count => count > 0)]--;
            counts[0] = 1;
        }
        int[][] pieces = new int[threads.Length][];
        for (int i = 0, from = 0; i < threads.Length; from += counts[i], i++)
            pieces[i] = shards.Slice(from, counts[i]).ToArray();
        return pieces;
    }
}
