using System.Text.Json;

namespace RLSquared.Cli.Tests;

public sealed class VerbTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void Help_is_shown_without_a_verb()
    {
        Result result = command.Run();
        Assert.Equal(0, result.Code);
        string[] verbs =
            ["train", "resume", "evaluate", "reproduce", "play", "dashboard", "plot", "list", "benchmark", "doctor"];
        foreach (string verb in verbs)
            Assert.Contains($"  {verb} ", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void List_names_every_task_agent_algorithm_and_option()
    {
        string text = command.Run("list").Output;
        Assert.Contains("arms=5", text, StringComparison.Ordinal);
        Assert.Contains("--preset paper: ", text, StringComparison.Ordinal);
        Assert.Contains("low: slow; high: unstable", text, StringComparison.Ordinal);
        JsonElement json = command.Run("list", "--json").Json;
        Assert.Equal("bandits", json.GetProperty("tasks")[0].GetProperty("name").GetString());
        Assert.Equal("rl2", json.GetProperty("algorithms")[0].GetProperty("name").GetString());
        Assert.Equal("arms", json.GetProperty("tasks")[0].GetProperty("options")[0].GetProperty("name").GetString());
    }

    [Fact]
    public void Agents_are_evaluated_without_a_run()
    {
        string[] args =
        [
            "evaluate", "--agent", "greedy", "ucb1", "--task", "bandits", "--set", "arms=3", "pulls=8", "c=0.3",
            "--instances", "200", "--seed", "4", "--json", "--quiet",
        ];
        Result result = command.Run(args);
        Assert.Equal("", result.Error);
        JsonElement json = result.Json;
        Assert.Equal("bandits", json.GetProperty("task").GetString());
        Assert.Equal(200, json.GetProperty("instances").GetInt32());
        Assert.Equal(["greedy", "ucb1"], Names(json));
        JsonElement ucb1 = json.GetProperty("agents")[1];
        Assert.Equal("0.3", ucb1.GetProperty("options").GetProperty("c").GetString());
        Assert.InRange(ucb1.GetProperty("mean").GetDouble(), 3.5, 8);
        Assert.InRange(ucb1.GetProperty("standardError").GetDouble(), 0.01, 1);
        Assert.True(json.GetProperty("ceiling").GetProperty("mean").GetDouble() > 4);
        Assert.Equal(JsonValueKind.Null, json.GetProperty("paper").ValueKind);
        Assert.Equal(result.Output, command.Run([.. args, "--threads", "1"]).Output);
    }

    [Fact]
    public void A_run_is_evaluated_beside_the_opponents_that_are_named()
    {
        command.Train("run", 100);
        Result result = command.Run("evaluate", command.At("run"), "--agent", "greedy", "--instances", "50", "--json");
        Assert.Contains("playing 50 fresh trials", result.Error, StringComparison.Ordinal);
        Assert.Equal(["random", "greedy"], Names(result.Json));
        Assert.Equal(6.7, result.Json.GetProperty("paper").GetProperty("means").GetProperty("rl2").GetDouble());
        string table = command.Run(
            "evaluate", command.At("run"), "--agent", "none", "--checkpoint", "best", "--instances", "50").Output;
        Assert.Contains("▸  random", table, StringComparison.Ordinal);
        command.Run("evaluate", command.At("run"), "--set", "arms=3").Fails(2, "leave --task and --set away");
    }

    [Fact]
    public void A_trial_of_rl2_is_shown_with_its_probabilities_beside_the_true_arms()
    {
        Result trained = command.Run(
            "train", "bandits", "--run", command.At("run"), "--budget", "160", "--instances", "5", "--quiet",
            "--threads", "2", "--set", "arms=3", "hidden=4", "trials=16", "minibatch=8");
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        Result text = command.Run("play", command.At("run"), "--trial", "2");
        Assert.Contains("true mean", text.Output, StringComparison.Ordinal);
        Assert.Matches("step 10 .*\\[ *[0-9]+% .\\]", text.Output);
        Assert.Contains("the best arm alone would bring", text.Output, StringComparison.Ordinal);

        JsonElement json = command.Run("play", command.At("run"), "--trial", "2", "--json").Json;
        Assert.Equal(3, json.GetProperty("arms").GetArrayLength());
        Assert.Equal(10, json.GetProperty("steps").GetArrayLength());
        foreach (JsonElement step in json.GetProperty("steps").EnumerateArray())
            Assert.Equal(1, step.GetProperty("probabilities").EnumerateArray().Sum(p => p.GetDouble()), 1e-5);
        Assert.Equal(
            json.GetProperty("steps").EnumerateArray().Sum(step => step.GetProperty("reward").GetDouble()),
            json.GetProperty("total").GetDouble());
    }

    [Fact]
    public void Many_arms_are_shown_as_bars_alone()
    {
        command.Train("run", 100, "--set", "arms=40");
        string text = command.Run("play", command.At("run")).Output;
        Assert.Matches("step 1 +arm [0-9]+ brings [01], [01] so far", text);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 120));
    }

    [Fact]
    public void Benchmarks_are_measured_and_reported_by_name()
    {
        JsonElement json = command.Run(
            "benchmark", "--filter", "gemm/240*", "--threads", "1", "--time", "1", "--json", "--quiet").Json;
        JsonElement only = Assert.Single(json.GetProperty("results").EnumerateArray());
        Assert.Equal("gemm/240x768x256", only.GetProperty("name").GetString());
        Assert.Equal(1, only.GetProperty("threads").GetInt32());
        Assert.Equal("GFLOP/s", only.GetProperty("unit").GetString());
        Assert.True(only.GetProperty("value").GetDouble() > 0.1);
    }

    [Fact]
    public void Acting_is_measured_per_action_for_one_agent_and_for_many()
    {
        JsonElement json = command.Run(
            "benchmark", "--filter", "act/cells*", "--time", "1", "--json", "--quiet").Json;
        Assert.Equal(["act/cells32-lanes1", "act/cells32-lanes64"],
            json.GetProperty("results").EnumerateArray().Select(result => result.GetProperty("name").GetString()));
        Assert.All(json.GetProperty("results").EnumerateArray(), result =>
        {
            Assert.Equal("us/action", result.GetProperty("unit").GetString());
            Assert.InRange(result.GetProperty("value").GetDouble(), 0.01, 1e4);
        });
    }

    static IEnumerable<string?> Names(JsonElement evaluation) =>
        evaluation.GetProperty("agents").EnumerateArray().Select(agent => agent.GetProperty("name").GetString());
}
