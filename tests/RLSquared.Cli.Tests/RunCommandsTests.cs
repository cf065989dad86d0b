using System.Text.Json;
using RLSquared.Cli.Output;
using RLSquared.Runs;

namespace RLSquared.Cli.Tests;

/// <summary>How runs are begun, named, listed and judged from the command line.</summary>
public sealed class RunCommandsTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    string Trained(string name, int minutesAgo, params string[] more)
    {
        Assert.Equal(0, command.Train(Path.Combine("runs", name), 200, more).Code);
        string path = command.At("runs", name);
        foreach (string told in Directory.GetFiles(path, "config.json", SearchOption.AllDirectories))
            File.SetLastWriteTimeUtc(told, DateTime.UtcNow.AddMinutes(-minutesAgo));
        return path;
    }

    // ---- names -----------------------------------------------------------------------------------------------------

    [Fact]
    public void Runs_are_listed_newest_first_and_last_is_the_newest_wherever_a_run_is_asked_for()
    {
        Trained("b", 30);
        Trained("a", 10);
        Trained("c", 20, "--set", "arms=3");
        string[] lines = command.Run("runs").Output.TrimEnd().Split('\n');
        Assert.StartsWith("run  task     algorithm  seed  state  steps  return", lines[0], StringComparison.Ordinal);
        Assert.Equal(["a", "c", "b"], lines[1..].Select(line => line.Split(' ')[0]));
        Assert.Matches(@"^a +bandits +pretend +1 +done +200 +[0-9.]+$", lines[1].TrimEnd());
        JsonElement json = command.Run("runs", command.At("runs"), "--json").Json;
        Assert.Equal(["a", "c", "b"],
            json.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("id").GetString()));

        Assert.Equal("3", command.Run("evaluate", command.At("runs", "c"), "--instances", "5", "--json", "--quiet")
            .Json.GetProperty("options").GetProperty("arms").GetString());
        File.SetLastWriteTimeUtc(command.At("runs", "c", "config.json"), DateTime.UtcNow);
        Assert.Equal("3", command.Run("evaluate", "last", "--instances", "5", "--json", "--quiet")
            .Json.GetProperty("options").GetProperty("arms").GetString());
        Assert.Equal("3", command.Run("play", "last", "--json")
            .Json.GetProperty("options").GetProperty("arms").GetString());
        Assert.Equal(0, command.Run("resume", "last", "--budget", "300", "--instances", "5", "--quiet").Code);
        Assert.Equal(0, command.Run("plot", "last", "--output", command.At("p.svg"), "--quiet").Code);
        command.Train("warm", 100, "--set", "arms=3", "--from", "last");
        Assert.StartsWith(command.At("runs", "c"), RunFolder.Open(command.At("warm")).Configuration.From,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Last_is_the_whole_folder_of_seeds_where_that_may_be_and_the_newest_of_them_where_one_is_wanted()
    {
        Trained("old", 30);
        Trained("seeds", 1, "--seeds", "2");
        Assert.Equal(2, command.Run("evaluate", "last", "--instances", "5", "--json", "--quiet")
            .Json.GetProperty("runs").GetArrayLength());
        Assert.Equal(0, command.Run("play", "last", "--quiet").Code);
    }

    [Fact]
    public void Where_there_is_no_run_last_and_the_list_say_how_to_get_one()
    {
        command.Run("play", "last").Fails(2, $"there is no run below {command.At("runs")} yet; train one: rl2 train");
        Assert.Contains("there is no run below", command.Run("runs").Error, StringComparison.Ordinal);
        command.Run("runs", command.At("nowhere")).Fails(2, $"there is no folder {command.At("nowhere")}");
    }

    [Theory]
    [InlineData("/usr/bin/rl2", "/bin:/usr/bin", "rl2")]
    [InlineData("/opt/my tools/rl2", "/bin:/usr/bin", "'/opt/my tools/rl2'")]
    [InlineData("/home/me/bin/Release/rl2", "/usr/bin", "/home/me/bin/Release/rl2")]
    public void Hints_begin_with_what_starts_the_program_again(string process, string path, string call)
    {
        if (OperatingSystem.IsLinux())
            Assert.Equal(call, Terminal.OwnCall(process, path));
    }

    [Fact]
    public void Hints_can_be_copied_from_paths_with_blanks_too()
    {
        Result trained = command.Run("train", "bandits", "--algorithm", "pretend", "--run", command.At("my run's"),
            "--budget", "100", "--threads", "1", "--instances", "5", "--quiet");
        string quoted = OperatingSystem.IsWindows() ? $"\"{command.At("my run's")}\""
            : $"'{command.At("my run'\\''s")}'";
        Assert.Contains($"rl2 play {quoted}", trained.Output, StringComparison.Ordinal);
        Assert.Contains($"rl2 evaluate {quoted} --instances 100000", trained.Output, StringComparison.Ordinal);
    }

    // ---- budgets, evaluations while training, files ----------------------------------------------------------------

    [Fact]
    public void A_bare_number_as_a_budget_is_explained_and_one_with_its_unit_is_not()
    {
        string[] train = ["train", "bandits", "--algorithm", "pretend", "--instances", "5", "--threads", "1"];
        Result bare = command.Run([.. train, "--budget", "5", "--run", command.At("bare")]);
        Assert.Contains("warning: a budget of 5 is 5 environment steps; for a time write 5s or 5min", bare.Error,
            StringComparison.Ordinal);
        Result unit = command.Run([.. train, "--budget", "5steps", "--run", command.At("unit")]);
        Assert.Equal((0, false), (unit.Code, unit.Error.Contains("warning", StringComparison.Ordinal)));
        Assert.Equal("5steps", RunFolder.Open(command.At("unit")).Configuration.Budget);
    }

    [Fact]
    public void A_run_is_evaluated_while_it_trains_keeps_the_best_and_stops_at_a_return()
    {
        Result trained = command.Train("run", 1000, "--evaluate-every", "20%");
        Assert.Equal(0, trained.Code);
        MetricTable table = MetricTable.Read(command.At("run", "metrics.jsonl"));
        Assert.Equal(5, table["evaluation_return"].ToArray().Count(double.IsFinite));
        Assert.Equal(200, Checkpoint.Read(RunFolder.Open(command.At("run")).BestCheckpointPath).Facts.Steps);

        string[] stop = ["train", "bandits", "--algorithm", "pretend", "--run", command.At("early"), "--budget", "1000",
            "--threads", "1", "--instances", "5", "--stop-at", "2"];
        Result stopped = command.Run(stop);
        Assert.Equal(0, stopped.Code);
        Assert.Contains("stopped after 100 steps, for an evaluation came to 2", stopped.Error,
            StringComparison.Ordinal);
        Assert.Equal("5%", RunFolder.Open(command.At("early")).Configuration.EvaluateEvery);
        using (var served = new Dashboard.Served(command))
            Assert.Equal("done", served.Run("early").GetProperty("state").GetString());
        Assert.Contains("stopped after 100 steps", command.Run("resume", command.At("early"), "--instances", "5").Error,
            StringComparison.Ordinal);
        Assert.Equal(0, command.Run(
            "resume", command.At("early"), "--budget", "500", "--instances", "5", "--quiet").Code);
        Assert.Equal(500, RunFolder.Open(command.At("early")).ReadLastCheckpoint().Facts.Steps);

        command.Train("bad", 100, "--evaluate-every", "often").Fails(2, "'often' is no budget");
        command.Train("bad", 100, "--evaluate-every", "0%").Fails(2, "'0%' is no share of a budget");
    }

    [Fact]
    public void A_file_says_what_the_command_line_does_not()
    {
        File.WriteAllText(command.At("mine.json"), """
            {
              // what I always want
              "task": "bandits", "algorithm": "pretend", "taskOptions": { "arms": 7, "pulls": "4" },
              "algorithmOptions": { "hidden": 3 }, "seed": 9, "budget": "200", "evaluateEvery": "50%",
            }
            """);
        string[] train =
            ["train", "--config", command.At("mine.json"), "--threads", "1", "--instances", "5", "--quiet"];
        Result result = command.Run([.. train, "--run", command.At("run"), "--set", "arms=6", "--seed", "4"]);
        Assert.Equal((0, ""), (result.Code, result.Error));
        RunConfiguration told = RunFolder.Open(command.At("run")).Configuration;
        Assert.Equal(("bandits", "pretend", 4ul, "200", "50%"),
            (told.Task, told.Algorithm, told.Seed, told.Budget, told.EvaluateEvery));
        Assert.Equal(("6", "4", "3"),
            (told.TaskOptions["arms"], told.TaskOptions["pulls"], told.AlgorithmOptions["hidden"]));

        // The file of a run begins the same run again.
        Assert.Equal(0, command.Run("train", "--config", command.At("run", "config.json"), "--threads", "1",
            "--instances", "5", "--quiet", "--run", command.At("again")).Code);
        Assert.Equal(File.ReadAllBytes(command.At("run", "config.json")),
            File.ReadAllBytes(command.At("again", "config.json")));
    }

    [Theory]
    [InlineData("{ \"tasks\": \"bandits\" }", "has an unknown key 'tasks'; did you mean 'task'?")]
    [InlineData("{ \"task\": [] }", "must be a text or a number")]
    [InlineData("{ \"taskOptions\": 3 }", "must be an object")]
    [InlineData("{ \"task\": \"bandits\", \"seed\": \"soon\" }", "must be a number, but is 'soon'")]
    [InlineData("{ \"task\": \"bandits\", \"taskOptions\": { \"arm\": 3 } }", "did you mean 'arms'?")]
    [InlineData("[]", "must hold a JSON object")]
    [InlineData("{ \"task\": ", "is no JSON")]
    [InlineData("{ \"task\": \"\\ud800\" }", "is no JSON")]
    [InlineData("{}", "rl2 train needs TASK")]
    public void A_file_that_says_what_cannot_be_is_refused(string content, string message)
    {
        File.WriteAllText(command.At("mine.json"), content);
        command.Run("train", "--config", command.At("mine.json"), "--run", command.At("run")).Fails(2, message);
        Assert.False(Directory.Exists(command.At("run")));
    }

    // ---- what is listed and evaluated -------------------------------------------------------------------------------

    [Fact]
    public void One_name_is_listed_alone_with_the_budget_that_it_needs()
    {
        string mazes = command.Run("list", "mazes").Output;
        Assert.StartsWith("  mazes: ", mazes, StringComparison.Ordinal);
        Assert.Contains("--budget 8M (about 60 min) reaches 82 % of second episodes", mazes, StringComparison.Ordinal);
        Assert.DoesNotContain("bandits", mazes, StringComparison.Ordinal);
        Assert.Contains("--preset paper", command.Run("list", "rl2").Output, StringComparison.Ordinal);
        Assert.StartsWith("  thompson: ", command.Run("list", "Thompson").Output, StringComparison.Ordinal);
        command.Run("list", "bandit")
            .Fails(2, "there is no task, algorithm or agent 'bandit'; did you mean 'bandits'?");
    }

    [Fact]
    public void The_likeliest_actions_are_evaluated_beside_sampled_ones_and_leave_the_runs_own_file_alone()
    {
        Assert.Equal(0, command.Run("train", "bandits", "--run", command.At("run"), "--budget", "160",
            "--instances", "5", "--quiet", "--threads", "1",
            "--set", "arms=3", "hidden=4", "trials=16", "minibatch=8").Code);
        byte[] before = File.ReadAllBytes(command.At("run", "evaluation.json"));
        JsonElement[] agents = [.. command.Run("evaluate", command.At("run"), "--greedy", "--instances", "50", "--json",
            "--quiet").Json.GetProperty("agents").EnumerateArray()];
        Assert.Equal(["rl2", "rl2 (greedy)"], agents[..2].Select(agent => agent.GetProperty("name").GetString()));
        Assert.NotEqual(agents[0].GetProperty("mean").GetDouble(), agents[1].GetProperty("mean").GetDouble());
        Assert.Equal(before, File.ReadAllBytes(command.At("run", "evaluation.json")));
        command.Train("pretend", 100);
        command.Run("evaluate", command.At("pretend"), "--greedy").Fails(2, "only a trained network can take its");
    }

    [Fact]
    public void A_seed_that_was_trained_twice_is_one_seed()
    {
        foreach (string run in (string[])["a", "b"])
            command.Train(run, 300);
        command.Train("c", 300, "--seed", "2");
        string twice = Curve(command.At("a"), command.At("b")), two = Curve(command.At("a"), command.At("b"),
            command.At("c"));
        Assert.DoesNotContain("seeds", twice, StringComparison.Ordinal);
        Assert.Contains("mean of 2 seeds", two, StringComparison.Ordinal);

        string Curve(params string[] runs) => command.Run(
            ["plot", .. runs, "--output", command.At("p.svg"), "--json"]).Json.GetProperty("curves")[0]
            .GetProperty("name").GetString()!;
    }

    [Fact]
    public void Options_at_their_extremes_are_one_sentence()
    {
        string[] train = ["train", "bandits", "--run", command.At("run"), "--budget", "100", "--quiet"];
        command.Run([.. train, "--set", "arms=1000000000"]).Fails(2, "this training needs at least ");
        command.Run([.. train, "--set", "hidden=1000000"]).Fails(2, "make hidden smaller, or the task");
        command.Run([.. train, "--instances", "2147483647"])
            .Fails(2, "--instances must be a whole number from 1 to 10000000, but is '2147483647'");
        command.Run("train", "dependent-bandits", "--set", "pulls=100000000", "--run", command.At("run"))
            .Fails(2, "this training needs at least ");
        Assert.False(Directory.Exists(command.At("run")));
    }

    // ---- seeds ------------------------------------------------------------------------------------------------------

    // What a process leaves that is killed while it makes the folders of the seeds.
    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    [InlineData(0)]
    public void Seeds_that_were_asked_for_and_not_begun_are_begun_by_resume(int made)
    {
        command.Train("whole", 200, "--seeds", "5");
        command.Train("cut", 200, "--seeds", "5");
        for (int seed = made + 1; seed <= 5; seed++)
            Directory.Delete(command.At("cut", $"seed-{seed}"), recursive: true);
        command.Run("evaluate", command.At("cut")).Fails(1, $"seed {made + 1} of {command.At("cut")} was asked for");
        JsonElement json = command.Run("resume", command.At("cut"), "--instances", "20", "--quiet", "--json").Json;
        Assert.Equal([1, 2, 3, 4, 5],
            json.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("seed").GetInt32()));
        for (int seed = 1; seed <= 5; seed++)
        {
            string metrics = Path.Combine($"seed-{seed}", "command.txt");
            Assert.Equal(
                File.ReadAllText(command.At("whole", metrics)).Replace("whole", "cut", StringComparison.Ordinal),
                File.ReadAllText(command.At("cut", metrics)));
        }
    }

    [Fact]
    public void Force_replaces_the_files_of_seeds_and_nothing_else()
    {
        command.Train("seeds", 100, "--seeds", "3");
        File.WriteAllText(command.At("seeds", "seed-3", "notes.md"), "mine");
        Assert.Equal(0, command.Train("seeds", 100, "--seeds", "2", "--force").Code);
        Assert.Equal(["notes.md"],
            Directory.GetFileSystemEntries(command.At("seeds", "seed-3")).Select(Path.GetFileName));

        Directory.CreateDirectory(command.At("models", "seed-1"));
        File.WriteAllText(command.At("models", "seed-1", "config.json"), "{\"model_type\":\"gpt2\"}");
        command.Train("models", 100, "--seeds", "2", "--force").Fails(2, "is not a run that rl2 can replace");
        Directory.CreateSymbolicLink(command.At("link"), command.At("seeds"));
        command.Train("link", 100, "--seeds", "2", "--force").Fails(2, "is a link to");
        Assert.True(File.Exists(command.At("seeds", "seed-1", "config.json")));
    }

    [Fact]
    public void A_folder_that_is_being_trained_is_refused_by_name_of_its_process()
    {
        command.Train("run", 100);
        command.Train("seeds", 100, "--seeds", "2");
        string holder = $" is being trained by process {Environment.ProcessId} of ";
        using (RunLock.Take(command.At("run")))
        using (RunLock.Take(command.At("seeds")))
        {
            foreach (string run in (string[])["run", "seeds"])
                command.Run("resume", command.At(run), "--budget", "200").Fails(1, command.At(run) + holder);
            command.Train("run", 100, "--force").Fails(1, command.At("run") + holder);
            command.Train("seeds", 100, "--seeds", "2", "--force").Fails(1, command.At("seeds") + holder);
            Assert.Equal(0, command.Run("evaluate", command.At("run"), "--instances", "5", "--quiet").Code);
        }
        Assert.Equal(0, command.Run("resume", command.At("run"), "--instances", "5", "--quiet").Code);
    }
}
