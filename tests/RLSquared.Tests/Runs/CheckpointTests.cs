using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Files;

namespace RLSquared.Tests.Runs;

public sealed class CheckpointTests : IDisposable
{
    static readonly CheckpointFacts facts = new(4, 40, 1.0 / 3, double.NegativeInfinity);
    static readonly Dictionary<string, string> options = new() { ["units"] = "3" };

    readonly TemporaryFolder folder = new();
    readonly string path;
    readonly Counting counting = new();

    public CheckpointTests()
    {
        path = folder.At("state.safetensors");
        for (int i = 0; i < 4; i++)
            counting.Iterate(0);
        Checkpoint.Write(path, counting, facts, options);
    }

    public void Dispose()
    {
        counting.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void The_state_comes_back()
    {
        Checkpoint checkpoint = Checkpoint.Read(path);
        Assert.Equal(facts, checkpoint.Facts);
        Assert.Equal("3", checkpoint.Options["units"]);
        using var restored = new Counting();
        checkpoint.Restore(restored, options);
        Assert.Equal(40, restored.Steps);
        Assert.Equal([4, 4, 4, 4, 4, 4], restored.Weights.Span.ToArray());
    }

    [Fact]
    public void The_same_state_has_the_same_bytes()
    {
        Checkpoint.Write(folder.At("again.safetensors"), counting, facts, options);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(folder.At("again.safetensors")));
        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
    }

    [Fact]
    public void Every_flipped_bit_is_found()
    {
        byte[] whole = File.ReadAllBytes(path);
        string flipped = folder.At("flipped.safetensors");
        for (int bit = 0; bit < 8 * whole.Length; bit++)
        {
            byte[] bytes = [.. whole];
            bytes[bit / 8] ^= (byte)(1 << bit % 8);
            File.WriteAllBytes(flipped, bytes);
            InvalidDataException failure = Assert.Throws<InvalidDataException>(() => Checkpoint.Read(flipped));
            Assert.StartsWith(flipped, failure.Message, StringComparison.Ordinal);
            Assert.InRange(failure.Message.Length, flipped.Length + 10, flipped.Length + 400);
        }
    }

    [Theory]
    [InlineData("iteration", "2147483648", "'iteration' is no whole number from 0 to 2147483647")]
    [InlineData("iteration", "-4", "'iteration' is no whole number from 0 to 2147483647")]
    [InlineData("steps", "4e1", "'steps' is no whole number from 0 to 9223372036854775807")]
    [InlineData("counter.iteration", "-1", "'counter.iteration' is no whole number")]
    [InlineData("seconds", "Infinity", "'seconds' is no finite number")]
    [InlineData("seconds", "-1", "'seconds' is no time from 0 on")]
    [InlineData("best_return", "NaN", "'best_return' is no number")]
    public void Facts_that_no_run_can_come_to_are_refused_even_with_the_right_hash(
        string key, string value, string message)
    {
        var writer = new SafetensorsWriter();
        using (var reader = SafetensorsReader.Open(path))
        {
            foreach ((string name, string text) in reader.Metadata)
                writer.Metadata[name] = text;
        }
        writer.Metadata[key] = value;
        writer.Add("weights", counting.Weights);
        using var stream = new MemoryStream();
        writer.WriteTo(stream);
        File.WriteAllBytes(path, FileMutations.WithRightHash(stream.ToArray()));
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() => Checkpoint.Read(path));
        Assert.StartsWith($"{path} is damaged: its {message}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_that_does_not_fit_changes_nothing_and_says_what_to_set()
    {
        using var wider = new Counting(units: 5);
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() =>
            Checkpoint.Read(path).Restore(wider, new Dictionary<string, string> { ["units"] = "5" }));
        Assert.Contains("weights is [2, 3] in the checkpoint but [2, 5] in this network; set units=3", failure.Message,
            StringComparison.Ordinal);
        Assert.Equal(0, wider.Steps);
        Assert.Equal(new float[10], wider.Weights.Span.ToArray());
    }

    [Fact]
    public void The_weights_alone_start_another_run()
    {
        using var other = new Counting();
        Checkpoint.Read(path).RestoreWeights(other, options);
        Assert.Equal([4, 4, 4, 4, 4, 4], other.Weights.Span.ToArray());
        Assert.Equal(0, other.Steps);
    }

    [Fact]
    public void Weights_that_do_not_fit_change_nothing_and_the_options_that_differ_are_named()
    {
        using var wider = new Counting(units: 5);
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() =>
            Checkpoint.Read(path).RestoreWeights(wider, new Dictionary<string, string> { ["units"] = "5" }));
        Assert.EndsWith("weights is [2, 3] in the checkpoint but [2, 5] in this network; " +
            "it was written with units=3 (here 5)", failure.Message, StringComparison.Ordinal);
        Assert.Equal(new float[10], wider.Weights.Span.ToArray());
    }

    [Fact]
    public void A_weight_that_this_network_lacks_keeps_it_from_starting()
    {
        using var workers = new Workers(1);
        var task = new BernoulliBandits();
        using Rl2 normalised = New(layerNorm: true), plain = New(layerNorm: false);
        using Rl2 again = New(layerNorm: true, seed: 2);
        Checkpoint.Write(path, normalised, facts, options);
        Checkpoint.Read(path).RestoreWeights(again, options);
        for (int i = 0; i < again.Parameters.All.Count; i++)
        {
            Assert.Equal(
                normalised.Parameters.All[i].Value.Span.ToArray(), again.Parameters.All[i].Value.Span.ToArray());
        }
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() =>
            Checkpoint.Read(path).RestoreWeights(plain, options));
        Assert.Contains("the checkpoint has 'policy.norm.gain', and this network lacks it", failure.Message,
            StringComparison.Ordinal);

        Rl2 New(bool layerNorm, ulong seed = 1) => new(task, new Rl2Options
        {
            Trials = 4,
            Minibatch = 4,
            Network = new() { Hidden = 3, LayerNorm = layerNorm },
        }, seed, workers);
    }

    [Fact]
    public void A_file_that_was_not_finished_is_removed_when_writing_fails()
    {
        Directory.CreateDirectory(folder.At("taken"));               // a folder cannot be replaced by a file
        Assert.ThrowsAny<SystemException>(() => Checkpoint.Write(folder.At("taken"), counting, facts, options));
        Assert.False(File.Exists(folder.At("taken.unfinished")));
    }
}
