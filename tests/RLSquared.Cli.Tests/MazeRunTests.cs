using System.Text.Json;
using RLSquared.Cli.Tests.Films;

namespace RLSquared.Cli.Tests;

/// <summary>Runs in mazes, with networks and episodes that are as small as can be.</summary>
public sealed class MazeRunTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    // ---- evaluate --------------------------------------------------------------------------------------------------

    [Fact]
    public void A_run_of_small_mazes_is_evaluated_in_large_ones_with_more_episodes()
    {
        Train(command);
        string[] args =
        [
            "evaluate", command.At("run"), "--set", "size=large", "episodes=5", "split=test", "--agent", "none",
            "--instances", "3", "--threads", "1", "--quiet",
        ];
        Result result = command.Run([.. args, "--json"]);
        Assert.Equal((0, ""), (result.Code, result.Error));
        JsonElement agent = Assert.Single(result.Json.GetProperty("agents").EnumerateArray());
        JsonElement figures = agent.GetProperty("navigation");
        Assert.Equal(5, figures.GetProperty("episodes").GetArrayLength());
        foreach (JsonElement episode in figures.GetProperty("episodes").EnumerateArray())
        {
            Assert.InRange(episode.GetProperty("success").GetProperty("mean").GetDouble(), 0, 1);
            Assert.InRange(episode.GetProperty("steps").GetProperty("mean").GetDouble(), 1, 6);
        }
        Assert.InRange(figures.GetProperty("improved").GetProperty("mean").GetDouble(), 0, 1);

        string table = command.Run(args).Output;
        Assert.Contains("episode 5", table, StringComparison.Ordinal);
        Assert.Contains("second episode no longer than the first: ", table, StringComparison.Ordinal);
        Assert.Contains("Table 3, large, the best of its runs in ViZDoom", table, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("there is no option 'sizes'; did you mean 'size'?", "sizes=large")]
    [InlineData("there is no option 'hidden'", "hidden=8")]
    [InlineData("episodes must be from 1 to 10000, but is 0", "episodes=0")]
    public void Options_that_mazes_do_not_have_or_that_cannot_be_are_refused(string message, string setting)
    {
        Train(command);
        command.Run("evaluate", command.At("run"), "--set", setting, "--quiet").Fails(2, message);
        command.Run("play", command.At("run"), "--set", setting).Fails(2, message);
    }

    [Theory]
    [InlineData("evaluate")]
    [InlineData("play")]
    public void A_setting_that_changes_what_is_seen_or_done_is_refused(string verb)
    {
        command.Train("run", 100);
        command.Run(verb, command.At("run"), "--set", "arms=7").Fails(
            2, "a run is evaluated on a task with the observations and actions that it was trained with; ");
    }

    // ---- play ------------------------------------------------------------------------------------------------------

    [Fact]
    public void Without_a_screen_each_step_of_a_trial_is_a_line()
    {
        Train(command);
        Result result = command.Run("play", command.At("run"), "--set", "split=test");
        Assert.Equal((0, ""), (result.Code, result.Error));
        string[] lines = result.Output.TrimEnd().Split('\n');
        Assert.Contains("split test", lines[0], StringComparison.Ordinal);
        Assert.Matches("^episode 1, step 1: (left|right|forward)", lines[1]);
        Assert.Matches("^episode 2, step [1-6]: [a-z]+, (the time is up|the target is found)", lines[^1]);
        Assert.DoesNotContain("\e", result.Output, StringComparison.Ordinal);
    }

    // The view of 40 columns, 2 between, and 7 cells of 4 columns; 30 rows, two in each line.
    [Fact]
    public void On_a_screen_view_and_map_stand_side_by_side_and_are_drawn_over()
    {
        using var screen = new CommandLine { IsScreen = true };
        Train(screen);
        string output = screen.Run("play", screen.At("run"), "--delay", "0").Output;
        string[] lines = output.Split('\n');
        Assert.All(lines[1..16], line => Assert.Equal(40 + 2 + 7 * 4, line.Count(letter => letter == '▀')));
        Assert.DoesNotContain('▀', lines[16]);
        Assert.StartsWith("\e[16A", lines[17], StringComparison.Ordinal);
        Assert.Contains("episode 2, step ", output, StringComparison.Ordinal);
        const string mapOfWall = "\e[38;2;70;74;84m", mapOfTarget = "2;226;40;40m";
        Assert.Contains(mapOfWall, lines[1], StringComparison.Ordinal);
        Assert.Contains(lines[1..16], line => line.Contains(mapOfTarget, StringComparison.Ordinal));
    }

    [Fact]
    public void A_film_has_a_picture_for_each_step_and_rests_at_the_end_of_each_episode()
    {
        Train(command);
        int steps = command.Run("play", command.At("run"), "--json").Json.GetProperty("steps").GetArrayLength();
        string path = command.At("trial.gif");
        Result result = command.Run("play", command.At("run"), "--film", path);
        Assert.Equal((0, $"the film is in {path}"), (result.Code, result.Error.TrimEnd()));
        var film = new GifReader(File.ReadAllBytes(path));
        // The view four times as large, 8 pixels between, and 7 cells of 17 pixels.
        Assert.Equal((160 + 8 + 7 * 17, 120), (film.Width, film.Height));
        Assert.Equal(steps, film.Frames.Count);
        Assert.Equal(2, film.Delays.Count(delay => delay == 100));
        Assert.Equal(100, film.Delays[^1]);
        Assert.Equal(steps - 2, film.Delays.Count(delay => delay == 12));
    }

    [Fact]
    public void A_strip_has_four_pictures_in_a_row()
    {
        Train(command);
        int steps = command.Run("play", command.At("run"), "--json").Json.GetProperty("steps").GetArrayLength();
        Assert.Equal(0, command.Run("play", command.At("run"), "--film", command.At("TRIAL.PNG"), "--quiet").Code);
        (int width, int height, _) = PngReader.Read(File.ReadAllBytes(command.At("TRIAL.PNG")));
        Assert.Equal((4 * (287 + 8) - 8, (steps + 3) / 4 * (120 + 8) - 8), (width, height));
    }

    [Theory]
    [InlineData("x.txt")]
    [InlineData("gif")]
    public void A_film_of_an_unknown_kind_is_refused_and_nothing_is_written(string file)
    {
        Train(command);
        command.Run("play", command.At("run"), "--film", command.At(file)).Fails(
            2, $"a film is a .gif or a strip of pictures in a .png, but '{command.At(file)}' is neither");
        Assert.False(File.Exists(command.At(file)));
    }

    [Fact]
    public void What_has_no_view_cannot_be_filmed()
    {
        command.Train("run", 100);
        command.Run("play", command.At("run"), "--film", command.At("trial.gif")).Fails(
            2, "only trials in mazes can be filmed, not bandits");
        Assert.False(File.Exists(command.At("trial.gif")));
    }

    // One iteration of four trials of two episodes of six steps.
    static void Train(CommandLine command)
    {
        Result trained = command.Run(
            "train", "mazes", "--run", command.At("run"), "--budget", "1", "--instances", "1", "--quiet",
            "--threads", "1", "--set", "horizon=6", "hidden=4", "features=6", "filters=2", "trials=4", "minibatch=4",
            "shards=1", "epochs=1");
        Assert.Equal((0, ""), (trained.Code, trained.Error));
    }
}
