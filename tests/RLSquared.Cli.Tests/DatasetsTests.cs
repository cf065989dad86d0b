using System.Text.Json;
using RLSquared.Datasets;
using RLSquared.Tasks.Goals;

namespace RLSquared.Cli.Tests;

public sealed class DatasetsTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    Result Datasets(params string[] args) => command.Run(["datasets", .. args]);

    [Fact]
    public void Made_data_are_those_of_the_library_and_those_to_validate_with_follow_them()
    {
        Result made = Datasets("make", "point-maze", "--set", "size=large", "--data", "stitch", "--trajectories", "20",
            "--rows", "51", "--seed", "3", "--threads", "2", "--validation", "--output", command.At("set.npz"));
        Assert.Equal((0, ""), (made.Code, made.Error));
        Assert.Contains("stitch data made in", made.Output);
        Assert.Contains("coverage", made.Output);
        PointMaze maze = new(new PointMazeOptions { Size = PointMazeSize.Large });
        var options = new GoalDataOptions { Kind = "stitch", Trajectories = 22, Rows = 51, Seed = 3 };
        GoalDataset all = maze.MakeData(options);
        GoalDataset train = GoalDatasetFile.Read(command.At("set.npz"));
        GoalDataset validate = GoalDatasetFile.Read(command.At("set-val.npz"));
        Assert.Equal((20, 2), (train.Trajectories, validate.Trajectories));
        Assert.True(all.Observations.SequenceEqual((float[])[.. train.Observations, .. validate.Observations]));
    }

    [Fact]
    public void A_file_is_converted_and_described_as_what_it_was()
    {
        Datasets("make", "lights-out", "--set", "board=3x3", "--trajectories", "6", "--rows", "9",
            "--output", command.At("set.npz"));
        string[] task = ["--task", "lights-out", "--set", "board=3x3"];
        Result converted = Datasets(["convert", command.At("set.npz"), command.At("set.csv"), .. task]);
        Assert.Equal((0, ""), (converted.Code, converted.Error));
        foreach (string name in (string[])["set.npz", "set.csv"])
        {
            JsonElement said = JsonDocument.Parse(
                Datasets(["describe", command.At(name), .. task, "--json"]).Output).RootElement;
            Assert.Equal((54, 6, 9), (said.GetProperty("rows").GetInt32(), said.GetProperty("trajectories").GetInt32(),
                said.GetProperty("longest").GetInt32()));
            Assert.Equal(9, said.GetProperty("observations").GetArrayLength());
        }
    }

    [Fact]
    public void The_picture_of_a_maze_and_its_plan_in_text_show_where_the_data_went()
    {
        Result made = Datasets("make", "point-maze", "--trajectories", "3", "--rows", "101",
            "--output", command.At("set.npz"), "--picture", command.At("cover.svg"));
        Assert.Contains("██░░", made.Output);
        string svg = File.ReadAllText(command.At("cover.svg"));
        Assert.StartsWith("<svg", svg);
        // One square for each of 26 free cells, the page, and what was visited.
        Assert.InRange(svg.Split("<rect").Length - 1, 27 + 30, 500);
        Result other = Datasets("describe", command.At("set.npz"), "--task", "point-maze", "--set", "size=teleport");
        Assert.Contains("are outside of this maze; name its size by --set size=…", other.Output);
    }

    [Theory]
    [InlineData("rl2 datasets cannot 'mak'; did you mean 'make'?", "mak", "point-maze")]
    [InlineData("there is no goal task 'point-mase'; did you mean 'point-maze'?", "make", "point-mase")]
    [InlineData("there is no kind of data 'stich'; did you mean 'stitch'?", "make", "point-maze", "--data", "stich")]
    [InlineData("rows must be at least 2, but is 1", "make", "point-maze", "--rows", "1")]
    [InlineData("convert needs two files", "convert", "a.npz")]
    [InlineData("convert needs another name for the new file", "convert", "a.npz", "a.npz")]
    [InlineData("describe needs one file, but there are 2 names", "describe", "a.npz", "b.npz")]
    [InlineData("a dataset's name ends in .npz, .csv or .parquet", "describe", "a.pkl")]
    [InlineData("--set needs --task", "describe", "a.npz", "--set", "size=large")]
    public void Wrong_usage_is_one_sentence(string message, params string[] args)
    {
        Result said = Datasets(args);
        Assert.Equal(2, said.Code);
        Assert.Contains(message, said.Error);
        Assert.Single(said.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void A_missing_and_a_damaged_file_fail_with_one_sentence()
    {
        Result missing = Datasets("describe", command.At("no.npz"));
        Assert.Equal((1, $"rl2: there is no file {command.At("no.npz")}\n"), (missing.Code, missing.Error));
        File.WriteAllText(command.At("bad.npz"), "PK");
        Result bad = Datasets("describe", command.At("bad.npz"));
        Assert.Equal(1, bad.Code);
        Assert.StartsWith("rl2: bad.npz is no whole zip file", bad.Error);
    }

    // NumPy itself reads what is written, with the shapes and types of the published files.
    [ToolsFact("python:numpy")]
    public void NumPy_reads_the_same_numbers()
    {
        Datasets("make", "point-maze", "--trajectories", "4", "--rows", "11", "--output", command.At("set.npz"));
        GoalDataset set = GoalDatasetFile.Read(command.At("set.npz"));
        string script = $"""
            import numpy as np
            f = np.load(r"{command.At("set.npz")}", allow_pickle=False)
            assert sorted(f) == ["actions", "observations", "qpos", "qvel", "terminals"], sorted(f)
            assert f["observations"].shape == (44, 2) and f["observations"].dtype == np.float32
            assert f["actions"].shape == (44, 2) and f["actions"].dtype == np.float32
            assert f["terminals"].shape == (44,) and f["terminals"].dtype == bool
            assert f["terminals"].nonzero()[0].tolist() == [10, 21, 32, 43]
            np.savez_compressed(r"{command.At("again.npz")}", **dict(f))
            np.savez(r"{command.At("wide.npz")}", observations=f["observations"].astype(np.float64),
                actions=f["actions"], terminals=f["terminals"].astype(np.int64))
            """;
        File.WriteAllText(command.At("script.py"), script);
        Tools.Run(Tools.Find("python:numpy")!, [command.At("script.py")], seconds: 60);
        foreach (string name in (string[])["again.npz", "wide.npz"])
        {
            GoalDataset read = GoalDatasetFile.Read(command.At(name));
            Assert.True(read.Observations.SequenceEqual(set.Observations));
            Assert.True(read.Numbers.SequenceEqual(set.Numbers));
            Assert.True(read.Starts.SequenceEqual(set.Starts));
        }
    }
}
