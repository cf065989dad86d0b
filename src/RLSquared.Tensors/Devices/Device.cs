using RLSquared.Tensors.Kernels;

namespace RLSquared.Tensors.Devices;

/// <summary>
/// The seam for a second device: the primitive computations, on tensors whose results are already allocated.
/// Operations, layers and algorithms know nothing below it.
/// </summary>
internal abstract class Device
{
    /// <summary>The processor that the program runs on.</summary>
    public static Device Cpu { get; } = new CpuDevice();

    /// <summary>y = f(x), element by element.</summary>
    public abstract void Map(Function function, Tensor x, Tensor y);

    /// <summary>
    /// dx = g · f′(x) for those functions whose slope follows from their value y alone: relu, tanh and sigmoid.
    /// </summary>
    public abstract void MapGradient(Function function, Tensor y, Tensor g, Tensor dx);

    /// <summary>y = a ∘ b; b is of a's shape, or is repeated as <paramref name="repeat"/> says.</summary>
    public abstract void Zip(Combination combination, Tensor a, Tensor b, Repeat repeat, Tensor y);

    /// <summary>y = scale · x + shift.</summary>
    public abstract void Affine(Tensor x, float scale, float shift, Tensor y);

    /// <summary>y = op(a) · op(b) for matrices [rows, columns], where op transposes or not.</summary>
    public abstract void Product(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y);

    /// <summary>y = the sum over what <paramref name="axis"/> says.</summary>
    public abstract void Sum(Repeat axis, Tensor x, Tensor y);

    /// <summary>y[t] = the sum of x[0] … x[t] over the first axis, or, backwards, of x[t] to the last.</summary>
    public abstract void RunningSum(bool backwards, Tensor x, Tensor y);

    /// <summary>y = x, of the same length; they do not overlap.</summary>
    public abstract void Copy(Tensor x, Tensor y);

    /// <summary>
    /// Copies a stretch of columns of each row of <paramref name="x"/> to a stretch of <paramref name="y"/>.
    /// </summary>
    public abstract void CopyColumns(Tensor x, int firstOfX, Tensor y, int firstOfY, int columns);

    /// <summary>y[A, C, B] = x[A, B, C] transposed within each of the A matrices.</summary>
    public abstract void Transpose(int A, int B, int C, Tensor x, Tensor y);

    /// <summary>y[r] = x[r, index[r]].</summary>
    public abstract void GatherColumns(Tensor x, Indices index, Tensor y);

    /// <summary>y[r, index[r]] = x[r], and 0 elsewhere.</summary>
    public abstract void ScatterColumns(Tensor x, Indices index, Tensor y);

    /// <summary>y[r, :] = x[index[r], :].</summary>
    public abstract void GatherRows(Tensor x, Indices index, Tensor y);

    /// <summary>y[v, :] = the sum of x[r, :] over all r with index[r] = v, in the order of r.</summary>
    public abstract void ScatterRows(Tensor x, Indices index, Tensor y);

    /// <summary>y[r, :] = tanh(a[i[r], :] + b[j[r], :] + s[r] · c); s and c may be missing.</summary>
    public abstract void TanhOfRows(Tensor a, Indices i, Tensor b, Indices j, Tensor s, Tensor c, Tensor y);

    /// <summary>Adds its gradients from g = dL/dy to da, db and dc; dc is missing if s is.</summary>
    public abstract void TanhOfRowsGradient(
        Tensor y, Tensor g, Indices i, Indices j, Tensor s, Tensor da, Tensor db, Tensor dc);

    /// <summary>y[r] = the largest of x[r, :], index[r] = the first column that has it.</summary>
    public abstract void MaxOfColumns(Tensor x, Tensor y, Indices index);

    /// <summary>y[r, :] = the softmax of x[r, :], or its logarithm.</summary>
    public abstract void Softmax(bool logarithm, Tensor x, Tensor y);

    /// <summary>dL/dx of the softmax, or of its logarithm, from its result y and g = dL/dy.</summary>
    public abstract void SoftmaxGradient(bool logarithm, Tensor y, Tensor g, Tensor dx);

    /// <summary>
    /// y = (x − mean) · scale · gain + bias per row, with mean[r] and scale[r] = 1/√(variance + epsilon).
    /// </summary>
    public abstract void LayerNormalise(
        Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor scale);

    /// <summary>The gradients of the layer normalisation from g = dL/dy.</summary>
    public abstract void LayerNormaliseGradient(Tensor x, Tensor gain, Tensor mean, Tensor scale, Tensor g,
        Tensor dx, Tensor dgain, Tensor dbias);

    /// <summary>columns[n·places + p, :] = what the window sees of image n at place p; 0 in the padding.</summary>
    public abstract void ImageToColumns(in Window window, Tensor images, Tensor columns);

    /// <summary>Adds what each window sees back to the images: the transpose of <see cref="ImageToColumns"/>.</summary>
    public abstract void ColumnsToImage(in Window window, Tensor columns, Tensor images);

    /// <summary>
    /// Filters over images [N, H, W, C], and relu: y [N, down, across, F]. The images are numbers, or else bytes.
    /// </summary>
    public abstract void FilterForward(
        in Window window, Tensor x, Images bytes, Tensor weight, Tensor bias, Arena scratch, Tensor y);

    /// <summary>Its gradients from g = dL/dy; dx may be none.</summary>
    public abstract void FilterBackward(in Window window, Tensor x, Images bytes, Tensor weight, Tensor y, Tensor g,
        Arena scratch, Tensor dweight, Tensor dbias, Tensor dx);

    /// <summary>
    /// A gated recurrent unit over a sequence: hidden [T, B, H]; for backward gates [T, B, 4H] ([1, B, 4H] for none)
    /// and, where rows say from where they go on, what they went on from, previous [T, B, H].
    /// </summary>
    public abstract void GruForward(
        in GruOperands gru, Arena scratch, Tensor gates, Tensor previous, Tensor hidden);

    /// <summary>Its gradients from dL/d(hidden), [T, B, H]; uses the gates up.</summary>
    public abstract void GruBackward(
        in GruOperands gru, Arena scratch, Tensor hidden, Tensor gates, Tensor previous, Tensor g,
        in GruGradients gradients);
}

/// <summary>Functions of one number.</summary>
internal enum Function
{
    Relu, Tanh, Sigmoid, Exp, Log, Sqrt, Negate, Reciprocal,

    /// <summary>1 where x > 0, else 0: the derivative of relu, and a mask.</summary>
    IsPositive,
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
