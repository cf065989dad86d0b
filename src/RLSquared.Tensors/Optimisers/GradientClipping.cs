using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Optimisers;

/// <summary>Limits for gradients, so that one odd minibatch does not throw the weights far.</summary>
public static class GradientClipping
{
    /// <summary>√Σ g² over all gradients. Not finite if a gradient is not, or if one is beyond 10¹⁹.</summary>
    public static float Norm(ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return parameters.GradientNorm().Read();
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
        ArgumentNullException.ThrowIfNull(parameters);
        return Limit(parameters, limit, "norm", static (device, gradient, norm, limit) =>
            device.LimitByNorm(gradient, norm, limit));
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
        ArgumentNullException.ThrowIfNull(parameters);
        return Limit(parameters, limit, "numbers", static (device, gradient, norm, limit) =>
            device.LimitByElement(gradient, norm, limit));
    }

    static float Limit(
        ParameterSet parameters, float limit, string what, Action<Device, Tensor, Tensor, float> apply)
    {
        if (!(limit > 0))
        {
            throw new ArgumentOutOfRangeException(
                nameof(limit), limit, $"the limit of a gradient's {what} must be above 0");
        }
        Tensor norm = parameters.GradientNorm();
        foreach (Tensor gradient in parameters.Gradients)
            apply(parameters.Device, gradient, norm, limit);
        return norm.Read();
    }
}
