using RLSquared.Cluster.Coordination;

namespace RLSquared.Cluster.Tests.Coordination;

public sealed class SharesTests
{
    [Theory]
    [InlineData(4, new[] { 1, 1 }, new[] { 2, 2 })]
    [InlineData(4, new[] { 1, 1, 1, 1 }, new[] { 1, 1, 1, 1 })]
    [InlineData(4, new[] { 1, 3 }, new[] { 1, 3 })]
    [InlineData(4, new[] { 1, 1, 1 }, new[] { 2, 1, 1 })]
    [InlineData(8, new[] { 2, 1, 1 }, new[] { 4, 2, 2 })]
    [InlineData(3, new[] { 1, 1, 1, 1, 1 }, new[] { 1, 1, 1, 0, 0 })]
    [InlineData(2, new[] { 1, 9 }, new[] { 1, 1 })]                 // the training always has one to compare with
    [InlineData(1, new[] { 1, 100 }, new[] { 1, 0 })]
    [InlineData(5, new[] { 3 }, new[] { 5 })]
    public void Shards_are_shared_in_proportion_to_threads(int shards, int[] threads, int[] counts)
    {
        int[] all = [.. Enumerable.Range(10, shards)];
        int[][] pieces = Shares.Cut(all, threads);

        Assert.Equal(counts, pieces.Select(piece => piece.Length));
        Assert.Equal(all, pieces.SelectMany(piece => piece));       // in order, each once
    }
}
