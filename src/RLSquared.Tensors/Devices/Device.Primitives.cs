namespace RLSquared.Tensors.Devices;

/// <summary>
/// The primitives: what every device computes itself. Results are allocated already; an operand and the result may be
/// the same tensor where both have the same shape, unless a primitive says that they do not overlap. A device does them
/// in the order in which they are asked for.
/// </summary>
public abstract partial class Device
{
    /// <summary>y = f(x), element by element.</summary>
    internal abstract void Map(Function function, Tensor x, Tensor y);

    /// <summary>
    /// dx = g · f′(x) for those functions whose slope follows from their value y alone: relu, tanh and sigmoid.
    /// </summary>
    internal abstract void MapGradient(Function function, Tensor y, Tensor g, Tensor dx);

    /// <summary>y = a ∘ b; b is of a's shape, or is repeated as <paramref name="repeat"/> says.</summary>
    internal abstract void Zip(Combination combination, Tensor a, Tensor b, Repeat repeat, Tensor y);

    /// <summary>y = scale · x + shift.</summary>
    internal abstract void Affine(Tensor x, float scale, float shift, Tensor y);

    /// <summary>y = op(a) · op(b) for matrices [rows, columns], where op transposes or not.</summary>
    internal abstract void Product(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y);

    /// <summary>y = the sum over what <paramref name="axis"/> says.</summary>
    internal abstract void Sum(Repeat axis, Tensor x, Tensor y);

    /// <summary>y[t] = the sum of x[0] … x[t] over the first axis, or, backwards, of x[t] to the last.</summary>
    internal abstract void RunningSum(bool backwards, Tensor x, Tensor y);

    /// <summary>y = x, of the same length; they do not overlap.</summary>
    internal abstract void Copy(Tensor x, Tensor y);

    /// <summary>
    /// Copies a stretch of columns of each row of <paramref name="x"/> to a stretch of <paramref name="y"/>.
    /// </summary>
    internal abstract void CopyColumns(Tensor x, int firstOfX, Tensor y, int firstOfY, int columns);

    /// <summary>y[A, C, B] = x[A, B, C] transposed within each of the A matrices.</summary>
    internal abstract void Transpose(int A, int B, int C, Tensor x, Tensor y);

    /// <summary>y[r] = x[r, index[r]].</summary>
    internal abstract void GatherColumns(Tensor x, Indices index, Tensor y);

    /// <summary>y[r, index[r]] = x[r], and 0 elsewhere.</summary>
    internal abstract void ScatterColumns(Tensor x, Indices index, Tensor y);

    /// <summary>y[r, :] = x[index[r], :], or zeros where the index is −1.</summary>
    internal abstract void GatherRows(Tensor x, Indices index, Tensor y);

    /// <summary>
    /// y[v, :] = the sum of x[r, :] over all r with index[r] = v, in the order of r; rows of index −1 are left out.
    /// </summary>
    internal abstract void ScatterRows(Tensor x, Indices index, Tensor y);

    /// <summary>y[r] = the largest of x[r, :], index[r] = the first column that has it.</summary>
    internal abstract void MaxOfColumns(Tensor x, Tensor y, Indices index);

    /// <summary>y[r, :] = the softmax of x[r, :], or its logarithm.</summary>
    internal abstract void Softmax(bool logarithm, Tensor x, Tensor y);

    /// <summary>dL/dx of the softmax, or of its logarithm, from its result y and g = dL/dy.</summary>
    internal abstract void SoftmaxGradient(bool logarithm, Tensor y, Tensor g, Tensor dx);

    /// <summary>
    /// y = (x − mean) · scale · gain + bias per row, with mean[r] and scale[r] = 1/√(variance + epsilon).
    /// </summary>
    internal abstract void LayerNormalise(
        Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor scale);

    /// <summary>The gradients of the layer normalisation from g = dL/dy.</summary>
    internal abstract void LayerNormaliseGradient(Tensor x, Tensor gain, Tensor mean, Tensor scale, Tensor g,
        Tensor dx, Tensor dgain, Tensor dbias);

