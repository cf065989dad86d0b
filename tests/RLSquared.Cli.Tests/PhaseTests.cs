using System.Text.Json;
using RLSquared.Cli.Tests.Dashboard;

namespace RLSquared.Cli.Tests;

public sealed class PhaseTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void A_played_trial_and_its_replay_say_when_e_rl2_explores()
    {
        Train("pay-to-look", "e-rl2", "pulls=4", "explore-episodes=3", "hidden=4", "trials=8", "minibatch=8");
        string[] expected = ["explore", "explore", "explore", "exploit"];
        Assert.Equal(expected, Phases(command.Run("play", command.At("run"), "--json").Json));
        using var served = new Served(command);
        Assert.Equal(expected, Phases(served.Get("/api/replay?id=run")));
        string[] lines = command.Run("play", command.At("run")).Output.Split('\n');
        Assert.Contains(lines, line => line.Contains("phase", StringComparison.Ordinal));
        Assert.Equal(3, lines.Count(line => line.Contains("  explore", StringComparison.Ordinal)));
        Assert.Equal(1, lines.Count(line => line.Contains("  exploit", StringComparison.Ordinal)));
    }

    [Fact]
    public void Maml_explores_until_it_has_adapted()
    {
        Train("bandits", "maml", "arms=2", "pulls=5", "hidden=4", "tasks=2", "plays=2", "shards=1");
        Assert.Equal(["explore", "explore", "explore", "exploit", "exploit"],
            Phases(command.Run("play", command.At("run"), "--json").Json));
    }

    [Fact]
    public void An_agent_that_does_not_part_its_trials_has_no_phases()
    {
        Train("pay-to-look", "rl2", "pulls=4", "hidden=4", "trials=8", "minibatch=8");
        Assert.All(Phases(command.Run("play", command.At("run"), "--json").Json), Assert.Null);
        Assert.DoesNotContain("phase", command.Run("play", command.At("run")).Output, StringComparison.Ordinal);
    }

    void Train(string task, string algorithm, params string[] settings) => Assert.Equal(0, command.Run(
    [
        "train", task, "--algorithm", algorithm, "--run", command.At("run"), "--budget", "16", "--instances",
        "2", "--quiet", "--threads", "1", "--set", .. settings,
    ]).Code);

    static string?[] Phases(JsonElement trial) => [.. trial.GetProperty("steps").EnumerateArray().Select(
        step => step.TryGetProperty("phase", out JsonElement phase) ? phase.GetString() : null)];
}
