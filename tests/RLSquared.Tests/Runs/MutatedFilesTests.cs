using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Files;

namespace RLSquared.Tests.Runs;

/// <summary>
/// 14,000 files that are nearly as this program writes them. Each must be read, or be refused with one short sentence
/// that names it: in little time, in memory that its length justifies, and with no other exception.
/// </summary>
public sealed class MutatedFilesTests : IDisposable
{
    // What reading takes whatever the length: a piece of the file, buffers, an exception and its message.
    const long LeastBytes = 512 * 1024;
    const int BytesPerByte = 64;

    static readonly TimeSpan mostTime = Deadline.Far;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_mutated_weight_file_is_read_or_refused_by_name()
    {
        var writer = new SafetensorsWriter();
        writer.Metadata["made by"] = "a test, 'é'";
        writer.Add("policy.gru.weight", new Shape(3, 2), new float[] { 1, 2, 3, 4, 5, 6 });
        writer.Add("none", new Shape(0), ReadOnlyMemory<float>.Empty);
        writer.Add("counts", new long[] { 1, -2 });
        using var stream = new MemoryStream();
        writer.WriteTo(stream);
        ReadOrRefused(3000, stream.ToArray(), headerGrows: true, finish: static file => file, path =>
        {
            using var reader = SafetensorsReader.Open(path);
            foreach (SafetensorsEntry entry in reader.Entries)
            {
                if (entry.Type is "F32" or "F16" or "BF16")
                    reader.Read(entry.Name, new float[entry.Count]);
                else if (entry.Type == "I64")
                    reader.Read(entry.Name, new long[entry.Count]);
            }
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_mutated_checkpoint_is_read_or_refused_by_name(bool withRightHash)
    {
        using var workers = new Workers(1);
        using Rl2 written = New(), read = New();
        written.Iterate(0);
        string path = folder.At("whole.safetensors");
        Checkpoint.Write(path, written, new CheckpointFacts(1, 40, 0.5, 2)
        {
            Window = new CheckpointWindow(1, 40, 2),
        }, RunConfiguration.Options(Rl2Options.Table.Show(new() { Network = new() { Hidden = 2 } }))
            .ToDictionary());
        ReadOrRefused(3000, File.ReadAllBytes(path), headerGrows: true,
            withRightHash ? FileMutations.WithRightHash : static file => file,
            mutated =>
            {
                var checkpoint = Checkpoint.Read(mutated);
                Assert.InRange(checkpoint.Facts.Iteration, 0, int.MaxValue);
                Assert.InRange(checkpoint.Facts.Steps, 0, long.MaxValue);
                Assert.InRange(checkpoint.Facts.Seconds, 0, double.MaxValue);
                TrainedPolicy.Load(mutated).Dispose();
                checkpoint.RestoreWeights(read, new Dictionary<string, string> { ["hidden"] = "3" });
                checkpoint.Restore(read, new Dictionary<string, string> { ["hidden"] = "3" });
            },
            leastRead: withRightHash ? 30 : 0);

        Rl2 New() => new(new BernoulliBandits(new() { Pulls = 5 }), new Rl2Options
        {
            Trials = 8,
            Minibatch = 8,
            Network = new() { Hidden = 2 },
        }, 1, workers);
    }

    [Fact]
    public void A_mutated_configuration_is_read_or_refused_by_name()
    {
        var bandits = new BernoulliBandits();
        AlgorithmEntry algorithm = AlgorithmCatalogue.Entries[0];
        RunConfiguration configuration = Counting.Configuration with
        {
            TaskOptions = RunConfiguration.Options(bandits.Settings),
            Algorithm = algorithm.Name,
            AlgorithmOptions = RunConfiguration.Options(algorithm.Merge(bandits, "default", [])),
            From = "runs/before",
        };
        ReadOrRefused(3000, configuration.ToJson(), headerGrows: false, finish: static file => file, path =>
        {
            var read = RunConfiguration.Read(path);
            Budget.Parse(read.Budget);
            Budget.Parse(read.CheckpointEvery);
            Assert.InRange(read.Threads, 1, int.MaxValue);
            // What is right as a file may be wrong as options: then the sentence is theirs.
            try
            {
                TaskDistribution task = TaskCatalogue.Create(read.Task, read.TaskAssignments());
                AlgorithmCatalogue.Find(read.Algorithm).Merge(task, "default", read.AlgorithmAssignments());
            }
            catch (OptionException failure)
            {
                Assert.NotEmpty(failure.Message);
            }
        });
    }

    [Fact]
    public void A_mutated_description_of_a_machine_is_read_or_refused_by_name() => ReadOrRefused(
        2000, Machine.Current().ToJson(), headerGrows: false, finish: static file => file,
        static path => Assert.NotNull(Machine.Read(path).Version));

    [Fact]
    public void A_mutated_log_of_figures_is_read_or_refused_by_name()
    {
        string path = folder.At("whole.jsonl");
        using (var log = MetricLog.Open(path, 0))
        {
            for (int i = 1; i <= 5; i++)
                log.Write(new IterationReport(i, 10 * i, 5.5, 0.25, 0.5, [("entropy", 1.5 / i)]), i);
        }
        ReadOrRefused(3000, File.ReadAllBytes(path), headerGrows: false, finish: static file => file, mutated =>
        {
            MetricTable.Read(mutated);
            using (var log = MetricLog.Open(mutated, 4))
                log.Write(new IterationReport(5, 50, 5.5, 0.25, 0.5, []), 5);
            MetricLog.Open(mutated, 5).Dispose();               // what was kept and added is a log again
        });
    }

    // Every line has a figure of its own: as columns, 4000 times 4000 numbers, which is 128 MB for 200 kB of text.
    [Fact]
    public void A_log_that_would_fill_the_memory_is_refused()
    {
        IEnumerable<string> lines = Enumerable.Range(1, 4000).Select(
            i => $$"""{"iteration":{{i}},"steps":{{i}}0,"figure-{{i}}":1}""");
        string path = Write("metrics.jsonl", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"));
        Assert.True(Refuses(path, (int)new FileInfo(path).Length, static path => MetricTable.Read(path)));
    }

    // Half of the mutated safetensors files have the length of their header put right, or all of them would end there.
    void ReadOrRefused(
        int count, byte[] whole, bool headerGrows, Func<byte[], byte[]> finish, Action<string> read, int leastRead = 30)
    {
        var mutations = new FileMutations(seed: whole.Length);
        int refused = 0, present = 0;
        read(Write("warm.up", whole));                          // what is done once only is not the files' fault
        Task reading = Task.Factory.StartNew(() =>
        {
            for (; present < count; present++)
            {
                byte[] file = mutations.Mutate(whole);
                if (headerGrows && present % 2 == 0)
                    file = FileMutations.WithRightHeaderLength(file, file.Length - whole.Length);
                file = finish(file);
                refused += Refuses(Write($"case-{present}", file), file.Length, read) ? 1 : 0;
                File.Delete(folder.At($"case-{present}"));
            }
        }, TaskCreationOptions.LongRunning);
        int last = -1;
        while (Task.WaitAny([reading], mostTime) < 0)
        {
            Assert.True(Volatile.Read(ref present) > last, $"case {last} was not read within {mostTime}");
            last = Volatile.Read(ref present);
        }
        reading.GetAwaiter().GetResult();
        // Were all refused, or none, this would show little.
        Assert.InRange(refused, count / 3, count - leastRead);
    }

    static bool Refuses(string path, int length, Action<string> read)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool refused = false;
        try
        {
            read(path);
        }
        catch (InvalidDataException failure)
        {
            refused = true;
            Assert.Contains(path, failure.Message, StringComparison.Ordinal);
            Assert.InRange(failure.Message.Length, path.Length + 10, path.Length + 1000);
            Assert.DoesNotContain(failure.Message, char.IsControl);
        }
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated <= LeastBytes + (long)BytesPerByte * length,
            $"{path}: reading its {length} bytes took {allocated} bytes of memory");
        return refused;
    }

    string Write(string name, byte[] content)
    {
        File.WriteAllBytes(folder.At(name), content);
        return folder.At(name);
    }
}
