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
        ArgumentNullException.ThrowIfNull(parameter);
        float[] numbers = new float[parameter.Value.Shape.Count];
        Fill(parameter.Name, parameter.Value.Shape, numbers, way, random, gain);
        parameter.Value.CopyFrom(numbers);
    }

    /// <summary>The same for numbers [inputs, outputs] or [F, C, kh, kw] that belong to no parameter yet.</summary>
    internal static void Fill(
        string name, Shape shape, Span<float> numbers, Initialisation way, RandomKey random, float gain = 1)
    {
        RandomSequence sequence = SequenceOf(name, random);
        switch (way)
        {
            case Initialisation.Orthogonal: Orthogonal(shape, numbers, ref sequence, gain); break;
            case Initialisation.XavierUniform: XavierUniform(shape, numbers, ref sequence, gain); break;
            case Initialisation.ScaledNormal: ScaledNormal(shape, numbers, ref sequence, gain); break;
            case Initialisation.Zero: numbers.Clear(); break;
            default: throw new ArgumentOutOfRangeException(nameof(way), way, "there is no such initialisation");
        }
    }

    /// <summary>Orthonormal columns, or rows if these are fewer, times the gain (Saxe et al. 2014).</summary>
    /// <param name="shape">[inputs, outputs] or [F, C, kh, kw].</param>
    /// <param name="numbers">Receives the numbers, as many as the shape has.</param>
    /// <param name="random">What is drawn from.</param>
    /// <param name="gain">Scales the numbers.</param>
    public static void Orthogonal(Shape shape, Span<float> numbers, ref RandomSequence random, float gain = 1)
    {
        int rows = shape[0], columns = rows == 0 ? 0 : (int)(shape.Count / rows);
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

        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
                numbers[r * columns + c] = gain * (float)(rows >= columns ? basis[c][r] : basis[r][c]);
        }
    }

    /// <summary>Uniform within ±gain · √(6 / (inputs + outputs)) (Glorot and Bengio 2010).</summary>
    /// <param name="shape">[inputs, outputs] or [F, C, kh, kw].</param>
    /// <param name="numbers">Receives the numbers, as many as the shape has.</param>
    /// <param name="random">What is drawn from.</param>
    /// <param name="gain">Scales the numbers.</param>
    public static void XavierUniform(Shape shape, Span<float> numbers, ref RandomSequence random, float gain = 1)
    {
        (int inputs, int outputs) = Fans(shape);
        double bound = gain * Math.Sqrt(6.0 / (inputs + outputs));
        foreach (ref float number in numbers)
            number = (float)((2 * random.NextUniform() - 1) * bound);
    }

    /// <summary>Normal with deviation gain / √inputs: outputs of unit variance from inputs of unit variance.</summary>
    /// <param name="shape">[inputs, outputs] or [F, C, kh, kw].</param>
    /// <param name="numbers">Receives the numbers, as many as the shape has.</param>
    /// <param name="random">What is drawn from.</param>
    /// <param name="gain">Scales the numbers.</param>
    public static void ScaledNormal(Shape shape, Span<float> numbers, ref RandomSequence random, float gain = 1)
    {
        double deviation = gain / Math.Sqrt(Fans(shape).Inputs);
        foreach (ref float number in numbers)
            number = (float)(random.NextNormal() * deviation);
    }

    static (int Inputs, int Outputs) Fans(Shape shape) => shape.Rank switch
    {
        4 => (shape[1] * shape[2] * shape[3], shape[0] * shape[2] * shape[3]),
        2 => (shape[0], shape[1]),
        _ => throw new ArgumentException($"a weight is [inputs, outputs] or [F, C, kh, kw], not {shape}"),
    };

    static double Dot(double[] a, double[] b) => System.Numerics.Tensors.TensorPrimitives.Dot<double>(a, b);
}
