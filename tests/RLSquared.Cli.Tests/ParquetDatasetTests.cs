using Parquet;
using Parquet.Schema;
using RLSquared.Cli.Datasets;
using RLSquared.Datasets;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;

namespace RLSquared.Cli.Tests;

public sealed class ParquetDatasetTests : IDisposable
{
    static readonly int[] trajectories = [7, 7], ends = [0, 1];
    static readonly float[] observations = [0, 1];

    readonly CommandLine command = new();

    public ParquetDatasetTests() => GoalDatasetFile.Add(ParquetDatasetWriter.Format);

    public void Dispose() => command.Dispose();

    // Observations, a number, two choices and goals: everything that a set can hold, in two trajectories.
    static GoalDataset Set() => new("set", ObservationSpace.Vector(2), ActionSpace.Mixed([3, 5], 1),
        [0.1f, 1e-30f, -2, 3, 4, 5, 6.5f, 7, 8, float.MaxValue], [-1, 0.5f, 1, 0, 0.1f],
        [0, 4, 1, 3, 2, 2, 0, 1, 2, 0], [false, false, true, false, true], [1, 2, 3, 4, 5]);

    static void AssertSame(GoalDataset wanted, GoalDataset found)
    {
        Assert.True(wanted.Observations.SequenceEqual(found.Observations));
        Assert.True(wanted.Numbers.SequenceEqual(found.Numbers));
        Assert.True(wanted.Choices.SequenceEqual(found.Choices));
        Assert.True(wanted.Goals.SequenceEqual(found.Goals));
        Assert.True(wanted.Starts.SequenceEqual(found.Starts));
    }

    [Fact]
    public void A_set_comes_back_to_the_same_bits()
    {
        string path = command.At("set.parquet");
        GoalDatasetFile.Write(path, Set());
        GoalDataset read = GoalDatasetFile.Read(path, action: ActionSpace.Mixed([3, 5], 1));
        AssertSame(Set(), read);
        ActionSpace found = GoalDatasetFile.Read(path).Action;
        Assert.Equal((3, 5), (found.SizeOf(0), found.SizeOf(1)));
    }

    [Fact]
    public void Sets_are_written_and_read_in_parts_that_need_not_be_those_of_the_other()
    {
        string path = command.At("parts.parquet");
        PointMaze maze = new();
        GoalDataset whole = maze.MakeData(new GoalDataOptions { Trajectories = 7, Rows = 11 });
        GoalDatasetFile.Write(path, () => Enumerable.Range(0, 7).Select(trajectory => maze.MakeData(
            new GoalDataOptions { FirstTrajectory = (ulong)trajectory, Trajectories = 1, Rows = 11 })));
        AssertSame(whole, GoalDatasetFile.Read(path));
        using GoalDatasetReader reader = GoalDatasetFile.Open(path, maze.Observation, maze.Action);
        Assert.Equal((77, 7), (reader.Rows, reader.Trajectories));
        List<float> observations = [];
        List<int> trajectories = [];
        while (reader.ReadNext(mostRows: 30) is { } part)
        {
            observations.AddRange(part.Observations);
            trajectories.Add(part.Trajectories);
        }
        Assert.Equal([2, 2, 2, 1], trajectories);
        Assert.True(whole.Observations.SequenceEqual([.. observations]));
    }

    // As other programs write tables: nullable columns, doubles, whole numbers of 64 bits, flags, in any order.
    [Fact]
    public async Task Columns_of_other_types_and_orders_are_read()
    {
        string path = command.At("other.parquet");
        var fields = new DataField[]
        {
            new DataField<long>("choice", true), new DataField<bool>("terminal", true),
            new DataField<double>("observation.level", true),
        };
        await Write(path, fields, async group =>
        {
            await group.WriteAsync<long>(fields[0], new long?[] { 1, 0, 2 }.AsMemory());
            await group.WriteAsync<bool>(fields[1], new bool?[] { false, false, true }.AsMemory());
            await group.WriteAsync<double>(fields[2], new double?[] { 0.25, 0.5, 1 }.AsMemory());
        });
        GoalDataset read = GoalDatasetFile.Read(path);
        Assert.Equal([0.25f, 0.5f, 1], read.Observations.ToArray());
        Assert.Equal([1, 0, 2], read.Choices.ToArray());
        Assert.Equal((1, 3), (read.Trajectories, read.Action.SizeOf(0)));
    }

