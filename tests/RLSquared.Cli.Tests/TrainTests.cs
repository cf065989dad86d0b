using System.Text.Json;

namespace RLSquared.Cli.Tests;

public sealed class TrainTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void A_run_leaves_all_that_repeats_it()
    {
        Result result = command.Train("run", 500, "--set", "arms=3", "hidden=6", "--seed", "7");
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.Code);
        JsonElement configuration = JsonDocument.Parse(File.ReadAllText(command.At("run", "config.json"))).RootElement;
        Assert.Equal("3", configuration.GetProperty("taskOptions").GetProperty("arms").GetString());
        Assert.Equal("10", configuration.GetProperty("taskOptions").GetProperty("pulls").GetString());
        Assert.Equal("6", configuration.GetProperty("algorithmOptions").GetProperty("hidden").GetString());
        Assert.Equal(7, configuration.GetProperty("seed").GetInt32());
        Assert.Contains("rl2 train bandits --algorithm pretend", File.ReadAllText(command.At("run", "command.txt")),
            StringComparison.Ordinal);
        Assert.Contains("simdBits", File.ReadAllText(command.At("run", "environment.json")), StringComparison.Ordinal);
        Assert.Equal(5, File.ReadAllLines(command.At("run", "metrics.jsonl")).Length);
        Assert.True(File.Exists(command.At("run", "checkpoints", "step-000000000500.safetensors")));
        Assert.True(File.Exists(command.At("run", "checkpoints", "best.safetensors")));
    }

    [Fact]
    public void The_table_has_all_opponents_and_the_papers_figures_labelled()
    {
        Result result = command.Train("run", 100);
        Assert.Contains("ucb1", result.Output, StringComparison.Ordinal);
        Assert.Matches("ceiling: Bayes-optimal, exact +6.660", result.Output);
        Assert.Contains("the paper's: Duan et al. 2016", result.Output, StringComparison.Ordinal);
        Assert.Contains($"rl2 play {command.At("run")}", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_is_one_object_on_standard_output()
    {
        JsonElement json = command.Train("run", 100, "--json").Json;
        Assert.Equal(100, json.GetProperty("steps").GetInt32());
        JsonElement evaluation = json.GetProperty("evaluation");
        Assert.Equal("bandits", evaluation.GetProperty("task").GetString());
        Assert.True(evaluation.GetProperty("agents")[0].GetProperty("standardError").GetDouble() > 0);
    }

    [Fact]
    public void Progress_goes_to_standard_error()
    {
        Result result = command.Run(
            "train", "bandits", "--algorithm", "pretend", "--budget", "300", "--instances", "5");
        Assert.Contains("steps/s", result.Error, StringComparison.Ordinal);
        Assert.Contains("300 steps", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("steps/s", result.Output, StringComparison.Ordinal);
        Assert.StartsWith(command.At("runs", "bandits-pretend-1-"), Directory.GetDirectories(command.At("runs"))[0],
            StringComparison.Ordinal);
    }

    [Fact]
    public void Presets_are_where_settings_start_from()
    {
        command.Train("run", 100, "--preset", "paper", "--set", "trials=20");
        string configuration = File.ReadAllText(command.At("run", "config.json"));
        Assert.Contains("\"hidden\": \"8\"", configuration, StringComparison.Ordinal);
        Assert.Contains("\"trials\": \"20\"", configuration, StringComparison.Ordinal);
    }

    [Fact]
    public void An_interrupted_and_resumed_run_ends_with_the_bits_and_figures_of_an_uninterrupted_one()
    {
        command.Train("whole", 600);
        command.Train("parts", 300);
        // Lines beyond the checkpoint, as a killed run leaves them: one whole, one cut off.
        File.AppendAllText(command.At("parts", "metrics.jsonl"),
            """
            {"iteration":4,"steps":400,"mean_return":0}
            {"iteration":5,"st
            """);
        Result result = command.Run("resume", command.At("parts"), "--budget", "600", "--instances", "10", "--quiet");
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.Code);
        Assert.Equal(Figures("whole"), Figures("parts"));
        Assert.Equal(Weights("whole", 600), Weights("parts", 600));

        string[] Figures(string run) =>
            [.. File.ReadAllLines(command.At(run, "metrics.jsonl"))
                .Select(line => line[..line.IndexOf("\"seconds", StringComparison.Ordinal)])];
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_run_that_was_killed_before_its_first_checkpoint_begins_again_when_it_is_resumed(bool warm)
    {
        command.Train("start", 200, "--seed", "3");
        string[] from = warm ? ["--from", command.At("start")] : [];
        command.Train("whole", 400, from);
        command.Train("killed", 400, from);
        foreach (string path in Directory.GetFiles(command.At("killed", "checkpoints")))
            File.Delete(path);
        Result result = command.Run("resume", command.At("killed"), "--instances", "10");
        Assert.Equal(0, result.Code);
        Assert.Contains("has no checkpoint yet, so it begins again from its seed", result.Error,
            StringComparison.Ordinal);
        Assert.Equal(Weights("whole", 400), Weights("killed", 400));
        Assert.Equal(4, File.ReadAllLines(command.At("killed", "metrics.jsonl")).Length);
    }

    [Fact]
    public void A_run_without_a_checkpoint_that_began_with_weights_of_another_needs_them_to_begin_again()
    {
        command.Train("start", 200);
        command.Train("run", 400, "--from", command.At("start"));
        Directory.Delete(command.At("run", "checkpoints"), recursive: true);
        Directory.Delete(command.At("start"), recursive: true);
        command.Run("resume", command.At("run"), "--quiet").Fails(2,
            $"there is no run folder and no checkpoint {command.At("start", "checkpoints",
                "step-000000000200.safetensors")} to begin from");
        foreach (string verb in new[] { "evaluate", "play" })
        {
            command.Run(verb, command.At("run"), "--quiet").Fails(1,
                $"has no checkpoint yet; if it is being trained, wait for the first, else go on with it: " +
                $"rl2 resume {command.At("run")}");
        }
    }

    [Fact]
    public void A_run_begins_with_the_weights_of_another_and_records_it()
    {
        command.Train("short", 300);
        Result result = command.Train("long", 600, "--set", "pulls=20", "--from", command.At("short"), "--seed", "2");
        Assert.Equal("", result.Error);
        string start = command.At("short", "checkpoints", "step-000000000300.safetensors");
        JsonElement configuration = JsonDocument.Parse(File.ReadAllText(command.At("long", "config.json"))).RootElement;
        Assert.Equal(start, configuration.GetProperty("from").GetString());

        // The counters are fresh: 600 steps were taken anew, in iterations of 10 trials of 20 pulls.
        Assert.Equal(3, File.ReadAllLines(command.At("long", "metrics.jsonl")).Length);
        command.Train("named", 600, "--set", "pulls=20", "--from", start, "--seed", "2");
        command.Train("fresh", 600, "--set", "pulls=20", "--seed", "2");
        Assert.Equal(Weights("long", 600), Weights("named", 600));
        Assert.NotEqual(Weights("fresh", 600), Weights("long", 600));
        Assert.DoesNotContain("from", File.ReadAllText(command.At("fresh", "config.json")), StringComparison.Ordinal);
        Assert.Equal(0, command.Run(
            "resume", command.At("long"), "--budget", "800", "--instances", "5", "--quiet").Code);
    }

    [Fact]
    public void An_interrupted_run_exits_with_130_and_resumes()
    {
        string[] train =
            ["train", "bandits", "--algorithm", "pretend", "--budget", "200", "--run", command.At("run"), "--quiet"];
        Result interrupted = command.Run(interrupted: true, train);
        interrupted.Fails(130, $"interrupted after 100 steps; go on with: rl2 resume {command.At("run")}");
        Assert.True(File.Exists(command.At("run", "checkpoints", "step-000000000100.safetensors")));
        Assert.Equal(0, command.Run("resume", command.At("run"), "--instances", "5", "--quiet").Code);
        Assert.Equal(2, File.ReadAllLines(command.At("run", "metrics.jsonl")).Length);
    }

    [Fact]
    public void Only_the_last_checkpoints_and_the_best_are_kept()
    {
        command.Train("run", 900, "--checkpoint-every", "100");
        string[] paths = Directory.GetFiles(command.At("run", "checkpoints"));
        Assert.Equal(
            ["best", "step-000000000700", "step-000000000800", "step-000000000900"],
            paths.Select(path => Path.GetFileNameWithoutExtension(path)).Order());
    }

    float[] Weights(string run, int step)
    {
        using var reader = RLSquared.Tensors.Files.SafetensorsReader.Open(
            command.At(run, "checkpoints", $"step-{step:D12}.safetensors"));
        float[] numbers = new float[20];
        reader.Read("policy.weights", numbers);
        return numbers;
    }
}
