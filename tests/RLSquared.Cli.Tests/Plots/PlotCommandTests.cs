using System.Text.Json;
using System.Xml.Linq;
using RLSquared.Cli.Tests.Films;

namespace RLSquared.Cli.Tests.Plots;

public sealed class PlotCommandTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    Result Plot(params string[] more) => command.Run(["plot", .. more, "--output", command.At("plot.svg")]);

    JsonElement Json(params string[] more) => Plot([.. more, "--json"]).Json;

    static IEnumerable<string?> Names(JsonElement json, string of) =>
        json.GetProperty(of).EnumerateArray().Select(one => one.GetProperty("name").GetString());

    static double[] Numbers(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(number => number.GetDouble())];

    [Fact]
    public void A_run_is_a_curve_with_its_opponents_and_the_ceiling_as_lines()
    {
        command.Train("run", 500);
        Result result = Plot(command.At("run"));
        Assert.Equal(("", $"{command.At("plot.svg")}: 1 curve of 1 run\n"), (result.Error, result.Output));
        XDocument svg = XDocument.Load(command.At("plot.svg"));
        Assert.Single(svg.Descendants(), element => element.Name.LocalName == "polyline");

        JsonElement json = Json(command.At("run"));
        Assert.Equal("bandits: arms 5, pulls 10", json.GetProperty("title").GetString());
        Assert.Equal(["pretend"], Names(json, "curves"));
        JsonElement curve = json.GetProperty("curves")[0];
        Assert.Equal([100, 200, 300, 400, 500], Numbers(curve, "x"));
        Assert.Equal(File.ReadAllLines(command.At("run", "metrics.jsonl")).Select(
            line => JsonDocument.Parse(line).RootElement.GetProperty("mean_return").GetDouble()), Numbers(curve, "y"));
        Assert.False(curve.TryGetProperty("low", out _));
        Assert.Contains("Bayes-optimal, exact 6.66", Names(json, "lines"));
        Assert.Contains(Names(json, "lines"), name => name!.StartsWith("ucb1 (c ", StringComparison.Ordinal));
        Assert.Equal(["Bayes-optimal, exact 6.66"], Names(Json(command.At("run"), "--lines", "ceiling"), "lines"));
        Assert.Empty(Names(Json(command.At("run"), "--lines", "none"), "lines"));
    }

    [Fact]
    public void Runs_that_differ_by_the_seed_alone_are_one_curve_and_others_are_named_by_what_differs()
    {
        for (int seed = 1; seed <= 3; seed++)
            command.Train($"narrow-{seed}", 300, "--seed", $"{seed}", "--checkpoint-every", $"{seed}00");
        command.Train("wide", 300, "--set", "hidden=8", "learning-rate=0.2");
        string[] seeds = [command.At("narrow-1"), command.At("narrow-2"), command.At("narrow-3")];

        JsonElement json = Json([.. seeds, command.At("wide"), command.At("narrow-1")]);
        Assert.Equal(["hidden 4, learning-rate 0.1, mean of 3 seeds ± standard error", "hidden 8, learning-rate 0.2"],
            Names(json, "curves"));
        JsonElement joined = json.GetProperty("curves")[0];
        double[][] each = [.. seeds.Select(run => Numbers(Json(run).GetProperty("curves")[0], "y"))];
        Assert.Equal(each.Average(one => one[2]), Numbers(joined, "y")[2], 1e-12);
        double squares = each.Sum(one => Math.Pow(one[2] - each.Average(other => other[2]), 2));
        Assert.Equal(Numbers(joined, "y")[2] - Math.Sqrt(squares / 6), Numbers(joined, "low")[2], 1e-12);

        joined = Json([.. seeds, "--band", "range"]).GetProperty("curves")[0];
        Assert.Equal("pretend, mean of 3 seeds, lowest to highest", joined.GetProperty("name").GetString());
        Assert.Equal(each.Max(one => one[1]), Numbers(joined, "high")[1]);
    }

    [Fact]
    public void Another_figure_over_another_axis_has_no_lines_across()
    {
        command.Train("run", 300);
        JsonElement json = Json(command.At("run"), "--figure", "entropy", "--over", "time", "--title", "E");
        Assert.Equal(("E", "seconds of training", "entropy"), (json.GetProperty("title").GetString(),
            json.GetProperty("x").GetString(), json.GetProperty("y").GetString()));
        Assert.Empty(Names(json, "lines"));
    }

    [Fact]
    public void Runs_on_several_tasks_are_named_by_them_and_compared_with_nobody()
    {
        command.Train("five", 100);
        command.Train("three", 100, "--set", "arms=3");
        JsonElement json = Json(command.At("five"), command.At("three"));
        Assert.Equal(["arms 5", "arms 3"], Names(json, "curves"));
        Assert.Equal("bandits", json.GetProperty("title").GetString());
        Assert.Empty(Names(json, "lines"));
    }

    [Fact]
    public void A_name_that_ends_in_png_brings_pixels()
    {
        command.Train("run", 300);
        Assert.Equal(0, command.Run("plot", command.At("run"), "--output", command.At("plot.png")).Code);
        (int width, int height, byte[] pixels) = PngReader.Read(File.ReadAllBytes(command.At("plot.png")));
        Assert.Equal((1880, 880), (width, height));
        Assert.Equal([255, 255, 255], pixels[..3]);
        int legend = (84 * width + 140) * 3;
        Assert.Equal([0x00, 0x72, 0xb2], pixels[legend..(legend + 3)]);
    }

    [Fact]
    public void A_run_that_is_still_being_written_is_drawn_up_to_its_last_whole_line()
    {
        command.Train("run", 300);
        File.Delete(command.At("run", "evaluation.json"));
        File.AppendAllText(command.At("run", "metrics.jsonl"), "{\"iteration\":4,\"st");
        JsonElement json = Json(command.At("run"));
        Assert.Equal([100, 200, 300], Numbers(json.GetProperty("curves")[0], "x"));
        Assert.Empty(Names(json, "lines"));
    }

    [Fact]
    public void What_cannot_be_drawn_is_one_sentence_and_leaves_no_file()
    {
        command.Train("run", 100);
        string run = command.At("run");
        Plot(command.At("nowhere")).Fails(2, $"there is no run folder {command.At("nowhere")}");
        Plot(command.At("run", "checkpoints")).Fails(2, "is no run folder: it has no config.json");
        Plot(run, "--figure", "entrpy").Fails(2, "has no figure 'entrpy'; did you mean 'entropy'?");
        Plot(run, "--over", "miles").Fails(2, "--over must be steps or time, but is 'miles'");
        Plot(run, "--band", "x").Fails(2, "--band must be error, range or none, but is 'x'");
        Plot(run, "--smooth", "1").Fails(2, "--smooth must be a number from 0 to below 1, but is '1'");
        command.Run("plot", run, "--output", "plot.jpg").Fails(2,
            "a figure's name ends in .svg or .png, and 'plot.jpg' does not");
        command.Run("plot").Fails(2, "rl2 plot needs RUN");
        for (int arms = 2; arms <= 8; arms++)
            command.Train($"arms-{arms}", 100, "--set", $"arms={arms}");
        Plot([.. Enumerable.Range(2, 7).Select(arms => command.At($"arms-{arms}"))]).Fails(2,
            "these are 7 different configurations, and 6 curves can be told apart; name fewer runs");

        File.WriteAllText(command.At("run", "evaluation.json"), "{ \"agents\": 3 }");
        Plot(run).Fails(1, "evaluation.json is no evaluation");
        File.WriteAllText(command.At("run", "metrics.jsonl"),
            "{\"iteration\":1,\"steps\":10,\"entropy\":1}\n{\"iteration\":2,\"steps\":20,\"seconds\":2}\n");
        Plot(run, "--figure", "entropy", "--over", "time").Fails(1, "has no number to draw for 'entropy'");
        File.WriteAllText(command.At("run", "metrics.jsonl"), "{\"iteration\":1,\"st");
        Plot(run).Fails(1, $"{run} has no figures yet: not one iteration was done");
        File.WriteAllText(command.At("run", "metrics.jsonl"), "dear diary\n");
        Plot(run).Fails(1, "line 1 of ");
        Assert.False(File.Exists(command.At("plot.svg")));
    }
}
