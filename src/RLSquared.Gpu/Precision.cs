namespace RLSquared.Gpu;

/// <summary>How products of matrices are computed; everything else is in 32 bits.</summary>
public enum Precision
{
    /// <summary>32-bit floats throughout: the default.</summary>
    F32,

    /// <summary>Operands rounded to 10 bits of mantissa on the tensor cores, sums in 32 bits.</summary>
    Tf32,

    /// <summary>Operands rounded to 7 bits of mantissa on the tensor cores, sums in 32 bits.</summary>
    Bf16,
}
