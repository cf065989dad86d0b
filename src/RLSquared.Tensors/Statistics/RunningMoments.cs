using System.Numerics.Tensors;

namespace RLSquared.Tensors.Statistics;

/// <summary>
/// Mean and variance of all rows seen so far, one of each per feature: for observations and returns that have no
/// natural scale. Batches are merged as Chan, Golub and LeVeque (1979) do, in double precision; the result is kept in
/// 32 bits, so that a checkpoint of <see cref="State"/> and <see cref="Count"/> restores it to the bit.
/// </summary>
public sealed class RunningMoments : IDisposable
{
    readonly Arena memory = new();                  // of the host, which reads observations anyway
    readonly Mirror mean, variance;

    /// <summary>Moments of nothing yet: mean 0, variance 1.</summary>
    /// <param name="features">Numbers per row, from 1.</param>
    public RunningMoments(int features = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(features, 1);
        mean = new Mirror(memory, new Shape(features));
        variance = new Mirror(memory, new Shape(features));
        variance.Host.Fill(1);
        State = [("mean", mean.Device), ("variance", variance.Device)];
    }

    /// <summary>How many rows were seen.</summary>
    public long Count { get; set; }

    /// <summary>The mean of each feature, [features].</summary>
    public ReadOnlySpan<float> Mean => mean.Host;

    /// <summary>The (biased) variance of each feature, [features]; 1 before anything was seen.</summary>
    public ReadOnlySpan<float> Variance => variance.Host;

    /// <summary>Mean and variance by name, for checkpoints; <see cref="Tensor.CopyFrom"/> restores them.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> State { get; }

    /// <summary>Adds rows [rows, features].</summary>
    /// <exception cref="ArgumentException">
    /// The numbers do not fill whole rows, or one is not finite (none is added then).
    /// </exception>
    public void Add(ReadOnlySpan<float> rows)
    {
        int features = mean.Device.Shape.Columns, count = BatchMoments.RowsOf(rows, features);
        if (count == 0)
            return;
        double total = Count + count, share = count / total;
        for (int f = 0; f < features; f++)
        {
            (double batchMean, double batchVariance) = BatchMoments.Of(rows, features, f);
            double before = mean.Host[f], apart = batchMean - before;
            // Before the first batch the variance of 1 stands for ignorance and has no weight.
            double own = Count == 0 ? 0 : variance.Host[f];
            mean.Host[f] = (float)(before + apart * share);
            variance.Host[f] = (float)(own * (1 - share) + batchVariance * share + apart * apart * share * (1 - share));
        }
        Count += count;
    }

