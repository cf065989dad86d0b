using RLSquared.Tensors.Devices;

namespace RLSquared.Tensors.Tests.Devices;

/// <summary>
/// Tests that hold for every device. A class of them is abstract and has two heirs, one for the processor and one for
/// the reference device.
/// </summary>
public abstract class DeviceTests(Device device) : IDisposable
{
    readonly List<Arena> arenas = [];

    /// <summary>The device of this heir.</summary>
    protected Device Device { get; } = device;

    /// <summary>Whether it is the reference device.</summary>
    protected bool IsReference => Device is ReferenceDevice;

    /// <summary>Memory of the device.</summary>
    protected Arena NewArena() => new(Device);

    /// <summary>A tape in memory of the device that lasts as long as the test.</summary>
    protected Tape NewTape()
    {
        arenas.Add(NewArena());
        return new Tape(arenas[^1]);
    }

    /// <summary>Indices that last as long as the test.</summary>
    protected Indices IndicesOf(params ReadOnlySpan<int> values)
    {
        arenas.Add(NewArena());
        return arenas[^1].CopyIndices(values);
    }

    protected void Both(GradientCheck.Computation function, params (Shape Shape, float[] Values)[] inputs) =>
        GradientCheck.Both(Device, function, inputs);

    protected void First(GradientCheck.Computation function, params (Shape Shape, float[] Values)[] inputs) =>
        GradientCheck.First(Device, function, inputs);

    protected static (Shape Shape, float[] Values) Spread(
        Shape shape, int seed, float low = -1.5f, float high = 1.5f) => GradientCheck.Spread(shape, seed, low, high);

    /// <summary>Overwrites one number of a tensor.</summary>
    protected static void Write(Tensor tensor, int place, float number)
    {
        float[] numbers = tensor.ToArray();
        numbers[place] = number;
        tensor.CopyFrom(numbers);
    }

    public virtual void Dispose()
    {
        foreach (Arena arena in arenas)
            arena.Dispose();
        GC.SuppressFinalize(this);
    }
}
