namespace RLSquared.Tensors.Devices;

/// <summary>
/// The seam for a second device: the primitive computations, on tensors whose results are already allocated. Operations,
/// layers and algorithms know nothing below it.
/// </summary>
internal abstract class Device
{
    /// <summary>The processor that the program runs on.</summary>
    public static Device Cpu { get; } = new CpuDevice();

    /// <summary>y = f(x), element by element.</summary>
    public abstract void Map(Function function, Tensor x, Tensor y);

    /// <summary>y = a ∘ b; b is of a's shape, or is repeated as <paramref name="repeat"/> says.</summary>
    public abstract void Zip(Combination combination, Tensor a, Tensor b, Repeat repeat, Tensor y);

    /// <summary>y = scale · x + shift.</summary>
    public abstract void Affine(Tensor x, float scale, float shift, Tensor y);

    /// <summary>y = op(a) · op(b) for matrices [rows, columns], where op transposes or not.</summary>
    public abstract void Product(bool transposeA, bool transposeB, Tensor a, Tensor b, Tensor y);

    /// <summary>y = the sum over what <paramref name="axis"/> says.</summary>
    public abstract void Sum(Repeat axis, Tensor x, Tensor y);
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
    /// <summary>[rows, 1] or [rows], the same for every column.</summary>
    Column,
    /// <summary>One number for all.</summary>
    Scalar,
}
