using System.Runtime.InteropServices;

namespace RLSquared.Gpu;

/// <summary>
/// What a kernel is given: a whole number, a float, or the address of numbers (0 for none). Kernels take addresses as
/// ILGPU's views, a pointer and a length: the first 16 bytes here.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
readonly struct Argument
{
    readonly long bits, length;

    Argument(long bits, long length, ArgumentKind kind) => (this.bits, this.length, Kind) = (bits, length, kind);

    public ArgumentKind Kind { get; }

    public int Int => (int)bits;

    public long Long => bits;

    public float Float => BitConverter.Int32BitsToSingle((int)bits);

    public nint Address => (nint)bits;

    public static implicit operator Argument(int value) => new(value, 0, ArgumentKind.Int);

    public static implicit operator Argument(bool value) => new(value ? 1 : 0, 0, ArgumentKind.Int);

    public static implicit operator Argument(float value) =>
        new(BitConverter.SingleToInt32Bits(value), 0, ArgumentKind.Float);

    public static implicit operator Argument(long value) => new(value, 0, ArgumentKind.Long);

    public static implicit operator Argument(ulong value) => new((long)value, 0, ArgumentKind.Long);

    // How long the numbers are only the caller knows; a kernel asks just whether there are any.
    public static implicit operator Argument(nint address) =>
        new(address, address == 0 ? 0 : 1L << 40, ArgumentKind.Address);
}

enum ArgumentKind
{
    Int, Float, Long, Address,
}
