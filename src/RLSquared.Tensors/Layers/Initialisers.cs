using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Layers;

/// <summary>How a weight gets its first numbers.</summary>
public enum Initialisation
{
    /// <summary>
    /// Orthonormal columns (or rows, whichever are fewer) times the gain: keeps lengths, in depth and time.
    /// </summary>
    Orthogonal,
    /// <summary>Uniform within ±gain · √(6 / (inputs + outputs)).</summary>
    XavierUniform,
    /// <summary>Normal with deviation gain / √inputs.</summary>
    ScaledNormal,
    /// <summary>All 0: a head that starts out indifferent.</summary>
    Zero,
}

/// <summary>
/// First numbers for weights. A weight [inputs, outputs] of a dense layer or [F, C, kh, kw] of a convolution; the
/// latter counts as a matrix of F rows. Every parameter draws from a sequence of its own name, so that adding a layer
/// changes no other one.
/// </summary>
public static class Initialisers
{
    /// <summary>The random sequence that belongs to the parameter of this name.</summary>
    public static RandomSequence SequenceOf(string name, RandomKey random)
    {
        uint hash = 2166136261;                     // FNV-1a, since string.GetHashCode differs from run to run
        foreach (char letter in name)
            hash = (hash ^ letter) * 16777619;
        return random.Sequence(hash);
    }

    /// <summary>Fills a parameter in the given way, from the random sequence of its name.</summary>
    /// <param name="parameter">[inputs, outputs] or [F, C, kh, kw].</param>
    /// <param name="way">How.</param>
    /// <param name="random">The run's key for weights.</param>
    /// <param name="gain">Scales the numbers; 1 keeps the size of what passes, √2 suits a relu after it.</param>
    /// <exception cref="ArgumentException">The parameter is neither of the two shapes.</exception>
    public static void Fill(Parameter parameter, Initialisation way, RandomKey random, float gain = 1)
    {
        RandomSequence sequence = SequenceOf(parameter.Name, random);
        switch (way)
        {
            case Initialisation.Orthogonal: Orthogonal(parameter.Value, ref sequence, gain); break;
            case Initialisation.XavierUniform: XavierUniform(parameter.Value, ref sequence, gain); break;
            case Initialisation.ScaledNormal: ScaledNormal(parameter.Value, ref sequence, gain); break;
            case Initialisation.Zero: Constant(parameter.Value, 0); break;
            default: throw new ArgumentOutOfRangeException(nameof(way), way, "there is no such initialisation");
        }
    }

    /// <summary>Orthonormal columns, or rows if these are fewer, times the gain (Saxe et al. 2014).</summary>
    public static void Orthogonal(Tensor weight, ref RandomSequence random, float gain = 1)
    {
        int rows = weight.Shape[0], columns = rows == 0 ? 0 : (int)(weight.Shape.Count / rows);
        int length = Math.Max(rows, columns), count = Math.Min(rows, columns);

        // Gram and Schmidt on normal vectors give the Q of a QR whose R has a positive diagonal, which is uniform over
        // all such Q. The second pass removes what rounding left of the first.
        double[][] basis = new double[count][];
        for (int k = 0; k < count; k++)
        {
            double[] vector = basis[k] = new double[length];
            for (int i = 0; i < length; i++)
                vector[i] = random.NextNormal();
            for (int pass = 0; pass < 2; pass++)
            {
                for (int j = 0; j < k; j++)
                {
                    double along = Dot(basis[j], vector);
                    for (int i = 0; i < length; i++)
                        vector[i] -= along * basis[j][i];
                }
            }
            double norm = Math.Sqrt(Dot(vector, vector));
            for (int i = 0; i < length; i++)
                vector[i] /= norm;
        }

        Span<float> to = weight.Span;
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
                to[r * columns + c] = gain * (float)(rows >= columns ? basis[c][r] : basis[r][c]);
        }
    }

    /// <summary>Uniform within ±gain · √(6 / (inputs + outputs)) (Glorot and Bengio 2010).</summary>
    public static void XavierUniform(Tensor weight, ref RandomSequence random, float gain = 1)
    {
        (int inputs, int outputs) = Fans(weight.Shape);
        double bound = gain * Math.Sqrt(6.0 / (inputs + outputs));
        foreach (ref float number in weight.Span)
            number = (float)((2 * random.NextUniform() - 1) * bound);
    }

    /// <summary>Normal with deviation gain / √inputs: outputs of unit variance from inputs of unit variance.</summary>
    public static void ScaledNormal(Tensor weight, ref RandomSequence random, float gain = 1)
    {
        double deviation = gain / Math.Sqrt(Fans(weight.Shape).Inputs);
        foreach (ref float number in weight.Span)
            number = (float)(random.NextNormal() * deviation);
    }

    /// <summary>One number everywhere.</summary>
    public static void Constant(Tensor weight, float value) => weight.Span.Fill(value);

    static (int Inputs, int Outputs) Fans(Shape shape) => shape.Rank switch
    {
        4 => (shape[1] * shape[2] * shape[3], shape[0] * shape[2] * shape[3]),
        2 => (shape[0], shape[1]),
        _ => throw new ArgumentException($"a weight is [inputs, outputs] or [F, C, kh, kw], not {shape}"),
    };

    static double Dot(double[] a, double[] b) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(a, b);
}
