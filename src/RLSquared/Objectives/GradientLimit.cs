using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Objectives;

/// <summary>The last look at a gradient before the optimiser follows it.</summary>
public static class GradientLimit
{
    /// <summary>Stops where the gradient is not finite, and shortens it where it is too long.</summary>
    /// <param name="parameters">Whose gradient.</param>
    /// <param name="norm">The greatest length that is left; 0 for no limit.</param>
    /// <param name="iteration">The iteration, 0, 1, …, for the message.</param>
    /// <param name="element">Before that, every number is cut to ± this; 0 for no limit.</param>
    /// <returns>The gradient's length before.</returns>
    /// <exception cref="NonFiniteException">A number of the gradient, or its length, is not finite.</exception>
    public static float Apply(ParameterSet parameters, float norm, int iteration, float element = 0)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        float length = GradientClipping.Norm(parameters);
        NonFiniteException.ThrowIfGradient(parameters, length, iteration);
        if (element > 0)
            GradientClipping.ByElement(parameters, element);
        if (norm > 0)
            GradientClipping.ByNorm(parameters, norm);
        return length;
    }
}