    /// <summary>columns[n·places + p, :] = what the window sees of image n at place p; 0 in the padding.</summary>
    internal abstract void ImageToColumns(in Window window, Tensor images, Tensor columns);

    /// <summary>Adds what each window sees back to the images: the transpose of <see cref="ImageToColumns"/>.</summary>
    internal abstract void ColumnsToImage(in Window window, Tensor columns, Tensor images);



    /// <summary>
    /// y = 2 b / 255 − 1 for the bytes of images: the numbers that a network sees, of the same order.
    /// </summary>
    internal abstract void Widen(Images bytes, Tensor y);

    /// <summary>y = value, everywhere.</summary>
    internal abstract void Fill(Tensor y, float value);

    /// <summary>y = x where low ≤ x ≤ high, else the bound that is nearer; not a number stays so.</summary>
    internal abstract void Clamp(Tensor x, float low, float high, Tensor y);

    /// <summary>
    /// y[t] = x[t] + factor[t] · y[t − 1] over the first axis, beginning with y[0] = x[0]; or, backwards, y[t] = x[t] +
    /// factor[t] · y[t + 1], beginning with the last. All three have one shape, [T, …]. Advantages, returns and
    /// discounted sums are of this form.
    /// </summary>
    internal abstract void LinearRecurrence(bool backwards, Tensor x, Tensor factor, Tensor y);

    /// <summary>
    /// y[t, b] = x[t, lanes[b]] for t &lt; steps, where x is [≥ steps, laneCount] and y is [steps, lanes] of records of
    /// so many bytes each, whatever they are: a row of floats, a whole number, an image. x and y are addresses.
    /// </summary>
    internal abstract void PickLanes(nint x, nint y, int steps, int laneCount, long recordBytes, Indices lanes);

    /// <summary>sum[0] += Σ x².</summary>
    internal abstract void AddSumOfSquares(Tensor x, Tensor sum);

    /// <summary>flag[0] = 0 if a number of x is not finite; else the flag stays as it is.</summary>
    internal abstract void AllFinite(Tensor x, Tensor flag);

    /// <summary>
    /// x ← x · limit / norm[0], if norm[0] is finite and above the limit; else x stays as it is.
    /// </summary>
    internal abstract void LimitByNorm(Tensor x, Tensor norm, float limit);

    /// <summary>
    /// x ← x cut to ±limit, if norm[0] is finite and above the limit; else x stays as it is, since an infinity must not
    /// pass for a large number.
    /// </summary>
    internal abstract void LimitByElement(Tensor x, Tensor norm, float limit);

    /// <summary>
    /// One draw from each row of probabilities softmax(logits[n, :]), with the number uniform[n] from 0 to below 1: the
    /// first action at which the sum of the probabilities exceeds it, and never one of probability 0.
    /// logProbability[n] is the logarithm of its probability. Logits may be −∞.
    /// </summary>
    internal abstract void SampleCategorical(Tensor logits, Tensor uniform, Indices actions, Tensor logProbability);
}

/// <summary>Functions of one number.</summary>
internal enum Function
{
    Relu, Tanh, Sigmoid, Exp, Log, Sqrt, Negate, Reciprocal,
}

/// <summary>Functions of two numbers.</summary>
internal enum Combination
{
    Add, Subtract, Multiply, Divide, Min, Max,

    /// <summary>1 where a ≤ b, else 0: where a minimum takes its first operand.</summary>
    IsAtMost,
}

/// <summary>How a smaller tensor is repeated to meet a [rows, columns] one; a sum goes the other way.</summary>
internal enum Repeat
{
    /// <summary>Same shape.</summary>
    None,
    /// <summary>[columns], the same for every row.</summary>
    Row,
    /// <summary>[rows, 1], the same for every column.</summary>
    Column,
    /// <summary>One number for all.</summary>
    Scalar,
}
