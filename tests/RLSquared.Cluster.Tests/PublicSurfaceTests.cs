using RLSquared.Surfaces;

namespace RLSquared.Cluster.Tests;

public sealed class PublicSurfaceTests
{
    [Fact]
    public void The_library_offers_what_its_list_says() =>
        PublicSurface.RequireAsListed(typeof(ClusterOptions).Assembly);
}
