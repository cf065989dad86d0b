using RLSquared.Tensors;

namespace RLSquared.Objectives;

/// <summary>The value's loss of proximal policy optimisation, with or without a limit of its steps.</summary>
static class ClippedValue
{
    /// <summary>
    /// Σ w · max((v − R)², (v_old + clamp(v − v_old, ±ε) − R)²): a value that has moved farther than ε towards its
    /// target gains nothing from moving on. Without a limit, Σ w · (v − R)².
    /// </summary>
    /// <param name="values">v, [M, 1].</param>
    /// <param name="old">v_old, as it was when the steps were played, [M, 1].</param>
    /// <param name="target">R, [M, 1].</param>
    /// <param name="weight">w, [M, 1]: 0 for padding, and Σ w = 1 over a minibatch.</param>
    /// <param name="clip">ε, above 0; 0 for no limit.</param>
    public static Tensor Loss(Tensor values, Tensor old, Tensor target, Tensor weight, float clip)
    {
        Tensor error = (values - target).Square();
        if (clip > 0)
            error = Tensor.Max(error, ((values - old).Clamp(-clip, clip) + old - target).Square());
        return (error * weight).Sum();
    }
}
