namespace RLSquared.Language.Objectives;

/// <summary>pass@k: how probable it is that at least one of k completions is right.</summary>
public static class PassRate
{
    /// <summary>
    /// The estimate without bias from n ≥ k completions of which c are right (Chen et al. 2021):
    /// 1 − C(n − c, k)/C(n, k).
    /// </summary>
    /// <param name="n">Completions of a prompt.</param>
    /// <param name="right">c, how many of them are right.</param>
    /// <param name="k">How many may be tried, 1 to n.</param>
    /// <exception cref="ArgumentOutOfRangeException">k is not from 1 to n, or c not from 0 to n.</exception>
    public static double AtK(int n, int right, int k)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(k, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(k, n);
        ArgumentOutOfRangeException.ThrowIfNegative(right);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(right, n);
        if (n - right < k)
            return 1;
        double none = 1;                                        // Π (1 − k/i) over the i from n − c + 1 to n
        for (int i = n - right + 1; i <= n; i++)
            none *= 1 - (double)k / i;
        return 1 - none;
    }
}
