using RLSquared.Surfaces;

namespace RLSquared.MuJoCo.Tests;

public sealed class PublicSurfaceTests
{
    [Fact]
    public void The_library_offers_what_its_list_says() =>
        PublicSurface.RequireAsListed(typeof(PhysicsModel).Assembly);

    [Fact]
    public void Methods_with_rows_of_numbers_say_how_they_lie() =>
        Assert.Equal("", string.Join("\n", Documentation.WithoutShapes(typeof(PhysicsModel).Assembly)));
}
