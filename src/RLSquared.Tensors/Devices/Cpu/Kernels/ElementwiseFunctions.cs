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

/// <summary>1 where x > 0, else 0; 0 for NaN.</summary>
internal readonly struct IsPositiveFunction : IUnaryFunction
{
    public static TVector Apply<TVector, TSimd>(TVector x)
        where TVector : unmanaged
        where TSimd : struct, ISimd<TVector> =>
        TSimd.Select(TSimd.LessThan(TSimd.Broadcast(0f), x), TSimd.Broadcast(1f), TSimd.Broadcast(0f));
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
