namespace RLSquared.Policies;

/// <summary>Distributions over actions.</summary>
public static class Distributions
{
    /// <summary>
    /// The action that the uniform number <paramref name="u"/> ∈ [0, 1) selects: the inverse of the cumulated
    /// probabilities, [actions].
    /// </summary>
    public static int Sample(ReadOnlySpan<float> probabilities, float u)
    {
        float sum = 0;
        int last = 0;
        for (int a = 0; a < probabilities.Length; a++)
        {
            if (probabilities[a] == 0)
                continue;                            // never, not even if rounding leaves something over
            last = a;
            sum += probabilities[a];
            if (u < sum)
                return a;
        }
        return last;
    }
}
