using RLSquared.Tensors.Random;

namespace RLSquared.Tensors.Tests.Random;

public sealed class PhiloxTests
{
    // The known answers that the authors publish with Random123 for philox4x32 of ten rounds.
    [Fact]
    public void The_published_answers_come_out()
    {
        Assert.Equal((0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u), Philox.Draw(0, 0, 0, 0, 0));
        const uint ones = 0xffffffff;
        Assert.Equal((0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu),
            Philox.Draw(0xffffffffffffffff, ones, ones, ones, ones));
        // Digits of π: counter and key.
        Assert.Equal((0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u),
            Philox.Draw(0x299f31d0_a4093822, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344));
    }
}