    /// <summary>
    /// x ← (x − mean) / √(variance + 10⁻⁸), cut to ±limit. Where nothing varies, the deviation is what rounding makes
    /// of numbers of the size of the mean (<see cref="Spread"/>).
    /// </summary>
    /// <param name="rows">[rows, features], changed in place.</param>
    /// <param name="limit">Cuts outliers; 10 is usual, ∞ cuts nothing.</param>
    public void Normalise(Span<float> rows, float limit = 10)
    {
        int features = mean.Device.Shape.Columns, count = BatchMoments.RowsOf(rows, features);
        for (int f = 0; f < features; f++)
        {
            float centre = mean.Host[f], deviation = MathF.Sqrt(variance.Host[f] + 1e-8f);
            float scale = 1 / (float)Spread.AtLeastRounding(deviation, centre);
            for (int r = 0; r < count; r++)
            {
                ref float x = ref rows[r * features + f];
                x = Math.Clamp((x - centre) * scale, -limit, limit);
            }
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => memory.Dispose();
}

/// <summary>
/// Mean and deviation that forget: μ ← (1 − r) μ + r · mean of the batch, and the deviation likewise. The first batch
/// counts whole. With r = 0.9 this is how the RL² paper's baseline scales its targets.
/// </summary>
public sealed class ExponentialMoments : IDisposable
{
    readonly Arena memory = new();
    readonly Mirror state;
    readonly float rate;

    /// <summary>Moments of nothing yet: mean 0, deviation 1.</summary>
    /// <param name="rate">
    /// r, above 0 and at most 1: the weight of the newest batch. Low (0.01) is steady and late; high (0.9) follows each
    /// batch; 1 knows the last batch alone.
    /// </param>
    public ExponentialMoments(float rate = 0.9f)
    {
        if (!(rate is > 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(rate), rate, "the rate must be above 0 and at most 1");
        this.rate = rate;
        state = new Mirror(memory, new Shape(2));
        state.Host[1] = 1;
        State = [("moments", state.Device)];
    }

    /// <summary>How many batches were seen.</summary>
    public long Count { get; set; }

    /// <summary>The running mean.</summary>
    public float Mean => state.Host[0];

    /// <summary>
    /// The running standard deviation; 1 before anything was seen. Where nothing varies it is what rounding makes of
    /// numbers of the size of the mean (<see cref="Spread"/>), so that it can be divided by.
    /// </summary>
    public float StandardDeviation => (float)Spread.AtLeastRounding(state.Host[1], state.Host[0]);

    /// <summary>
    /// Mean and deviation in one tensor [2], for checkpoints; <see cref="Tensor.CopyFrom"/> restores them.
    /// </summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> State { get; }

    /// <summary>Takes a batch in.</summary>
    /// <param name="batch">Numbers, [count]; none change nothing.</param>
    /// <exception cref="ArgumentException">A number is not finite; the batch is not taken in then.</exception>
    public void Add(ReadOnlySpan<float> batch)
    {
        if (BatchMoments.RowsOf(batch, 1) > 0)
            Move(BatchMoments.Of(batch, 1, 0));
    }

    /// <summary>
    /// Takes in the part of a batch whose weights are 1; where the weight is 0, the number does not
    /// count.
    /// </summary>
    /// <param name="batch">Numbers, [count].</param>
    /// <param name="weights">0 or 1 for each, [count].</param>
    /// <exception cref="ArgumentException">There is not one weight per number, or a number is not finite.</exception>
    public void Add(ReadOnlySpan<float> batch, ReadOnlySpan<float> weights)
    {
        if (weights.Length != batch.Length)
            throw new ArgumentException($"{batch.Length} numbers need as many weights, not {weights.Length}");
        if (BatchMoments.RowsOf(batch, 1) > 0 && TensorPrimitives.Sum(weights) > 0)
            Move(BatchMoments.Of(batch, weights));
    }

    void Move((double Mean, double Variance) batch)
    {
        (double mean, double variance) = batch;
        double r = Count == 0 ? 1 : rate;
        Span<float> moments = state.Host;
        moments[0] = (float)((1 - r) * moments[0] + r * mean);
        // A batch that hardly varies in itself, of one number for example, still lies apart from the running mean.
        double deviation = Math.Max(Math.Sqrt(variance), Math.Abs(mean - moments[0]));
        moments[1] = (float)((1 - r) * moments[1] + r * deviation);
        Count++;
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => memory.Dispose();
}

/// <summary>Moments of one batch, in double precision and two passes.</summary>
file static class BatchMoments
{
    public static int RowsOf(ReadOnlySpan<float> rows, int features)
    {
        if (rows.Length % features != 0)
            throw new ArgumentException($"{rows.Length} numbers are no whole rows of {features} features");
        for (int i = 0; i < rows.Length; i++)
        {
            if (!float.IsFinite(rows[i]))
            {
                throw new ArgumentException(
                    $"row {i / features}, feature {i % features} is {rows[i]}: not a finite number");
            }
        }
        return rows.Length / features;
    }

    public static (double Mean, double Variance) Of(ReadOnlySpan<float> rows, int features, int feature)
    {
        double sum = 0, squares = 0;
        for (int i = feature; i < rows.Length; i += features)
            sum += rows[i];
        int count = rows.Length / features;
        double mean = sum / count;
        for (int i = feature; i < rows.Length; i += features)
            squares += (rows[i] - mean) * (rows[i] - mean);
        return (mean, squares / count);
    }

    public static (double Mean, double Variance) Of(ReadOnlySpan<float> batch, ReadOnlySpan<float> weights)
    {
        double count = 0, sum = 0, squares = 0;
        for (int i = 0; i < batch.Length; i++)
        {
            count += weights[i];
            sum += weights[i] * (double)batch[i];
        }
        double mean = sum / count;
        for (int i = 0; i < batch.Length; i++)
            squares += weights[i] * (batch[i] - mean) * (batch[i] - mean);
        return (mean, squares / count);
    }
}
