namespace RLSquared.Tensors.Layers;

/// <summary>
/// Weight normalisation (Salimans and Kingma 2016): w = g · v / ‖v‖ for each column of a weight [inputs, outputs]. The
/// length g and the direction v are learned apart, which evens out the scale of gradients. No batch of data is needed
/// to begin with: g starts as ‖v‖, so that the network starts as if there were no normalisation.
/// </summary>
public sealed class WeightNorm
{
    /// <summary>What the name of a weight's lengths ends with, after the weight's own.</summary>
    public const string LengthEnding = "_length";

    // Keeps a column of zeros finite; far below the square of any weight that matters.
    const float Smallest = 1e-12f;

    readonly Parameter direction;

    /// <summary>Adds the parameter <c>{direction.Name}_length</c>, [outputs].</summary>
    /// <param name="parameters">Where to add it.</param>
    /// <param name="direction">v [inputs, outputs], which has its first numbers already.</param>
    public WeightNorm(ParameterSet parameters, Parameter direction)
    {
        Shape shape = direction.Value.Shape;
        this.direction = direction;
        Length = parameters.Add(direction.Name + LengthEnding, new Shape(shape.Columns));
        float[] v = direction.Value.ToArray(), g = new float[shape.Columns];
        for (int c = 0; c < g.Length; c++)
        {
            double sum = Smallest;
            for (int r = 0; r < shape.Rows; r++)
                sum += (double)v[r * g.Length + c] * v[r * g.Length + c];
            g[c] = (float)Math.Sqrt(sum);
        }
        Length.Value.CopyFrom(g);
    }

    /// <summary>g, the learned length of each column, [outputs].</summary>
    public Parameter Length { get; }

    /// <summary>The weight to compute with, [inputs, outputs]; ask once per step, since it is computed anew.</summary>
    public Tensor Weight(Tape tape) => Weight(tape.Watch(direction), tape.Watch(Length));

    /// <summary>g · v / ‖v‖, on their tape.</summary>
    /// <param name="v">[inputs, outputs].</param>
    /// <param name="g">[outputs].</param>
    public static Tensor Weight(Tensor v, Tensor g) => v * (g / (v.Square().SumOfRows() + Smallest).Sqrt());
}