    [Fact]
    public async Task What_cannot_be_learned_from_is_refused_with_one_sentence()
    {
        string path = command.At("bad.parquet");
        Assert.Equal("bad.parquet, row 1 of a group: column 'action' is empty; each row needs all numbers",
            await Message(0, 2, 0.1f, null));
        Assert.Equal("bad.parquet, row 1: column 'action' is NaN; it must be a finite number",
            await Message(0, 2, 0.1f, float.NaN));
        Assert.Equal("bad.parquet, row 1: column 'choice' is 0.5; it must be the number of an option, 0, 1, …",
            await Message(0, 0.5, 0.1f, 0.1f));
        Assert.Equal("bad.parquet, row 0: column 'choice' is -1; it must be the number of an option, 0, 1, …",
            await Message(-1, 0, 0.1f, 0.1f));

        var text = new DataField<string>("observation");
        await Write(path, [text], group => group.WriteAsync(text, (string?[])["a", "b"]));
        Assert.Contains("must have one column 'trajectory'", Refused(path));

        File.WriteAllText(path, "PAR1 no table PAR1");
        Assert.StartsWith("bad.parquet is damaged, or no Parquet file: ", Refused(path));

        async Task<string> Message(double choice0, double choice1, float? action0, float? action1)
        {
            var fields = new DataField[]
            {
                new DataField<int>("trajectory"), new DataField<float>("observation"),
                new DataField<double>("choice"), new DataField<float>("action", true),
            };
            await Write(path, fields, async group =>
            {
                await group.WriteAsync<int>(fields[0], trajectories.AsMemory());
                await group.WriteAsync<float>(fields[1], observations.AsMemory());
                await group.WriteAsync<double>(fields[2], new[] { choice0, choice1 }.AsMemory());
                await group.WriteAsync<float>(fields[3], new[] { action0, action1 }.AsMemory());
            });
            return Refused(path);
        }
    }

    [Fact]
    public async Task Text_and_lists_in_a_column_are_refused()
    {
        string path = command.At("odd.parquet");
        DataField end = new DataField<int>("terminal"), choice = new DataField<int>("choice"),
            text = new DataField<string>("observation");
        await Write(path, [end, choice, text], async group =>
        {
            await group.WriteAsync<int>(end, ends.AsMemory());
            await group.WriteAsync<int>(choice, ends.AsMemory());
            await group.WriteAsync(text, (string?[])["a", "b"]);
        });
        Assert.Equal("odd.parquet: column 'observation' holds no numbers; write floats, whole numbers or flags",
            Refused(path));
    }

    // Whatever a damaged file says, it is one sentence, or it is read as it stands.
    [Fact]
    public void A_file_with_a_wrong_byte_is_refused_or_read()
    {
        string path = command.At("set.parquet");
        GoalDatasetFile.Write(path, Set());
        byte[] whole = File.ReadAllBytes(path);
        var random = new Random(1);
        int refused = 0;
        for (int n = 0; n < 400; n++)
        {
            byte[] changed = [.. whole];
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(path, n % 4 == 0 ? changed[..random.Next(changed.Length)] : changed);
            try
            {
                GoalDatasetFile.Read(path);
            }
            catch (InvalidDataException failure)
            {
                Assert.DoesNotContain('\n', failure.Message);
                refused++;
            }
        }
        Assert.InRange(refused, 100, 400);
    }

    [Fact]
    public void The_command_converts_describes_and_trains_on_such_files()
    {
        string made = command.At("maze.npz"), table = command.At("maze.parquet");
        Assert.Equal(0, command.Run(["datasets", "make", "point-maze", "--trajectories", "3", "--rows", "21",
            "--output", made]).Code);
        Result converted = command.Run(["datasets", "convert", made, table]);
        Assert.Equal((0, ""), (converted.Code, converted.Error));
        AssertSame(GoalDatasetFile.Read(made), GoalDatasetFile.Read(table));
        Assert.Contains("rows          63", command.Run(["datasets", "describe", table]).Output);
        Result trained = command.Run(["train", "point-maze", "--algorithm", "gcbc", "--set", $"dataset={table}",
            "probes=0", "hidden=8", "batch=8", "updates=2", "--budget", "2steps", "--instances", "5", "--threads", "1",
            "--run", command.At("run"), "--quiet"]);
        Assert.Equal((0, ""), (trained.Code, trained.Error));
    }

    static string Refused(string path) =>
        Assert.Throws<InvalidDataException>(() => GoalDatasetFile.Read(path)).Message;

    static async Task Write(string path, DataField[] fields, Func<ParquetRowGroupWriter, Task> write)
    {
        using FileStream stream = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream);
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        await write(group);
    }
}
