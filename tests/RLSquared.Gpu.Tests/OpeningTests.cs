using RLSquared.Gpu.Cuda;

namespace RLSquared.Gpu.Tests;

public sealed class OpeningTests
{
    [Fact]
    public void Without_a_driver_one_sentence_says_what_is_missing()
    {
        if (Driver.Handle != 0)
            return;                                                 // this machine has one
        string? complaint = GpuDevice.Complaint();
        Assert.NotNull(complaint);
        Assert.StartsWith("there is no NVIDIA driver on this machine", complaint, StringComparison.Ordinal);
        Assert.EndsWith("use --device cpu", complaint, StringComparison.Ordinal);
        Assert.Equal(complaint, Assert.Throws<GpuException>(() => GpuDevice.Open()).Message);
    }

    [Fact]
    public void Memory_that_does_not_fit_is_named_with_what_is_free()
    {
        var pool = new MemoryPool(_ => 0, _ => { }, () => (3L << 30, 8L << 30));
        string message = Assert.Throws<OutOfGpuMemoryException>(() => pool.Allocate(5L << 30)).Message;
        Assert.Equal("5.0 GiB do not fit on the card: 3.0 GiB of its 8.0 GiB are free and 0.0 MiB are in use here; " +
            "use fewer trials or lanes at once, or a shorter sequence", message);
    }

    [Fact]
    public void Memory_that_was_given_back_is_given_out_again_and_released_when_it_runs_out()
    {
        long left = 8 << 20;
        nint next = 1 << 20;
        var sizes = new Dictionary<nint, long>();
        nint Take(long bytes)
        {
            if (bytes > left)
                return 0;
            left -= bytes;
            sizes[next += 1 << 24] = bytes;
            return next;
        }
        var pool = new MemoryPool(Take, address => left += sizes[address], () => (left, 8 << 20));
        nint first = pool.Allocate(4 << 20);
        pool.Free(first);
        Assert.Equal(first, pool.Allocate(4 << 20));
        pool.Free(first);
        Assert.NotEqual(0, pool.Allocate(6 << 20));                 // only fits once what was kept is released
        Assert.Equal(0, pool.Kept);
        Assert.Throws<GpuException>(() => pool.Free(first));
    }
}
