using RLSquared.Experience;

namespace RLSquared.Objectives;

/// <summary>
/// A baseline that is fitted anew to what was played on one task (Duan et al. 2016, 'Benchmarking deep reinforcement
/// learning', A): the return that followed a step as a linear function of what was seen and of the time in the episode,
/// <code>
///   V(s, t) = wᵀ [x, x², τ, τ², τ³, 1],     w = argmin Σ (G − V)² + 10⁻⁵ |w|²
/// </code>
/// with τ = t / the steps of the longest episode,
/// where the squares are left out of inputs of more than 64 numbers, as states one-hot. It takes the luck of long
/// episodes out of a gradient, and needs nothing that was learned before.
/// </summary>
/// <param name="width">Numbers of an input row, D.</param>
sealed class LinearBaseline(int width)
{
    const int MostSquares = 64;
    const double Ridge = 1e-5;

    readonly int size = width + (width <= MostSquares ? width : 0) + 4;                         // F
    readonly double[] features = new double[width + (width <= MostSquares ? width : 0) + 4];
    double[] gram = [], weights = [];
    float[] returns = [];
    double longest = 1;                                                     // steps of the longest episode

    /// <summary>
    /// Fits the baseline to the plays and writes what their actions brought beyond it: generalised advantages within
    /// each episode, whose end is the end of all returns.
    /// </summary>
    /// <param name="plays">What was played; its advantages are written, padding gets 0.</param>
    /// <param name="discount">γ.</param>
    /// <param name="lambda">λ; 1 is the return that followed less the baseline.</param>
    /// <returns>The deviation of advantages below which they are noise.</returns>
    public double Judge(Plays plays, float discount, float lambda)
    {
        int K = plays.K, count = plays.T * K;
        if (returns.Length < count)
            returns = new float[plays.MaxSteps * K];
        for (int i = count - 1; i >= 0; i--)
        {
            bool goesOn = plays.Ends[i] == 0 && i + K < count;
            returns[i] = plays.Rewards[i] + (goesOn ? discount * returns[i + K] : 0);
        }
        Fit(plays);
        int[] time = new int[K];
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)Value(plays, i, time[i % K]);
            time[i % K] = plays.Ends[i] != 0 ? 0 : time[i % K] + 1;
        }
        for (int i = count - 1; i >= 0; i--)
        {
            bool goesOn = plays.Ends[i] == 0 && i + K < count && plays.Active[i + K] != 0;
            float delta = plays.Rewards[i] + (goesOn ? discount * values[i + K] : 0) - values[i];
            plays.Advantages[i] = plays.Active[i]
                * (delta + (goesOn ? discount * lambda * plays.Advantages[i + K] : 0));
        }
        double steps = Math.Max(1, plays.Steps), sum = 0, squares = 0;
        for (int i = 0; i < count; i++)
            sum += plays.Active[i] * returns[i];
        for (int i = 0; i < count; i++)
            squares += plays.Active[i] * (returns[i] - sum / steps) * (returns[i] - sum / steps);
        return Advantages.LeastDeviation(sum / steps, Math.Sqrt(squares / steps));
    }

    void Fit(Plays plays)
    {
        int K = plays.K, F = size;
        (gram, weights, longest) = (new double[F * F], new double[F], 1);
        int[] time = new int[K];
        for (int i = 0; i < plays.T * K; i++)
        {
            longest = Math.Max(longest, time[i % K] * plays.Active[i]);
            time[i % K] = plays.Ends[i] != 0 ? 0 : time[i % K] + 1;
        }
        Array.Clear(time);
        for (int i = 0; i < plays.T * K; i++)
        {
            if (plays.Active[i] == 0)
                continue;
            Describe(plays, i, time[i % K]);
            time[i % K] = plays.Ends[i] != 0 ? 0 : time[i % K] + 1;
            for (int a = 0; a < F; a++)
            {
                double own = features[a];
                if (own == 0)
                    continue;
                weights[a] += own * returns[i];
                for (int b = 0; b <= a; b++)
                    gram[a * F + b] += own * features[b];
            }
        }
        for (int a = 0; a < F; a++)
            gram[a * F + a] += Ridge;
        Solve();
    }

    // Cholesky, in place: G = L Lᵀ, then w ← L⁻ᵀ L⁻¹ w.
    void Solve()
    {
        int F = size;
        for (int a = 0; a < F; a++)
        {
            for (int b = 0; b <= a; b++)
            {
                double sum = gram[a * F + b];
                for (int c = 0; c < b; c++)
                    sum -= gram[a * F + c] * gram[b * F + c];
                gram[a * F + b] = a == b ? Math.Sqrt(Math.Max(sum, 1e-12)) : sum / gram[b * F + b];
            }
        }
        for (int a = 0; a < F; a++)
        {
            for (int b = 0; b < a; b++)
                weights[a] -= gram[a * F + b] * weights[b];
            weights[a] /= gram[a * F + a];
        }
        for (int a = F - 1; a >= 0; a--)
        {
            for (int b = a + 1; b < F; b++)
                weights[a] -= gram[b * F + a] * weights[b];
            weights[a] /= gram[a * F + a];
        }
    }

    double Value(Plays plays, int i, int t)
    {
        Describe(plays, i, t);
        double sum = 0;
        for (int a = 0; a < size; a++)
            sum += weights[a] * features[a];
        return sum;
    }

    void Describe(Plays plays, int i, int t)
    {
        ReadOnlySpan<float> row = plays.Rows.AsSpan(i * width, width);
        int at = 0;
        foreach (float number in row)
            features[at++] = number;
        if (width <= MostSquares)
        {
            foreach (float number in row)
                features[at++] = (double)number * number;
        }
        double tau = t / longest;
        (features[at], features[at + 1], features[at + 2], features[at + 3]) = (tau, tau * tau, tau * tau * tau, 1);
    }
}
