using RLSquared.Sharding;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;

namespace RLSquared.Objectives;

/// <summary>
/// Sums of a few figures, kept on the device: losses and what else is worth a curve are added up there, minibatch after
/// minibatch, and read once.
/// </summary>
sealed class Tally : IDisposable
{
    readonly Arena arena;
    readonly Tensor[] sums;

    /// <summary>As many sums of 0.</summary>
    public Tally(Device device, int count)
    {
        arena = new Arena(device);
        sums = [.. Enumerable.Range(0, count).Select(_ => arena.Zeros(new Shape(1)))];
    }

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        foreach (Tensor sum in sums)
            arena.Device.Fill(sum, 0);
    }

    /// <summary>Adds one number to each of the first sums.</summary>
    /// <param name="numbers">Tensors of one number, in the order of the sums.</param>
    public void Add(params ReadOnlySpan<Tensor> numbers)
    {
        for (int i = 0; i < numbers.Length; i++)
        {
            Tensor number = numbers[i].Detach().Reshape(sums[i].Shape);
            arena.Device.Zip(Combination.Add, sums[i], number, Repeat.None, sums[i]);
        }
    }

    /// <summary>Adds the sums to others; waits for the device.</summary>
    /// <param name="totals">As many as there are sums.</param>
    public void AddTo(Span<double> totals)
    {
        for (int i = 0; i < sums.Length; i++)
            totals[i] += sums[i].Read();
    }

    /// <summary>
    /// Hands what was added up since the last time over to the tally of the same shard in another process, and begins
    /// anew; or adds to this one what was handed over.
    /// </summary>
    public void HandOver(ByteVisitor visitor)
    {
        Span<float> numbers = stackalloc float[sums.Length];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = visitor.Overwrites ? 0 : sums[i].Read();
        visitor.Numbers(numbers);
        for (int i = 0; i < numbers.Length; i++)
            sums[i].CopyFrom([visitor.Overwrites ? sums[i].Read() + numbers[i] : 0]);
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => arena.Dispose();
}
