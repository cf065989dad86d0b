namespace RLSquared.Objectives;

/// <summary>What a step within the trust region came to.</summary>
/// <param name="Kl">The mean KL divergence from the policy before, in nats; 0 where no step helped.</param>
/// <param name="Gain">By how much the surrogate rose.</param>
/// <param name="Backtracks">How often the step was shortened.</param>
/// <param name="Residual">What the conjugate gradient left unsolved, as a share of the gradient.</param>
readonly record struct TrustRegionStep(double Kl, double Gain, int Backtracks, double Residual);

/// <summary>
/// One step of trust region policy optimisation (Schulman et al. 2015), on whatever parameters a policy has: along the
/// natural gradient, as far as the mean KL divergence from the policy before allows, and then back along the line until
/// the surrogate has really risen and the divergence really is within the limit.
/// <code>
///   max_d gᵀd  with  ½ dᵀF d ≤ δ      ⇒      d = √(2δ / xᵀ(F + λI) x) · x,   (F + λI) x = g
/// </code>
/// F, the Fisher information, is the second derivative of the divergence where both policies are the same; it is never
/// built, for the conjugate gradient needs no more than its products with vectors. These are central differences of the
/// divergence's gradient, which any layer can give, and the fused ones without a second derivative:
/// <code>
///   F v ≈ (∇KL(θ + εv) − ∇KL(θ − εv)) / 2ε
/// </code>
/// </summary>
sealed class TrustRegion
{
    /// <summary>
    /// ε |v|: how far the differences reach in the space of weights. Shorter, and rounding shows; longer, and the third
    /// derivative does.
    /// </summary>
    internal const float Reach = 0.02f;

    const double Shrink = 0.8;                                  // of the step at each backtrack

    readonly ParameterVector policy;
    readonly Action<float[]> klGradient;
    readonly Func<(double Kl, double Surrogate)> measure;
    readonly ConjugateGradient solver;
    readonly ConjugateGradient.Multiply dampedProduct;
    readonly float[] start, direction, behind;                  // θ before the step; x; ∇KL(θ − εv)
    readonly float damping;
    readonly int iterations, backtracks;

    /// <summary>A trust region.</summary>
    /// <param name="policy">θ.</param>
    /// <param name="klGradient">Writes ∇ KL(π_before ‖ π) at the parameters as they are, summed or averaged.</param>
    /// <param name="measure">The mean divergence and the surrogate at the parameters as they are.</param>
    /// <param name="iterations">Products for the conjugate gradient.</param>
    /// <param name="damping">λ, which is added to the diagonal of F.</param>
    /// <param name="backtracks">How often a step is shortened before it is given up.</param>
    public TrustRegion(
        ParameterVector policy, Action<float[]> klGradient, Func<(double Kl, double Surrogate)> measure,
        int iterations, float damping, int backtracks)
    {
        (this.policy, this.klGradient, this.measure) = (policy, klGradient, measure);
        (this.iterations, this.damping, this.backtracks) = (iterations, damping, backtracks);
        (start, direction, behind) = (new float[policy.Count], new float[policy.Count], new float[policy.Count]);
        solver = new ConjugateGradient(policy.Count);
        dampedProduct = DampedProduct;
    }

    /// <summary>x, the natural gradient of the last step before it was scaled.</summary>
    public ReadOnlySpan<float> Direction => direction;

    /// <summary>Moves the policy, or leaves it where no step helps.</summary>
    /// <param name="gradient">g, of the surrogate at the policy as it is.</param>
    /// <param name="surrogate">The surrogate there.</param>
    /// <param name="maxKl">δ.</param>
    public TrustRegionStep Step(ReadOnlySpan<float> gradient, double surrogate, double maxKl)
    {
        policy.Read(start);
        double residual = solver.Solve(dampedProduct, gradient, direction, iterations);
        double curvature = ConjugateGradient.Dot(direction, gradient);                          // xᵀ(F + λI) x
        double scale = curvature > 0 ? Math.Sqrt(2 * maxKl / curvature) : 0;
        int shortened = 0;
        for (; scale > 0 && shortened <= backtracks; shortened++, scale *= Shrink)
        {
            policy.Write(start, (float)scale, direction);
            (double kl, double reached) = measure();
            if (kl <= maxKl && reached > surrogate)                     // false for what is not a number
                return new TrustRegionStep(kl, reached - surrogate, shortened, residual);
        }
        policy.Write(start, 0, start);
        return new TrustRegionStep(0, 0, shortened, residual);
    }

    /// <summary>F v at the policy as it is, which is put back.</summary>
    internal void FisherProduct(float[] vector, float[] product)
    {
        policy.Read(start);
        Difference(vector, product);
        policy.Write(start, 0, start);
    }

    void DampedProduct(float[] vector, float[] product)
    {
        Difference(vector, product);
        for (int i = 0; i < product.Length; i++)
            product[i] += damping * vector[i];
    }

    void Difference(float[] vector, float[] product)
    {
        float epsilon = Reach / (float)Math.Sqrt(ConjugateGradient.Dot(vector, vector));
        policy.Write(start, epsilon, vector);
        klGradient(product);
        policy.Write(start, -epsilon, vector);
        klGradient(behind);
        for (int i = 0; i < product.Length; i++)
            product[i] = (product[i] - behind[i]) / (2 * epsilon);
    }
}
