namespace RLSquared.Agents;

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
        for (int a = 0; a < probabilities.Length - 1; a++)
        {
            sum += probabilities[a];
            if (u < sum)
                return a;
        }
        return probabilities.Length - 1;             // also what rounding of the sum leaves over
    }
}
