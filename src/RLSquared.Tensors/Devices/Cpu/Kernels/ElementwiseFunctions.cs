namespace RLSquared.Tensors.Devices;

/// <summary>eˣ.</summary>
internal readonly struct ExpFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => VectorMath.Exp<TVector, TSimd>(x);
}

/// <summary>ln x.</summary>
internal readonly struct LogFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => VectorMath.Log<TVector, TSimd>(x);
}

/// <summary>tanh x.</summary>
internal readonly struct TanhFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => VectorMath.Tanh<TVector, TSimd>(x);
}

/// <summary>1 / (1 + e⁻ˣ).</summary>
internal readonly struct SigmoidFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => VectorMath.Sigmoid<TVector, TSimd>(x);
}

/// <summary>a + b.</summary>
internal readonly struct AddFunction : IBinaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector a, TVector b)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => TSimd.Add(a, b);
}

/// <summary>a · b.</summary>
internal readonly struct MultiplyFunction : IBinaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector a, TVector b)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => TSimd.Multiply(a, b);
}

/// <summary>dL/dx of relu from its value y and g = dL/dy: g where y > 0, else 0.</summary>
internal readonly struct ReluGradient : IBinaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector a, TVector b)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> =>
        TSimd.Select(TSimd.LessThan(TSimd.Broadcast(0f), a), b, TSimd.Broadcast(0f));
}

/// <summary>dL/dx of tanh from its value y and g = dL/dy: g (1 − y²).</summary>
internal readonly struct TanhGradient : IBinaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector a, TVector b)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> =>
        TSimd.Multiply(b, TSimd.FusedMultiplyAdd(TSimd.Negate(a), a, TSimd.Broadcast(1f)));
}

/// <summary>dL/dx of the sigmoid from its value y and g = dL/dy: g y (1 − y).</summary>
internal readonly struct SigmoidGradient : IBinaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector a, TVector b)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> =>
        TSimd.Multiply(b, TSimd.Multiply(a, TSimd.Subtract(TSimd.Broadcast(1f), a)));
}

/// <summary>x · σ(2u), the Gaussian error linear unit; the formula is at <see cref="Gelus"/>.</summary>
internal readonly struct GeluFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> => TSimd.Multiply(x, Gate<TVector, TSimd>(x, TSimd.Multiply(x, x)));

    /// <summary>σ(2u) from x and x².</summary>
    public static TVector Gate<TVector, TSimd>(TVector x, TVector square)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> =>
        VectorMath.Sigmoid<TVector, TSimd>(TSimd.Multiply(x, TSimd.FusedMultiplyAdd(
            square, TSimd.Broadcast(Gelus.Cubic * Gelus.Slope), TSimd.Broadcast(Gelus.Slope))));
}

/// <summary>dL/dx of it from x and g = dL/dy: g (s + x s (1 − s) · 2u′).</summary>
internal readonly struct GeluGradient : IBinaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector a, TVector b)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector>
    {
        TVector square = TSimd.Multiply(a, a), s = GeluFunction.Gate<TVector, TSimd>(a, square);
        TVector slope = TSimd.FusedMultiplyAdd(
            square, TSimd.Broadcast(3 * Gelus.Cubic * Gelus.Slope), TSimd.Broadcast(Gelus.Slope));
        TVector bend = TSimd.Multiply(TSimd.Multiply(a, TSimd.Subtract(TSimd.Broadcast(1f), s)), slope);
        return TSimd.Multiply(b, TSimd.FusedMultiplyAdd(s, bend, s));
    }
}
