using System.Text.RegularExpressions;
using RLSquared.Cli.Output;

namespace RLSquared.Cli.Tests;

/// <summary>What a training and a trial look like on screens of all kinds.</summary>
public sealed partial class TrainingViewTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Theory]
    [InlineData(100, true)]
    [InlineData(100, false)]
    [InlineData(40, false)]
    [InlineData(24, true)]
    [InlineData(20, false)]
    public void The_table_is_redrawn_with_colours_or_without_on_wide_screens_and_narrow_ones(int width, bool colours)
    {
        using var error = new StringWriter();
        using (var terminal = new Terminal(TextWriter.Null, error)
        {
            ErrorIsScreen = true,
            Colours = colours,
            Width = width,
        })
        {
            Assert.Equal(0, Cli.Run(
            [
                "train", "bandits", "--algorithm", "pretend", "--run", command.At("run"), "--budget", "400",
                "--threads", "1", "--instances", "5",
            ], terminal, command.Catalogues));
        }
        string text = error.ToString();
        Assert.Contains("\u001b[", text, StringComparison.Ordinal);              // the cursor moves: it is a live table
        Assert.Contains("return", text, StringComparison.Ordinal);
        bool hasColours = Colour().IsMatch(text);
        Assert.False(hasColours && !colours);
        string[] lines = Control().Replace(text, "").Split('\n', '\r');
        Assert.All(lines.Where(line => line.Contains('━', StringComparison.Ordinal)),
            line => Assert.InRange(line.TrimEnd().Length, 1, width));
    }

    [Fact]
    public void A_return_above_what_is_possible_on_average_is_shown_with_its_standard_error()
    {
        using var error = new StringWriter();
        using (var terminal = new Terminal(TextWriter.Null, error))
        {
            Cli.Run(
            [
                "train", "dependent-bandits", "--algorithm", "pretend", "--run", command.At("run"), "--budget", "2s",
                "--threads", "1", "--instances", "5", "--set", "pulls=4",
            ], terminal, command.Catalogues);
        }
        Assert.Matches(@"return [0-9.]+ ± [0-9.]+ of at most [0-9.]+ on average", error.ToString());
    }

    [Fact]
    public void A_trial_shows_the_vector_that_was_seen()
    {
        Assert.Equal(0, command.Run("train", "plants", "--run", command.At("run"), "--budget", "1steps", "--instances",
            "1", "--quiet", "--threads", "1", "--set", "trials=2", "minibatch=2", "shards=1", "hidden=2").Code);
        string[] lines = command.Run("play", command.At("run")).Output.Split('\n');
        Assert.Contains(lines, line => line.EndsWith("  observation", StringComparison.Ordinal));
        Assert.Matches(@"^step 1 .*  -?[0-9.]+ -?[0-9.]+", lines.First(
            line => line.StartsWith("step 1 ", StringComparison.Ordinal)));
    }

    [GeneratedRegex("\u001b\\[[0-9;]*(3[0-8]|9[0-7])(;[0-9;]*)?m")]
    private static partial Regex Colour();

    [GeneratedRegex("\u001b\\[[0-9;?]*[A-Za-z]")]
    private static partial Regex Control();
}
