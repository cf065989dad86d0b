using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using RLSquared.Algorithms;
using RLSquared.Settings;
using RLSquared.Sharding;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Sharding;

/// <summary>
/// What a phase says it goes by and what it says comes of it is all that there is: another process that has the one
/// computes the other, bit for bit.
/// </summary>
public sealed class ShardPhaseTests
{
    static readonly Assignment[] small =
    [
        .. new[]
        {
            "pulls=4", "horizon=5", "episodes=2", "arms=3", "states=3", "actions=2", "hidden=8", "features=6",
            "filters=2", "action-embedding=2", "trials=22", "shards=4", "minibatch=11", "epochs=2",
            "value-minibatch=11", "value-epochs=2", "cg-iterations=2",
        }.Select(Assignment.Parse),
    ];

    // Every kind of number that a rollout holds: choices, numbers, vectors, masks, images, trials of unlike length,
    // regrets; a guard on the divergence; rewards that do not count.
    [Theory]
    [InlineData("bandits", "rl2", "")]
    [InlineData("bandits", "rl2", "max-kl=0.001")]
    [InlineData("bandits", "rl2", "regret=true")]
    [InlineData("plants", "rl2", "normalise-reward-inputs=true")]
    [InlineData("mdps", "rl2", "")]
    [InlineData("plants", "rl2", "")]
    [InlineData("mazes", "rl2", "")]
    [InlineData("pendulum", "rl2", "")]
    [InlineData("movement-bandits", "rl2", "")]
    [InlineData("pay-to-look", "e-rl2", "")]
    [InlineData("bandits", "rl2-trpo", "")]
    [InlineData("plants", "rl2-trpo", "")]
    public void Shards_that_are_computed_elsewhere_from_bytes_give_the_same_bits(
        string task, string algorithm, string setting)
    {
        using var workers = new Workers(1);
        using IShardedAlgorithm alone = Make(), shared = Make(), elsewhere = Make();
        var relay = new ShardRelay(shared, elsewhere);
        shared.Shards.Runner = relay;
        for (int i = 0; i < 3; i++)
        {
            IterationReport expected = alone.Iterate(i / 3.0), found = shared.Iterate(i / 3.0);
            Assert.Equal(Text(expected), Text(found));
            Assert.Equal(Hash(alone), Hash(shared));
        }
        Assert.Contains("play", relay.Phases);
        Assert.True(relay.Phases.Count >= 2);

        IShardedAlgorithm Make()
        {
            Problem problem = TaskCatalogue.Entries.Find(task) is var entry
                ? entry.CreateProblem(small.Where(one => entry.Options.Contains(one.Key))) : null!;
            AlgorithmEntry learns = AlgorithmCatalogue.Find(algorithm);
            IEnumerable<Assignment> settings = small.Where(one => learns.Options.Contains(one.Key));
            if (setting.Length > 0)
                settings = settings.Append(Assignment.Parse(setting));
            return (IShardedAlgorithm)learns.Create(
                problem, learns.Merge(problem, learns.Presets[0].Name, settings), 3, workers);
        }
    }

    [Fact]
    public void Bytes_that_end_early_or_are_left_over_are_found_out()
    {
        var writer = new ByteWriter();
        int[] numbers = [1, 2, 3];
        writer.Numbers(numbers.AsSpan());
        var reader = new ByteReader(writer.Written);
        int first = 0;
        reader.Number(ref first);
        Assert.Equal(1, first);
        Assert.Equal("8 bytes of a shard's work are left over",
            Assert.Throws<InvalidDataException>(reader.RequireEnd).Message);
        Assert.Equal("a shard's work ends 4 bytes early",
            Assert.Throws<InvalidDataException>(() => reader.Numbers(numbers.AsSpan())).Message);
    }

    static string Text(IterationReport report) => string.Join(' ',
        [report.MeanReturn.ToString("R", CultureInfo.InvariantCulture), .. report.Figures.Select(
            figure => string.Create(CultureInfo.InvariantCulture, $"{figure.Name}={figure.Value:R}"))]);

    static string Hash(IAlgorithm algorithm)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, Tensor tensor) in StateList.Of(algorithm).Tensors)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(tensor.ToArray().AsSpan()));
        }
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
