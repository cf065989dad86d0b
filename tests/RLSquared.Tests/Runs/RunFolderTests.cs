using RLSquared.Runs;

namespace RLSquared.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_configuration_comes_back_as_it_was()
    {
        RunFolder.Create(folder.At("run"), Counting.Configuration, "rl2 train bandits");
        RunConfiguration read = RunFolder.Open(folder.At("run")).Configuration;
        RunConfiguration written = Counting.Configuration with
        {
            TaskOptions = read.TaskOptions,             // a dictionary is equal to itself alone
            AlgorithmOptions = read.AlgorithmOptions,
        };
        Assert.Equal(written, read);
        Assert.Equal(Counting.Configuration.TaskOptions, read.TaskOptions);
        Assert.Equal(Counting.Configuration.AlgorithmOptions, read.AlgorithmOptions);
        Assert.Equal("rl2 train bandits\n", File.ReadAllText(folder.At("run", "command.txt")));
    }

    [Fact]
    public void New_names_say_what_is_trained_and_when_and_do_not_meet()
    {
        var utc = new DateTime(2026, 1, 31, 23, 59, 58, DateTimeKind.Utc);
        RunConfiguration configuration = Counting.Configuration with { Seed = 7 };
        string first = RunFolder.NewPath(folder.Path, configuration, utc);
        Assert.Equal(folder.At("bandits-counting-7-20260131-235958"), first);
        Directory.CreateDirectory(first);
        Assert.Equal(first + "-2", RunFolder.NewPath(folder.Path, configuration, utc));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("{\"version\":1,\"task\":null}")]
    public void A_configuration_that_is_none_is_refused(string content)
    {
        Directory.CreateDirectory(folder.At("run"));
        File.WriteAllText(folder.At("run", "config.json"), content);
        Assert.Throws<InvalidDataException>(() => RunFolder.Open(folder.At("run")));
    }

    [Fact]
    public void A_run_that_was_killed_while_it_was_made_can_be_made_again()
    {
        Directory.CreateDirectory(folder.At("run", "checkpoints"));
        File.WriteAllText(folder.At("run", "environment.json"), "{}");
        File.WriteAllText(folder.At("run", "config.json.unfinished"), "{");
        RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");
        Assert.Equal(3, Directory.GetFiles(folder.At("run")).Length);
        File.Delete(folder.At("run", "config.json"));
        File.WriteAllText(folder.At("run", "checkpoints", "step-1.safetensors"), "somebody's");
        Assert.Throws<OptionException>(() => RunFolder.Create(folder.At("run"), Counting.Configuration, "a test"));
    }

    [Fact]
    public void The_best_checkpoint_is_there_before_the_one_that_knows_of_it()
    {
        RunFolder run = RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");
        Directory.CreateDirectory(folder.At("run", "checkpoints", "step-000000000010.safetensors"));
        using var counting = new Counting();
        Assert.ThrowsAny<SystemException>(() => run.WriteCheckpoint(counting, new CheckpointFacts(1, 10, 1, 1), true));
        Assert.Equal(10, Checkpoint.Read(run.BestCheckpointPath).Facts.Steps);
    }

    [Theory]
    [InlineData("\"arms\": \"5\"", "\"arms\": null", "its option arms has no value")]
    [InlineData("\"threads\": 1", "\"threads\": 0", "threads must be at least 1, but is 0")]
    [InlineData("\"budget\": \"100\"", "\"budget\": \"soon\"", "'soon' is no budget")]
    [InlineData("\"checkpointEvery\": \"50\"", "\"checkpointEvery\": \"\"", "'' is no budget")]
    public void A_configuration_that_no_run_can_have_is_refused(string old, string changed, string message)
    {
        RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");
        string path = folder.At("run", "config.json"), text = File.ReadAllText(path);
        Assert.Contains(old, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(old, changed, StringComparison.Ordinal));
        InvalidDataException failure = Assert.Throws<InvalidDataException>(() => RunFolder.Open(folder.At("run")));
        Assert.StartsWith($"{path} is no run's configuration: {message}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_killed_process_left_unfinished_is_removed_with_the_next_checkpoint()
    {
        RunFolder run = RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");
        File.WriteAllText(folder.At("run", "checkpoints", "step-000000000010.safetensors.unfinished"), "half");
        Assert.Empty(run.CheckpointPaths);
        using var counting = new Counting();
        new Training(counting, Budget.OfSteps(20)) { Folder = run }.Run();
        Assert.Equal(2, Directory.GetFiles(run.CheckpointsPath).Length);
    }

    [Theory]
    [InlineData("{\"model_type\":\"gpt2\",\"hidden_size\":768}")]
    [InlineData("[]")]
    [InlineData("")]
    [InlineData("{\"version\":1,\"task\":\"\\ud800\"}")]
    public void What_another_program_wrote_is_not_replaced_by_force(string configuration)
    {
        Directory.CreateDirectory(folder.At("model", "checkpoints"));
        File.WriteAllText(folder.At("model", "config.json"), configuration);
        File.WriteAllText(folder.At("model", "checkpoints", "weights.bin"), "precious");
        OptionException failure = Assert.Throws<OptionException>(
            () => RunFolder.Create(folder.At("model"), Counting.Configuration, "a test", force: true));
        Assert.Contains("is not a run that rl2 can replace", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFileSystemEntries(folder.At("model")).Length);
        Assert.Equal("precious", File.ReadAllText(folder.At("model", "checkpoints", "weights.bin")));
    }

    [Fact]
    public void Force_replaces_the_files_of_a_run_and_leaves_those_of_others_beside_them()
    {
        RunFolder run = RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");
        using var counting = new Counting();
        new Training(counting, Budget.OfSteps(20)) { Folder = run }.Run();
        File.WriteAllText(folder.At("run", "notes.md"), "mine");
        File.WriteAllText(folder.At("run", "checkpoints", "copy.safetensors"), "mine");
        RunFolder.Create(folder.At("run"), Counting.Configuration, "a test", force: true);
        Assert.Equal("copy.safetensors", Path.GetFileName(Assert.Single(Directory.GetFiles(run.CheckpointsPath))));
        Assert.Equal(["command.txt", "config.json", "environment.json", "notes.md"],
            Directory.GetFiles(run.Path).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData("run")]
    [InlineData("run/checkpoints")]
    public void Nothing_is_replaced_through_a_link(string link)
    {
        RunFolder.Create(folder.At("real"), Counting.Configuration, "a test");
        if (link != "run")
            RunFolder.Create(folder.At("run"), Counting.Configuration, "a test");
        if (Directory.Exists(folder.At(link)))
            Directory.Delete(folder.At(link));
        Directory.CreateSymbolicLink(folder.At(link), folder.At("real"));
        OptionException failure = Assert.Throws<OptionException>(
            () => RunFolder.Create(folder.At("run"), Counting.Configuration, "a test", force: true));
        Assert.Contains($"is a link to {folder.At("real")}", failure.Message, StringComparison.Ordinal);
        Assert.True(File.Exists(folder.At("real", "config.json")));
    }

    [Fact]
    public void A_configuration_that_is_a_pipe_or_too_long_is_refused_and_not_waited_for()
    {
        foreach (string name in (string[])["endless", "pipe"])
            Directory.CreateDirectory(folder.At(name));
        using (FileStream file = File.Create(folder.At("endless", "config.json")))
            file.SetLength(1L << 40);
        if (!OperatingSystem.IsWindows())
            System.Diagnostics.Process.Start("mkfifo", [folder.At("pipe", "config.json")]).WaitForExit();
        else
            File.WriteAllText(folder.At("pipe", "config.json"), "");
        foreach (string name in (string[])["endless", "pipe"])
            Assert.Throws<InvalidDataException>(() => RunFolder.Open(folder.At(name)));
    }
}
