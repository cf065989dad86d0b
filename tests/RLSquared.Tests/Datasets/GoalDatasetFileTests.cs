using System.IO.Compression;
using System.Text;
using RLSquared.Datasets;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;

namespace RLSquared.Tests.Datasets;

public sealed class GoalDatasetFileTests : IDisposable
{
    readonly string folder = TemporaryFolder.Make();

    public void Dispose() => Directory.Delete(folder, recursive: true);

    string At(string name) => Path.Combine(folder, name);

    static GoalDataset Small(GoalTask task) =>
        task.MakeData(new GoalDataOptions { Trajectories = 5, Rows = 31, Seed = 9 });

    public static TheoryData<string, string> TasksAndEndings => new MatrixTheoryData<string, string>(
        ["point-maze", "grid-goals", "lights-out", "lights-out-arm"], [".npz", ".csv"]);

    [Theory]
    [MemberData(nameof(TasksAndEndings))]
    public void A_set_reads_back_to_the_same_bits(string name, string ending)
    {
        GoalTask task = GoalTaskCatalogue.Create(name);
        GoalDataset written = Small(task);
        GoalDatasetFile.Write(At("set" + ending), written);
        GoalDataset read = GoalDatasetFile.Read(At("set" + ending), task.Observation, task.Action);
        Equal(written, read);
        Assert.Equal(written.HasGoals, read.HasGoals);
    }

    [Theory]
    [InlineData(".npz")]
    [InlineData(".csv")]
    public void A_file_is_read_in_parts_of_whole_trajectories(string ending)
    {
        PointMaze task = new();
        GoalDataset written = Small(task);
        GoalDatasetFile.Write(At("set" + ending), () => Parts(task));
        using GoalDatasetReader reader = GoalDatasetFile.Open(At("set" + ending));
        Assert.Equal((155, 5), (reader.Rows, reader.Trajectories));
        var observations = new List<float>();
        var rows = new List<int>();
        while (reader.ReadNext(70) is { } part)
        {
            observations.AddRange(part.Observations);
            rows.Add(part.Rows);
        }
        Assert.Equal([62, 62, 31], rows);
        Assert.True(written.Observations.SequenceEqual(observations.ToArray()));
        using GoalDatasetReader again = GoalDatasetFile.Open(At("set" + ending));
        var failure = Assert.Throws<InvalidDataException>(() => again.ReadNext(30));
        Assert.Contains("has 31 rows, more than the 30 that may be read at once", failure.Message);

        static IEnumerable<GoalDataset> Parts(GoalTask task)
        {
            for (ulong first = 0; first < 5; first++)
            {
                yield return task.MakeData(
                    new GoalDataOptions { Trajectories = 1, FirstTrajectory = first, Rows = 31, Seed = 9 });
            }
        }
    }

    // The bytes that NumPy 1.24 writes for np.array([[1.5, -2], [3, 4]], np.float64), and the like by hand.
    [Fact]
    public void Arrays_of_other_types_are_read_as_NumPy_writes_them()
    {
        double[] numbers = [1.5, -2, 3, 4, 5, 6, 7, 8];
        byte[] observations = [.. Header("<f8", "(4, 2)"), .. numbers.SelectMany(BitConverter.GetBytes)];
        byte[] actions = [.. Header("<i8", "(4,)"), .. new long[] { 2, 0, 1, 0 }.SelectMany(BitConverter.GetBytes)];
        byte[] terminals = [.. Header("|u1", "(4,)"), 0, 1, 0, 1];
        Write("numpy.npz", ("observations", observations), ("actions", actions), ("terminals", terminals));
        GoalDataset read = GoalDatasetFile.Read(At("numpy.npz"));
        Assert.Equal([1.5f, -2, 3, 4, 5, 6, 7, 8], read.Observations.ToArray());
        Assert.Equal([2, 0, 1, 0], read.Choices.ToArray());
        Assert.Equal((2, ActionSpace.Discrete(3)), (read.Trajectories, read.Action));
        Assert.Equal([0, 2, 4], read.Starts.ToArray());
    }

