namespace RLSquared.Datasets;

/// <summary>Brings the numbers of a set to a mean of 0 and a deviation of 1, column by column.</summary>
sealed class GoalScale
{
    readonly float[] means, inverses;       // [D]

    /// <summary>Measures some rows; a column that never varies is only moved to 0.</summary>
    /// <param name="numbers">The rows, [n, D].</param>
    /// <param name="width">D.</param>
    public GoalScale(ReadOnlySpan<float> numbers, int width)
    {
        (means, inverses) = (new float[width], new float[width]);
        int rows = numbers.Length / width;
        for (int column = 0; column < width; column++)
        {
            double sum = 0, squares = 0;
            for (int row = 0; row < rows; row++)
                sum += numbers[row * width + column];
            double mean = sum / rows;
            for (int row = 0; row < rows; row++)
                squares += Math.Pow(numbers[row * width + column] - mean, 2);
            double deviation = Math.Sqrt(squares / rows);
            means[column] = (float)mean;
            inverses[column] = deviation > 1e-6 ? (float)(1 / deviation) : 1;
        }
    }

    /// <summary>(x − mean) / deviation.</summary>
    /// <param name="numbers">x, [D].</param>
    /// <param name="to">Receives [D].</param>
    public void Write(ReadOnlySpan<float> numbers, Span<float> to)
    {
        for (int i = 0; i < means.Length; i++)
            to[i] = (numbers[i] - means[i]) * inverses[i];
    }
}
