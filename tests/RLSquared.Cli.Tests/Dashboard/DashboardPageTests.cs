using RLSquared.Cli.Dashboard;

namespace RLSquared.Cli.Tests.Dashboard;

/// <summary>The page in a real browser.</summary>
public sealed class DashboardPageTests : IDisposable
{
    const int MostColumns = 120, MostLines = 450;

    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [ToolsFact("node", "chromium", "npm:playwright-core")]
    public void Runs_appear_curves_grow_seeds_are_overlaid_and_trials_are_replayed_with_mouse_and_keyboard()
    {
        string runs = "runs";
        command.Train(Path.Combine(runs, "bandits-1"), 300, "--seed", "1");
        command.Train(Path.Combine(runs, "bandits-2"), 300, "--seed", "2");
        command.Train(Path.Combine(runs, "wide"), 300, "--set", "hidden=8");
        Train("mdps", "states=4", "actions=2", "horizon=5", "episodes=4");
        Train("mazes", "horizon=20");
        Assert.Equal(0, command.Run("train", "movement-bandits", "--algorithm", "mlsh", "--run",
            command.At(runs, "movement-bandits"), "--budget", "1", "--instances", "1", "--quiet", "--threads", "1",
            "--set", "plays=2", "groups=2", "hidden=4", "epochs=1", "warm-up=1").Code);
        using var served = new Served(command, command.At(runs));
        string output = Tools.Run(Tools.Find("node")!,
            ["browser/dashboard.mjs", $"{served.Address}", command.At(runs), Tools.Find("chromium")!], seconds: 240);
        Assert.Equal("done", output.Trim());

        void Train(string task, params string[] options) => Assert.Equal(0, command.Run(["train", task, "--algorithm",
            "pretend", "--run", command.At(runs, task), "--budget", "1", "--instances", "1", "--quiet", "--threads",
            "1", "--set", "trials=2", "minibatch=1", .. options]).Code);
    }

    [Fact]
    public void No_file_of_the_page_is_wider_than_120_columns_or_longer_than_450_lines() => Assert.Empty(
        from name in PageFiles.Names
        where !name.StartsWith("vendor/", StringComparison.Ordinal)
        let lines = System.Text.Encoding.UTF8.GetString(PageFiles.Find(name)!.Value.Content).Split('\n')
        where lines.Length > MostLines || lines.Any(line => line.Length > MostColumns)
        select name);
}
