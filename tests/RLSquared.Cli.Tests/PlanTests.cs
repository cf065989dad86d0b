using System.Text.Json;

namespace RLSquared.Cli.Tests;

/// <summary><c>rl2 plan</c>, and pipelines on the command line.</summary>
public sealed class PlanTests
{
    static readonly string[] small =
    [
        "--set", "layers=1", "hidden=16", "heads=2", "batch=16", "--threads", "2", "--time", "5", "--most-in-flight",
        "16",
    ];

    [Fact]
    public void A_plan_says_what_was_measured_what_follows_and_what_cannot_be()
    {
        using var command = new CommandLine();
        Result result = command.Run(
            ["plan", "arithmetic", "--uniform", "12", "--lag", "6", "--check", "1", "--json", "--quiet", .. small]);
        Assert.True(result.Code == 0, result.Error);
        Assert.Equal("", result.Error);
        JsonElement json = result.Json;
        Assert.Equal([1, 2, 4, 8, 16], json.GetProperty("steps").EnumerateArray().Select(
            step => step.GetProperty("inFlight").GetInt32()));
        Assert.Equal(12, json.GetProperty("longest").GetInt32());
        Assert.InRange(json.GetProperty("meanLength").GetDouble(), 4.5, 8.5);
        JsonElement plan = json.GetProperty("plan");
        Assert.InRange(plan.GetProperty("lag").GetInt32(), 1, 6);
        Assert.Equal(7, json.GetProperty("conventional").GetProperty("updatesPerBatch").GetInt32());
        double gain = json.GetProperty("gain").GetDouble();
        Assert.Equal(plan.GetProperty("tokensPerSecond").GetDouble()
            / json.GetProperty("conventional").GetProperty("tokensPerSecond").GetDouble(), gain, 1e-6);
        Assert.InRange(json.GetProperty("mostGain").GetDouble(), gain - 1e-9, 1_000);
        JsonElement measured = json.GetProperty("measured");
        Assert.InRange(measured.GetProperty("pipelineLag").GetDouble(), 1, 7);
        Assert.InRange(measured.GetProperty("gain").GetDouble(), 0.01, 100);
    }

    [Fact]
    public void A_plan_reads_as_a_table_with_a_simulated_trainer_as_well()
    {
        using var command = new CommandLine();
        Result result = command.Run(["plan", "guessing", "--check", "1", "--simulate", .. small]);
        Assert.True(result.Code == 0, result.Error);
        Assert.Contains("ms a step", result.Output, StringComparison.Ordinal);
        Assert.Contains("pipeline, in-flight=", result.Output, StringComparison.Ordinal);
        Assert.Contains("no schedule of this work on 2 threads gains more", result.Output, StringComparison.Ordinal);
        Assert.Contains("measured with a simulated trainer", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_planned_is_one_sentence()
    {
        using var command = new CommandLine();
        command.Run("plan", "bandits").Fails(ExitCode.WrongUsage, "pipeline-rl cannot learn bandits");
        command.Run("plan", "arithmetic", "--set", "in-flight=0")
            .Fails(ExitCode.WrongUsage, "in-flight must be at least 1, but is 0");
        command.Run("train", "arithmetic", "--algorithm", "pipeline-rl", "--set", "max-lag=3")
            .Fails(ExitCode.WrongUsage, "max-lag 3 is below one group of 8 samples");
    }

    [Fact]
    public void A_pipeline_is_trained_resumed_evaluated_and_spoken_to()
    {
        using var command = new CommandLine();
        string[] options =
        [
            "--set", "layers=1", "hidden=16", "heads=2", "batch=16", "group-size=4", "warm-start=2",
            "warm-start-batch=4", "--threads", "2", "--quiet", "--instances", "10",
        ];
        Result trained = command.Run(["train", "guessing", "--run", command.At("run"), "--budget", "2000", .. options]);
        Assert.True(trained.Code == 0, trained.Error);
        Result resumed = command.Run("resume", command.At("run"), "--budget", "3000", "--threads", "1", "--quiet",
            "--instances", "10");
        Assert.True(resumed.Code == 0, resumed.Error);
        Result evaluated = command.Run("evaluate", command.At("run"), "--instances", "20", "--json", "--quiet");
        Assert.True(evaluated.Code == 0, evaluated.Error);
        Assert.Equal("pipeline-rl", evaluated.Json.GetProperty("agents")[0].GetProperty("name").GetString());
        Result said = command.Run("generate", command.At("run"), "--prompt", "?", "--max-tokens", "4");
        Assert.True(said.Code == 0, said.Error);
    }
}
