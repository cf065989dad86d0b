using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Tests.Devices;

namespace RLSquared.Tensors.Tests.Operations;

public abstract class RecurrencesTests(Device device) : DeviceTests(device)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Recurrences_differentiate_by_both_operands(bool backwards) =>
        Both(x => x[0].Accumulate(x[1], backwards), Spread(new Shape(4, 3), 1), Spread(new Shape(4, 3), 2, -0.9f,
            0.9f));

    // Returns of rewards 1, 2, 4 with γ = ½: 1 + ½(2 + ½·4) = 3, 2 + ½·4 = 4, 4; the second lane ends after its first
    // step.
    [Fact]
    public void Backwards_it_gives_discounted_returns()
    {
        Tape tape = NewTape();
        Tensor rewards = tape.Constant(new Shape(3, 2), [1, 1, 2, 2, 4, 4]);
        Tensor discounts = tape.Constant(new Shape(3, 2), [0.5f, 0, 0.5f, 0.5f, 0, 0]);
        Assert.Equal([3, 1, 4, 4, 4, 4], rewards.Accumulate(discounts, backwards: true).ToArray());
    }

    [Fact]
    public void Forwards_it_starts_at_the_first_entry()
    {
        Tape tape = NewTape();
        Tensor x = tape.Constant(new Shape(3, 1), [1, 1, 1]), factor = tape.Constant(new Shape(3, 1), [9, 2, 3]);
        Assert.Equal([1, 3, 10], x.Accumulate(factor).ToArray());
    }

    [Fact]
    public void Picked_lanes_differentiate_and_lanes_picked_twice_add_up()
    {
        Indices lanes = IndicesOf(2, 0, 2);
        Both(x => x[0].PickLanes(lanes, 2), Spread(new Shape(3, 4, 2), 1));
    }

    [Fact]
    public void Lanes_of_numbers_indices_and_images_are_picked_alike()
    {
        Tape tape = NewTape();
        Indices lanes = IndicesOf(2, 0);
        Tensor x = tape.Constant(new Shape(2, 3, 2), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
        Assert.Equal([4, 5, 0, 1, 10, 11, 6, 7], x.PickLanes(lanes).ToArray());
        Assert.Equal([4, 5, 0, 1], x.PickLanes(lanes, 1).ToArray());
        Indices whole = IndicesOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
        Assert.Equal([4, 5, 0, 1, 10, 11, 6, 7], whole.PickLanes(tape, 3, 2, lanes, 2).ToArray());
        var images = Images.Allocate(tape.Arena, 6, 1, 3, 1);
        images.CopyFrom([.. Enumerable.Range(0, 18).Select(i => (byte)i)]);
        byte[] picked = new byte[12];
        images.PickLanes(tape, 3, lanes, 2).CopyTo(picked);
        Assert.Equal([6, 7, 8, 0, 1, 2, 15, 16, 17, 9, 10, 11], picked);
        Assert.Equal("index 3 at place 0 names none of the 3 lanes of [2, 3, 2]",
            Assert.Throws<ArgumentException>(() => x.PickLanes(IndicesOf(3))).Message);
    }
}

public sealed class RecurrencesTestsOnCpu() : RecurrencesTests(Device.Cpu);

public sealed class RecurrencesTestsOnReference() : RecurrencesTests(new ReferenceDevice());
