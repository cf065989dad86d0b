using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors;

/// <summary>Functions of one number, element by element, and affine maps with constants.</summary>
public static class Functions
{
    extension(Tensor x)
    {
        /// <summary>max(x, 0).</summary>
        public Tensor Relu() => Apply(Function.Relu, x);

        /// <summary>The hyperbolic tangent.</summary>
        public Tensor Tanh() => Apply(Function.Tanh, x);

        /// <summary>1 / (1 + e⁻ˣ).</summary>
        public Tensor Sigmoid() => Apply(Function.Sigmoid, x);

        /// <summary>eˣ.</summary>
        public Tensor Exp() => Apply(Function.Exp, x);

        /// <summary>The natural logarithm: −∞ at 0, NaN below.</summary>
        public Tensor Log() => Apply(Function.Log, x);

        /// <summary>The square root: NaN below 0, and an infinite gradient at 0.</summary>
        public Tensor Sqrt() => Apply(Function.Sqrt, x);

        /// <summary>1 / x.</summary>
        public Tensor Reciprocal() => Apply(Function.Reciprocal, x);

        /// <summary>x².</summary>
        public Tensor Square() => x * x;

        /// <summary>ln(1 + eˣ), finite for every finite x: −ln of 1 − σ(x).</summary>
        public Tensor Softplus()
        {
            // max(x, 0) + ln(1 + e^−|x|): neither side overflows.
            Tape tape = Tape.Of(x);
            Tensor y = tape.Arena.Allocate(x.Shape), above = tape.Arena.Allocate(x.Shape);
            tape.Device.Map(Function.Relu, x, above);
            tape.Device.Affine(above, -2, 0, y);
            tape.Device.Zip(Combination.Add, y, x, Repeat.None, y);
            tape.Device.Map(Function.Exp, y, y);
            tape.Device.Affine(y, 1, 1, y);
            tape.Device.Map(Function.Log, y, y);
            tape.Device.Zip(Combination.Add, y, above, Repeat.None, y);
            return tape.Record(softplus, y, x);
        }

        /// <summary>
        /// x, but at least <paramref name="low"/> and at most <paramref name="high"/>; no gradient outside.
        /// </summary>
        /// <exception cref="ArgumentException">The lower bound is above the higher one.</exception>
        public Tensor Clamp(float low, float high)
        {
            if (!(low <= high))
                throw new ArgumentException($"a clamp needs low ≤ high, but {low} and {high} were given");
            Tape tape = Tape.Of(x);
            Tensor y = tape.Arena.Allocate(x.Shape);
            tape.Device.Clamp(x, low, high, y);
            return tape.Record(clamp, y, x, attributes: new Attributes { Low = low, High = high });
        }
    }

    extension(Tensor)
    {
        /// <summary>−x.</summary>
        public static Tensor operator -(Tensor x) => Apply(Function.Negate, x);

        /// <summary>x times a number.</summary>
        public static Tensor operator *(Tensor x, float scale) => Affine(x, scale, 0);

        /// <summary>x times a number.</summary>
        public static Tensor operator *(float scale, Tensor x) => Affine(x, scale, 0);

        /// <summary>x plus a number.</summary>
        public static Tensor operator +(Tensor x, float shift) => Affine(x, 1, shift);

        /// <summary>x minus a number.</summary>
        public static Tensor operator -(Tensor x, float shift) => Affine(x, 1, -shift);

        /// <summary>A number minus x.</summary>
        public static Tensor operator -(float number, Tensor x) => Affine(x, -1, number);
    }

    internal static Tensor Number(Tape tape, float number)
    {
        Tensor tensor = tape.Arena.Allocate(new Shape(1));
        tape.Device.Fill(tensor, number);
        return tape.Constant(tensor);
    }

