using RLSquared.Tensors;

namespace RLSquared.Policies;

/// <summary>
/// Brings the numbers that a policy observes to mean 0 and deviation 1, in front of its first layer:
/// <code>
///   x ← clamp((x − mean) · scale, ±10)
/// </code>
/// Mean and scale are parameters <c>normaliser.mean</c> and <c>normaliser.scale</c>, [D], of a group that no optimiser
/// moves. So they are saved with the weights, and a policy that was loaded normalises as it did in training. They begin
/// at 0 and 1; the algorithm sets them from the moments of what it played.
/// </summary>
internal sealed class InputNormaliser
{
    /// <summary>The largest normalised number.</summary>
    public const float Limit = 10;

    readonly Parameter mean, scale;
    readonly float[] copy;

    /// <summary>Adds the two parameters.</summary>
    /// <param name="parameters">Of the policy.</param>
    /// <param name="row">Whose plain numbers are brought to scale, those of a vector: the others stay as they
    /// are.</param>
    public InputNormaliser(ParameterSet parameters, InputRow row)
    {
        mean = parameters.Add("normaliser.mean", new Shape(row.DenseWidth));
        scale = parameters.Add("normaliser.scale", new Shape(row.DenseWidth));
        scale.SetAll(1);
        parameters.Group("normaliser").Frozen = true;
        copy = new float[row.DenseWidth];
    }

    /// <summary>Mean and scale, [D], to be written elsewhere.</summary>
    public (Tensor Mean, Tensor Scale) Numbers => (mean.Value, scale.Value);

    /// <summary>Normalised rows, on the tape of the step.</summary>
    public SequenceInput Apply(Tape tape, in SequenceInput rows)
    {
        Tensor dense = ((rows.Dense - tape.Watch(mean)) * tape.Watch(scale)).Clamp(-Limit, Limit);
        return new SequenceInput(rows.T, rows.B, dense, rows.Indices, rows.Groups);
    }

    /// <summary>Normalises by these moments from now on.</summary>
    /// <param name="means">Of the first numbers of a row, [V], V at most D.</param>
    /// <param name="variances">[V].</param>
    public void Set(ReadOnlySpan<float> means, ReadOnlySpan<float> variances)
    {
        mean.Value.CopyTo(copy);
        means.CopyTo(copy);
        mean.Value.CopyFrom(copy);
        scale.Value.CopyTo(copy);
        for (int i = 0; i < variances.Length; i++)
        {
            double deviation = Math.Sqrt(variances[i] + 1e-8);
            copy[i] = (float)(1 / Tensors.Statistics.Spread.AtLeastRounding(deviation, means[i]));
        }
        scale.Value.CopyFrom(copy);
    }
}
