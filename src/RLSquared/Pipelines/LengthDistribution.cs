namespace RLSquared.Pipelines;

/// <summary>How long sequences are: what a plan of generation and training goes by.</summary>
public sealed class LengthDistribution
{
    readonly double[] running;                          // [L] share of sequences that have a token at step l + 1

    LengthDistribution(double[] running)
    {
        this.running = running;
        Mean = running.Sum();
    }

    /// <summary>L, tokens of the longest sequence.</summary>
    public int Longest => running.Length;

    /// <summary>L̄, tokens of the mean sequence.</summary>
    public double Mean { get; }

    /// <summary>The share of sequences that are longer than a number of tokens.</summary>
    /// <param name="tokens">From 0, where it is 1, to below <see cref="Longest"/>.</param>
    public double ShareAbove(int tokens) => running[tokens];

    /// <summary>Every length from 1 to the longest alike.</summary>
    /// <param name="longest">L.</param>
    public static LengthDistribution Uniform(int longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, 1);
        return new([.. Enumerable.Range(0, longest).Select(l => (double)(longest - l) / longest)]);
    }

    /// <summary>All of one length.</summary>
    /// <param name="length">In tokens.</param>
    public static LengthDistribution Equal(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        return new([.. Enumerable.Repeat(1.0, length)]);
    }

    /// <summary>As they were measured.</summary>
    /// <param name="lengths">Tokens of each sequence, at least one, each from 1.</param>
    /// <exception cref="ArgumentException">There is none, or one is below 1.</exception>
    public static LengthDistribution Of(IReadOnlyCollection<int> lengths)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        if (lengths.Count == 0 || lengths.Min() < 1)
            throw new ArgumentException("lengths are at least one, each of at least one token", nameof(lengths));
        return new([.. Enumerable.Range(0, lengths.Max())
            .Select(l => lengths.Count(length => length > l) / (double)lengths.Count)]);
    }
}