    static Tensor Apply(Function function, Tensor x)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(x.Shape);
        tape.Device.Map(function, x, y);
        return tape.Record(function switch
        {
            Function.Relu => relu,
            Function.Tanh => tanh,
            Function.Sigmoid => sigmoid,
            Function.Exp => exp,
            Function.Log => log,
            Function.Sqrt => sqrt,
            Function.Negate => negate,
            Function.Reciprocal => reciprocal,
            _ => throw new ArgumentOutOfRangeException(nameof(function)),
        }, y, x);
    }

    static Tensor Affine(Tensor x, float scale, float shift)
    {
        Tape tape = Tape.Of(x);
        Tensor y = tape.Arena.Allocate(x.Shape);
        tape.Device.Affine(x, scale, shift, y);
        return tape.Record(affine, y, x, attributes: new Attributes { Scale = scale });
    }

    // ---- the rules: dL/dx from x, y and g = dL/dy ----

    delegate Tensor Derivative(Tensor x, Tensor y, Tensor g);

    sealed class Rule(Derivative derivative) : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], derivative(node.Inputs[0], node.Output, g));
    }

    sealed class AffineRule : Operation
    {
        public override void Backward(Tape tape, in Node node, Tensor g) =>
            tape.Accumulate(node.Inputs[0], g * node.Attributes.Scale);
    }

    sealed class ClampRule : Operation
    {
        // At the higher bound the gradient still flows, at the lower one it does not, as of max(min(x, high), low).
        public override void Backward(Tape tape, in Node node, Tensor g)
        {
            Tensor x = node.Inputs[0];
            Tensor below = Arithmetic.IsAtMost(x, Number(tape, node.Attributes.Low));
            Tensor within = Arithmetic.IsAtMost(x, Number(tape, node.Attributes.High));
            tape.Accumulate(x, (g - g * below) * within);
        }
    }

    // ---- slopes: g · f′ in one pass, with a derivative of their own ----

    // s = g f′(y): ds/dg = f′(y), and ds/dy = g f″ as the bend says, where there is one.
    sealed class SlopeRule(Function function, Derivative? bend) : Operation
    {
        public Function Function => function;

        public override void Backward(Tape tape, in Node node, Tensor h)
        {
            (Tensor y, Tensor g) = (node.Inputs[0], node.Inputs[1]);
            if (g.IsDifferentiable)
                tape.Accumulate(g, Slope(this, y, h));
            if (bend is not null && y.IsDifferentiable)
                tape.Accumulate(y, bend(y, g, h));
        }
    }

    static readonly SlopeRule reluSlope = new(Function.Relu, bend: null);
    static readonly SlopeRule tanhSlope = new(Function.Tanh, (y, g, h) => g * h * (y * -2));
    static readonly SlopeRule sigmoidSlope = new(Function.Sigmoid, (y, g, h) => g * h * (1 - y * 2));

    static readonly ClampRule clamp = new();
    static readonly Rule relu = new((x, y, g) => Slope(reluSlope, y, g));
    static readonly Rule tanh = new((x, y, g) => Slope(tanhSlope, y, g));
    static readonly Rule sigmoid = new((x, y, g) => Slope(sigmoidSlope, y, g));
    static readonly Rule exp = new((x, y, g) => g * y);
    static readonly Rule log = new((x, y, g) => g / x);
    static readonly Rule sqrt = new((x, y, g) => g / (y * 2));
    static readonly Rule softplus = new((x, y, g) => g * x.Sigmoid());
    static readonly Rule negate = new((x, y, g) => -g);
    static readonly Rule reciprocal = new((x, y, g) => -(g * (y * y)));
    static readonly AffineRule affine = new();

    static Tensor Slope(SlopeRule rule, Tensor y, Tensor g)
    {
        Tape tape = Tape.Of(y, g);
        Tensor slope = tape.Arena.Allocate(y.Shape);
        tape.Device.MapGradient(rule.Function, y, g, slope);
        return tape.Record(rule, slope, y, g);
    }
}