    [Fact]
    public void A_set_without_terminals_is_refused() => Refuses(
        "has no terminals: of 4 rows none ends a trajectory; mark the last row of each",
        terminals: [.. Header("|b1", "(4,)"), 0, 0, 0, 0]);

    [Fact]
    public void A_set_whose_last_trajectory_has_no_end_is_refused() => Refuses(
        "the last trajectory, from row 2 on, has no end; mark row 3 as terminal",
        terminals: [.. Header("|b1", "(4,)"), 0, 1, 0, 0]);

    [Fact]
    public void A_trajectory_of_one_row_is_refused() => Refuses(
        "the trajectory that ends with row 3 has one row",
        terminals: [.. Header("|b1", "(4,)"), 0, 0, 1, 1]);

    [Fact]
    public void Pickled_objects_are_refused() => Refuses(
        "terminals holds pickled Python objects, which are never read since they may run code; save plain arrays",
        terminals: [.. Header("|O", "(4,)"), .. new byte[32]]);

    [Fact]
    public void A_wrong_type_is_refused() => Refuses(
        "terminals has numbers of the type '<c8'; float16 to float64, bool, uint8 and int8 to int64 can be read",
        terminals: [.. Header("<c8", "(4,)"), .. new byte[32]]);

    [Fact]
    public void A_wrong_order_of_bytes_is_refused() => Refuses(
        "terminals has its bytes in big-endian order ('>i4'); save little-endian",
        terminals: [.. Header(">i4", "(4,)"), .. new byte[16]]);

    [Fact]
    public void A_wrong_shape_is_refused()
    {
        Refuses("terminals has the shape (3); it must be (4, width)", terminals: [.. Header("|b1", "(3,)"), 0, 0, 1]);
        Refuses("terminals has 132 bytes, which do not fit its shape (9223372036854775807) of Boolean",
            terminals: [.. Header("|b1", "(9223372036854775807,)"), 0, 0, 0, 1]);
    }

    [Fact]
    public void What_is_no_flag_is_refused() => Refuses(
        "terminals is 7 in row 2; it must be 0 or 1", terminals: [.. Header("|u1", "(4,)"), 0, 0, 7, 1]);

    [Fact]
    public void Numbers_that_are_none_are_refused()
    {
        Refuses("number 1 of the observation of row 2 is not a number; all must be finite",
            observations: [.. Header("<f4", "(4, 2)"), .. Floats(0, 0, 0, 0, 0, float.NaN, 0, 0)]);
        Refuses("number 0 of the action of row 1 is 1.5; scale actions to −1 … 1",
            actions: [.. Header("<f4", "(4, 1)"), .. Floats(0, 1.5f, 0, 0)]);
        Refuses("number 0 of the action of row 3 is infinite",
            actions: [.. Header("<f4", "(4, 1)"), .. Floats(0, 0, 0, float.NegativeInfinity)]);
    }

    [Fact]
    public void A_missing_array_is_named()
    {
        Write("short.npz", ("observations", [.. Header("<f4", "(4, 2)"), .. new byte[32]]), ("action", []));
        Assert.Contains("has no array 'actions'; did you mean 'action'?",
            Assert.Throws<InvalidDataException>(() => GoalDatasetFile.Read(At("short.npz"))).Message);
    }

    [Fact]
    public void A_truncated_file_and_one_that_is_not_there_are_refused()
    {
        GoalDatasetFile.Write(At("set.npz"), Small(new PointMaze()));
        byte[] whole = File.ReadAllBytes(At("set.npz"));
        File.WriteAllBytes(At("cut.npz"), whole[..(whole.Length / 2)]);
        Assert.Equal("cut.npz is no whole zip file, as .npz files are; it may have been cut short on its way",
            Assert.Throws<InvalidDataException>(() => GoalDatasetFile.Read(At("cut.npz"))).Message);
        Assert.Equal($"there is no file {At("no.npz")}",
            Assert.Throws<FileNotFoundException>(() => GoalDatasetFile.Read(At("no.npz"))).Message);
        Assert.Contains("ends in .npz or .csv",
            Assert.Throws<OptionException>(() => GoalDatasetFile.Read(At("set.pkl"))).Message);
    }

