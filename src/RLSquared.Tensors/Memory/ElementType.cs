namespace RLSquared.Tensors;

/// <summary>How a device stores one number of a tensor.</summary>
public enum ElementType : byte
{
    /// <summary>32-bit floating point.</summary>
    F32,
    /// <summary>16-bit floating point with the exponent of 32 bits.</summary>
    BF16,
    /// <summary>32-bit whole numbers; <see cref="Indices"/> are of this type.</summary>
    I32,
}

/// <summary>Sizes of element types.</summary>
internal static class ElementTypes
{
    /// <summary>Bytes of one number.</summary>
    public static int Size(this ElementType type) => type == ElementType.BF16 ? 2 : 4;
}
