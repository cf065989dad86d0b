using System.Numerics.Tensors;

namespace RLSquared.Tensors.Optimisers;

/// <summary>Limits for gradients, so that one odd minibatch does not throw the weights far.</summary>
public static class GradientClipping
{
    /// <summary>√Σ g² over all gradients. Not finite if a gradient is not, or if one is beyond 10¹⁹.</summary>
    public static float Norm(ParameterSet parameters)
    {
        const int piece = 4096;                     // short float sums, added up in double
        double sum = 0;
        for (int i = 0; i < parameters.All.Count; i++)
        {
            ReadOnlySpan<float> gradient = parameters.All[i].Gradient.Span;
            for (int at = 0; at < gradient.Length; at += piece)
                sum += TensorPrimitives.SumOfSquares(gradient.Slice(at, Math.Min(piece, gradient.Length - at)));
        }
        return (float)Math.Sqrt(sum);
    }

    /// <summary>
    /// Scales all gradients together so that their common norm is at most <paramref name="limit"/>; the direction
    /// stays.
    /// </summary>
    /// <param name="parameters">Whose gradients to scale.</param>
    /// <param name="limit">Above 0. Low (0.1) makes all steps alike; high (10) only catches outliers.</param>
    /// <returns>
    /// The norm before. If it is not finite, nothing was scaled: the caller must stop, or skip the step, and say so.
    /// </returns>
    public static float ByNorm(ParameterSet parameters, float limit)
    {
        if (!(limit > 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(limit), limit, "the limit of a gradient's norm must be above 0");
        }
        float norm = Norm(parameters);
        if (!float.IsFinite(norm) || norm <= limit)
            return norm;
        for (int i = 0; i < parameters.All.Count; i++)
        {
            Span<float> gradient = parameters.All[i].Gradient.Span;
            TensorPrimitives.Multiply(gradient, limit / norm, gradient);
        }
        return norm;
    }

    /// <summary>
    /// Cuts every single number of the gradients to [−<paramref name="limit"/>, <paramref name="limit"/>], as the RL²
    /// paper's recipe does at 40; the direction may turn.
    /// </summary>
    /// <param name="parameters">Whose gradients to cut.</param>
    /// <param name="limit">Above 0; high values only catch outliers.</param>
    /// <returns>
    /// The norm before. If it is not finite, nothing was cut: an infinity must not pass for a large number.
    /// </returns>
    public static float ByElement(ParameterSet parameters, float limit)
    {
        if (!(limit > 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(limit), limit, "the limit of a gradient's numbers must be above 0");
        }
        float norm = Norm(parameters);
        if (!float.IsFinite(norm) || norm <= limit)
            return norm;
        for (int i = 0; i < parameters.All.Count; i++)
        {
            Span<float> gradient = parameters.All[i].Gradient.Span;
            TensorPrimitives.Clamp(gradient, -limit, limit, gradient);
        }
        return norm;
    }
}