    [Fact]
    public void A_small_file_that_claims_to_be_huge_is_refused_before_anything_is_allocated()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Refuses("which do not fit its shape", observations: Header("<f4", "(1000000000, 1000)"));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 4_000_000);
    }

    [Fact]
    public void A_set_for_another_task_is_refused()
    {
        GoalDatasetFile.Write(At("maze.npz"), Small(new PointMaze()));
        LightsOut lights = new();
        Assert.Contains("observations has 2 numbers a row; the task has 16",
            Assert.Throws<InvalidDataException>(
                () => GoalDatasetFile.Read(At("maze.npz"), lights.Observation, lights.Action)).Message);
        Assert.Contains("actions has 2 numbers a row; the task has 1",
            Assert.Throws<InvalidDataException>(
                () => GoalDatasetFile.Read(At("maze.npz"), ObservationSpace.Vector(2), 4)).Message);
    }

    [Theory]
    [InlineData("", "is empty; its first line names the columns")]
    [InlineData("trajectory;observation;action\n", "separate them by commas")]
    [InlineData("trajectory,observation_0\n", "has no column of actions, such as 'action_0' or 'choice_0'")]
    [InlineData("observation,action\n", "must have one column 'trajectory'")]
    [InlineData("trajectory,observatoin,action\n", "did you mean 'observation'?")]
    [InlineData("trajectory,observation,action\n", "has no rows")]
    [InlineData("trajectory,observation,action\n1,2,0\n1,3\n", "line 3 has 2 columns; the first line names 3")]
    [InlineData("trajectory,observation,action\n1,2,0\n1,3,0,5\n", "line 3 has more than 3 columns")]
    [InlineData("trajectory,observation,action\n1,2,0\n1,,0\n", "line 3: column 2 is empty")]
    [InlineData("trajectory,observation,action\n1,2,0\n1,NaN,0\n", "line 3: column 2 is 'NaN'")]
    [InlineData("trajectory,observation,action\n1,2,0\n1,x,0\n", "line 3: column 2 is 'x'; it must be a finite number")]
    [InlineData("trajectory,observation,action\n1,2,0\n2,3,0\n2,4,0\n", "trajectory that ends with row 0 has one row")]
    [InlineData("terminal,observation,action\n0,2,0\n0,3,0\n", "has no terminals")]
    [InlineData("terminal,observation,action\n0,2,0\n2,3,0\n", "terminal is '2'; it must be 0 or 1")]
    [InlineData("terminal,observation,choice\n0,2,0\n1,3,-1\n", "column 3 is '-1'; it must be the number of an option")]
    public void Text_with_a_mistake_is_refused_with_its_place(string text, string message)
    {
        File.WriteAllText(At("logs.csv"), text);
        string said = Assert.Throws<InvalidDataException>(() => GoalDatasetFile.Read(At("logs.csv"))).Message;
        Assert.Contains(message, said);
        Assert.StartsWith("logs.csv", said);
    }

    [Fact]
    public void Logs_of_choices_are_read_with_as_many_options_as_occur()
    {
        File.WriteAllText(At("logs.csv"),
            "terminal, observation_a, observation_b, choice\n0, 1, 2.5, 3\r\n\n1, 2, -1e-3, 0\n");
        GoalDataset read = GoalDatasetFile.Read(At("logs.csv"));
        Assert.Equal([1, 2.5f, 2, -1e-3f], read.Observations.ToArray());
        Assert.Equal([3, 0], read.Choices.ToArray());
        Assert.Equal(4, read.Action.Size);
    }

    // Bytes changed, cut out, put in or doubled: what comes out is one sentence, or a set with the same numbers where
    // the change was in something that nobody reads, such as a date.
    [Theory]
    [InlineData(".npz", 1200)]
    [InlineData(".csv", 800)]
    public void Two_thousand_mutated_files_are_refused_without_a_crash(string ending, int count)
    {
        PointMaze task = new();
        GoalDataset original = task.MakeData(new GoalDataOptions { Trajectories = 2, Rows = 6 });
        GoalDatasetFile.Write(At("set" + ending), original, isPlace: true);
        byte[] whole = File.ReadAllBytes(At("set" + ending));
        var random = new Random(1);
        int refused = 0;
        for (int i = 0; i < count; i++)
        {
            List<byte> mutated = [.. whole];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                Mutate(mutated, random);
            File.WriteAllBytes(At("mutated" + ending), [.. mutated]);
            try
            {
                GoalDataset read = GoalDatasetFile.Read(At("mutated" + ending), task.Observation, task.Action);
                if (ending == ".npz")
                    Equal(original, read);
            }
            catch (InvalidDataException failure)
            {
                refused++;
                Assert.StartsWith("mutated", failure.Message);
                Assert.DoesNotContain(failure.Message, char.IsControl);
                Assert.InRange(failure.Message.Length, 20, 400);
            }
        }
        Assert.InRange(refused, count / 2, count);
    }

    static void Mutate(List<byte> bytes, Random random)
    {
        int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 9), bytes.Count - at);
        switch (random.Next(5))
        {
            case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
            case 1: bytes[at] = (byte)random.Next(256); break;
            case 2: bytes.RemoveRange(at, length); break;
            case 3: bytes.InsertRange(at, bytes.GetRange(at, length)); break;
            default: bytes.RemoveRange(at, bytes.Count - at); break;
        }
        if (bytes.Count == 0)
            bytes.Add(0);
    }

    static void Equal(GoalDataset a, GoalDataset b)
    {
        Assert.True(a.Observations.SequenceEqual(b.Observations));
        Assert.True(a.Numbers.SequenceEqual(b.Numbers));
        Assert.True(a.Choices.SequenceEqual(b.Choices));
        Assert.True(a.Goals.SequenceEqual(b.Goals));
        Assert.True(a.Starts.SequenceEqual(b.Starts));
    }

    void Refuses(string message, byte[]? observations = null, byte[]? actions = null, byte[]? terminals = null)
    {
        Write("bad.npz",
            ("observations", observations ?? [.. Header("<f4", "(4, 2)"), .. new byte[32]]),
            ("actions", actions ?? [.. Header("<f4", "(4, 1)"), .. new byte[16]]),
            ("terminals", terminals ?? [.. Header("|b1", "(4,)"), 0, 1, 0, 1]));
        string said = Assert.Throws<InvalidDataException>(() => GoalDatasetFile.Read(At("bad.npz"))).Message;
        Assert.Contains(message, said);
        Assert.StartsWith("bad.npz", said);
    }

    void Write(string name, params (string Name, byte[] Bytes)[] arrays)
    {
        using var archive = new ZipArchive(File.Create(At(name)), ZipArchiveMode.Create);
        foreach ((string array, byte[] bytes) in arrays)
        {
            using Stream stream = archive.CreateEntry(array + ".npy").Open();
            stream.Write(bytes);
        }
    }

    static IEnumerable<byte> Floats(params float[] numbers) => numbers.SelectMany(BitConverter.GetBytes);

    static byte[] Header(string type, string shape)
    {
        string text = $"{{'descr': '{type}', 'fortran_order': False, 'shape': {shape}, }}";
        text = text.PadRight(117) + "\n";
        return [0x93, .. "NUMPY"u8, 1, 0, 118, 0, .. Encoding.ASCII.GetBytes(text)];
    }
}
