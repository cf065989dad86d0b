using System.Globalization;
using System.Runtime.InteropServices;
using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Cli.SelfTests;

/// <summary>Checks that training on this machine learns, repeats itself, and comes back from a checkpoint.</summary>
internal static class TrainingTests
{
    const string Report = "run the tests from the sources (dotnet test -c Release) and report what fails";
    const string Disk = "the disk or the memory of this machine is not to be trusted: check both before you train";

    /// <summary>The checks.</summary>
    public static IReadOnlyList<SelfTest> All { get; } =
    [
        new("training with one thread and with all gives the same bits", Report, Threads),
        new("a checkpoint comes back as it was written", Disk, RoundTrip),
        new("a checkpoint with a flipped bit is refused", Report, FlippedBit),
        new("a training of a second or two beats chance", Report, Learns),
    ];

    static string? Threads()
    {
        using Trained one = new(threads: 1), all = new(threads: Math.Max(2, Environment.ProcessorCount));
        for (int iteration = 0; iteration < 2; iteration++)
        {
            one.Rl2.Iterate(0);
            all.Rl2.Iterate(0);
        }
        return Difference(one.Rl2, all.Rl2) is { } tensor ? $"{tensor} differs after two iterations" : null;
    }

    static string? RoundTrip()
    {
        using var written = new Trained();
        using var read = new Trained(seed: 2);
        written.Rl2.Iterate(0);
        using var file = new CheckpointFile(written.Rl2);
        Checkpoint.Read(file.Path).Restore(read.Rl2, new Dictionary<string, string>());
        return Difference(written.Rl2, read.Rl2) is { } tensor ? $"{tensor} is not what was written" : null;
    }

    static string? FlippedBit()
    {
        using var written = new Trained();
        using var file = new CheckpointFile(written.Rl2);
        byte[] bytes = File.ReadAllBytes(file.Path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(file.Path, bytes);
        try
        {
            Checkpoint.Read(file.Path);
            return "it was read as if nothing had happened";
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    // Two arms and ten pulls: chance brings 5, perfect play 6.2. A trial's total deviates by less than 3, so the mean
    // of 512 trials by less than 0.14, and 5.6 is four of these above chance. One seed, so the answer does not change.
    static string? Learns()
    {
        const double enough = 5.6;
        const int most = 60;
        using var training = new Trained(threads: Environment.ProcessorCount, trials: 512);
        double mean = 0;
        for (int iteration = 0; iteration < most && !(mean >= enough); iteration++)
            mean = training.Rl2.Iterate(0).MeanReturn;
        return mean >= enough ? null : string.Create(CultureInfo.InvariantCulture,
            $"after {most} iterations it earns {mean:F2} in ten pulls of two arms, and chance earns 5");
    }

    // The first tensor whose bits are not alike.
    static string? Difference(Rl2 a, Rl2 b) => StateList.Of(a).Tensors.Zip(StateList.Of(b).Tensors)
        .FirstOrDefault(pair => !MemoryMarshal.AsBytes<float>(pair.First.Tensor.ToArray())
            .SequenceEqual(MemoryMarshal.AsBytes<float>(pair.Second.Tensor.ToArray()))).First.Name;

    sealed class Trained : IDisposable
    {
        readonly Workers workers;

        public Trained(int threads = 1, int trials = 64, ulong seed = 1)
        {
            workers = new Workers(threads);
            var task = new BernoulliBandits(new BernoulliBanditsOptions { Arms = 2, Pulls = 10 });
            Rl2 = new Rl2(task, Rl2Options.For(task) with
            {
                Network = new() { Hidden = 16 },
                Trials = trials,
                Minibatch = trials / 4,
            }, seed, workers);
        }

        public Rl2 Rl2 { get; }

        public void Dispose()
        {
            Rl2.Dispose();
            workers.Dispose();
        }
    }

    sealed class CheckpointFile : IDisposable
    {
        readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("rl2-doctor-");

        public CheckpointFile(Rl2 algorithm) => Checkpoint.Write(
            Path, algorithm, new CheckpointFacts(1, algorithm.Steps, 0, 0), new Dictionary<string, string>());

        public string Path => System.IO.Path.Combine(folder.FullName, "state.safetensors");

        public void Dispose() => folder.Delete(recursive: true);
    }
}
