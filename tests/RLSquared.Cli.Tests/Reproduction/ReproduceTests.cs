using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml.Linq;
using RLSquared.Runs;

namespace RLSquared.Cli.Tests.Reproduction;

public sealed class ReproduceTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void A_row_is_trained_played_and_written_with_all_that_a_reader_needs()
    {
        Result result = Reproduce("--row", "short");
        Assert.Equal("", result.Error);
        Assert.Equal(0, result.Code);
        Assert.Contains($"the page: {command.At("results", "pretend.md")}", result.Output, StringComparison.Ordinal);

        JsonElement results = Results(), row = results.GetProperty("rows")[0];
        Assert.Equal(1, results.GetProperty("version").GetInt32());
        Assert.Equal("short", row.GetProperty("row").GetString());
        Assert.Equal("10", row.GetProperty("options").GetProperty("pulls").GetString());
        Assert.Equal(20, row.GetProperty("instances").GetInt32());
        Assert.Equal(6.7, row.GetProperty("paper").GetProperty("means").GetProperty("rl2").GetDouble());
        Assert.Equal(6.660, row.GetProperty("ceiling").GetProperty("mean").GetDouble(), 0.001);
        string[] opponents = [.. row.GetProperty("opponents").EnumerateArray().Select(Name)];
        Assert.Equal(
            ["random", "greedy", "epsilon-greedy", "ucb1", "thompson", "optimistic-thompson", "gittins",
                "finite-horizon-gittins"], opponents);
        JsonElement trained = row.GetProperty("trained")[0], seed = trained.GetProperty("seeds")[0];
        Assert.Equal(("gru", "500"), (trained.GetProperty("variant").GetString(),
            trained.GetProperty("budget").GetString()));
        Assert.Equal("3", trained.GetProperty("options").GetProperty("hidden").GetString());
        Assert.Equal(500, seed.GetProperty("steps").GetInt64());
        Assert.Equal([100L, 200, 300, 400, 500],
            seed.GetProperty("curve").GetProperty("steps").EnumerateArray().Select(step => step.GetInt64()));
        Assert.Equal($"rl2 train bandits --algorithm pretend --set arms=5 pulls=10 hidden=3 --budget 500 --seed 1 " +
            $"--run {Run("short-gru-1")}", seed.GetProperty("command").GetString());
        Assert.NotEqual("", seed.GetProperty("machine").GetProperty("processor").GetString());

        string page = File.ReadAllText(command.At("results", "pretend.md"));
        Assert.Matches(@"\| n = 10, k = 5 \| \*\*[\d.]+ ± [\d.]+\*\* \| 6.7 \| 6.7 \(ucb1, rl2\) \| 6.660 \| " +
            @"3.330 \(within 50 % of the ceiling\) \| yes \|", page);
        Assert.Matches(@"\| ucb1 \(c [\d.]+\) \| [\d.]+ ± [\d.]+ \| 20 \| 6.7 \|", page);
        Assert.Contains("(pretend-short.svg)", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_machine_that_is_named_is_the_one_of_the_training()
    {
        command.Run("train", "bandits", "--algorithm", "pretend", "--set", "hidden=3", "--budget", "500",
            "--run", Run("short-gru-1"), "--quiet", "--instances", "5", "--threads", "1");
        string path = Path.Combine(Run("short-gru-1"), "environment.json");
        JsonNode machine = JsonNode.Parse(File.ReadAllText(path))!;
        machine["processor"] = "an abacus";
        File.WriteAllText(path, machine.ToJsonString());
        Assert.Equal(0, Reproduce("--row", "short").Code);
        Assert.Equal("an abacus", Processor());
        Assert.Contains("| an abacus, 1 threads |", File.ReadAllText(command.At("results", "pretend.md")),
            StringComparison.Ordinal);

        Directory.Delete(command.At("results"), recursive: true);
        File.Delete(path);
        Assert.Equal(0, Reproduce("--row", "short").Code);
        Assert.Equal(Machine.Current().Processor, Processor());

        string? Processor() => Row("short").GetProperty("trained")[0].GetProperty("seeds")[0]
            .GetProperty("machine").GetProperty("processor").GetString();
    }

    [Fact]
    public void The_plot_has_a_point_for_each_iteration_and_a_line_for_each_opponent_and_the_ceiling()
    {
        Reproduce("--row", "short");
        XDocument plot = XDocument.Load(command.At("results", "pretend-short.svg"));
        XElement curve = Assert.Single(plot.Descendants(), element => element.Name.LocalName == "polyline");
        Assert.Equal(5, curve.Attribute("points")!.Value.Split(' ').Length);
        Assert.Equal(8, plot.Descendants().Count(element => element.Attribute("class")?.Value == "reference"));
        Assert.Single(plot.Descendants(), element => element.Attribute("class")?.Value == "ceiling");
    }

    [Fact]
    public void The_command_that_is_shown_trains_the_same_agent()
    {
        Reproduce("--row", "long");
        string[] words = Row("long").GetProperty("trained")[0].GetProperty("seeds")[0].GetProperty("command")
            .GetString()!.Split(' ')[1..];
        words[^1] = command.At("again");
        Assert.Equal(0, command.Run([.. words, "--quiet", "--instances", "5"]).Code);
        Assert.Equal(File.ReadAllLines(Path.Combine(Run("long-gru-1"), "metrics.jsonl")).Select(Figures),
            File.ReadAllLines(command.At("again", "metrics.jsonl")).Select(Figures));
    }

    [Fact]
    public void What_is_there_is_neither_trained_nor_played_again()
    {
        Reproduce("--row", "short");
        byte[] results = File.ReadAllBytes(command.At("results", "pretend.json"));
        Directory.Delete(command.At("runs"), recursive: true);
        Result again = Reproduce("--row", "short");
        Assert.Equal(0, again.Code);
        Assert.False(Directory.Exists(command.At("runs")));
        Assert.Equal(results, File.ReadAllBytes(command.At("results", "pretend.json")));
    }

    [Fact]
    public void Another_seed_is_added_and_the_opponents_figures_stay()
    {
        Reproduce("--row", "short");
        JsonElement ucb1 = Row("short").GetProperty("opponents")[3];
        string path = command.At("results", "pretend.json"), mean = ucb1.GetProperty("mean").GetRawText();
        File.WriteAllText(path, File.ReadAllText(path).Replace($": {mean},", ": 1234.5,", StringComparison.Ordinal));

        Assert.Equal(0, Reproduce("--row", "short", "--seeds", "3").Code);
        Assert.Equal(1234.5, Row("short").GetProperty("opponents")[3].GetProperty("mean").GetDouble());
        JsonElement trained = Row("short").GetProperty("trained")[0];
        double[] means =
            [.. trained.GetProperty("seeds").EnumerateArray().Select(one => one.GetProperty("mean").GetDouble())];
        Assert.Equal(3, means.Length);
        Assert.Equal(means.Order().ElementAt(1), trained.GetProperty("median").GetDouble());
        Assert.Equal(means.Max(), trained.GetProperty("best").GetDouble());
        XDocument plot = XDocument.Load(command.At("results", "pretend-short.svg"));
        Assert.Single(plot.Descendants(), element => element.Name.LocalName == "polygon");
    }

    [Fact]
    public void An_interrupted_row_goes_on_with_the_same_command_and_ends_the_same()
    {
        string[] seeds = ["--row", "short", "--seeds", "2"];
        Reproduce(interrupted: true, seeds)
            .Fails(130, "interrupted in short after 100 steps; the same command goes on");
        Assert.Single(Directory.GetDirectories(command.At("runs", "pretend")));
        Assert.Equal(0, Reproduce(seeds).Code);
        Assert.Equal(5, File.ReadAllLines(Path.Combine(Run("short-gru-1"), "metrics.jsonl")).Length);
        string[] parts = Curves();

        Assert.Equal(0, Reproduce([.. seeds, "--results", command.At("other"), "--runs", command.At("whole")]).Code);
        File.Copy(command.At("other", "pretend.json"), command.At("results", "pretend.json"), overwrite: true);
        Assert.Equal(parts, Curves());

        string[] Curves() => [.. Row("short").GetProperty("trained")[0].GetProperty("seeds").EnumerateArray()
            .Select(seed => seed.GetProperty("curve").GetRawText() + seed.GetProperty("mean").GetRawText())];
    }

    [Fact]
    public void A_row_that_was_interrupted_while_playing_keeps_its_training_and_what_was_played()
    {
        Result trained = command.Run(
            "train", "bandits", "--algorithm", "pretend", "--set", "hidden=3", "--budget", "500",
            "--run", Run("short-gru-1"), "--quiet", "--instances", "5");
        Assert.Equal(0, trained.Code);
        Reproduce(interrupted: true, "--row", "short")
            .Fails(130, "interrupted while playing; the same command goes on");
        Assert.Equal(0, Reproduce("--row", "short").Code);
        Assert.Equal(5, File.ReadAllLines(Path.Combine(Run("short-gru-1"), "metrics.jsonl")).Length);
    }

    [Fact]
    public void A_row_that_starts_from_another_trains_that_one_first()
    {
        Assert.Equal(0, Reproduce("--row", "long").Code);
        Assert.Equal(5, File.ReadAllLines(Path.Combine(Run("short-gru-1"), "metrics.jsonl")).Length);
        JsonElement configuration =
            JsonDocument.Parse(File.ReadAllText(Path.Combine(Run("long-gru-1"), "config.json"))).RootElement;
        Assert.Equal(Path.Combine(Run("short-gru-1"), "checkpoints", "step-000000000500.safetensors"),
            configuration.GetProperty("from").GetString());
        Assert.Equal(1, Results().GetProperty("rows").GetArrayLength());
        JsonElement trained = Row("long").GetProperty("trained")[0];
        Assert.Equal("short", trained.GetProperty("from").GetString());
        Assert.Equal(800, trained.GetProperty("seeds")[0].GetProperty("steps").GetInt64());
        Assert.False(trained.GetProperty("reachesAim").GetBoolean());
    }

    [Fact]
    public void A_row_without_a_training_of_its_own_is_played_by_the_agent_of_another()
    {
        Assert.Equal(0, Reproduce("--row", "far").Code);
        Assert.Equal(["short-gru-1"], Directory.GetDirectories(command.At("runs", "pretend")).Select(Path.GetFileName));
        Assert.Equal("20", Row("far").GetProperty("options").GetProperty("pulls").GetString());
        Assert.Equal(JsonValueKind.Null, Row("far").GetProperty("trained")[0].GetProperty("aim").ValueKind);
    }

    [Fact]
    public void Seeds_may_begin_with_another_one()
    {
        Assert.Equal(0, Reproduce("--row", "short", "--first-seed", "3", "--seeds", "2").Code);
        Assert.Equal([3, 4], Row("short").GetProperty("trained")[0].GetProperty("seeds").EnumerateArray()
            .Select(one => one.GetProperty("seed").GetInt32()));
    }

    [Fact]
    public void Variants_stand_side_by_side_and_those_that_see_more_apart()
    {
        Reproduce("--row", "short");
        Assert.Equal(0, Reproduce("--row", "short", "--variant", "seer").Code);
        Assert.Equal(["gru", "seer"],
            Row("short").GetProperty("trained").EnumerateArray().Select(one => one.GetProperty("variant").GetString()));
        string page = File.ReadAllText(command.At("results", "pretend.md"));
        Assert.Contains("## Seer: a network that sees more (shown apart)", page, StringComparison.Ordinal);
        Assert.Contains("**rl2** (seer)", page, StringComparison.Ordinal);
        XDocument plot = XDocument.Load(command.At("results", "pretend-short.svg"));
        Assert.Equal(2, plot.Descendants().Count(element => element.Name.LocalName == "polyline"));
    }

    [Fact]
    public void Json_has_the_rows_that_were_asked_for()
    {
        Reproduce("--row", "short");
        JsonElement json = Reproduce("--row", "long", "--json").Json;
        JsonElement row = Assert.Single(json.GetProperty("rows").EnumerateArray());
        Assert.Equal("long", row.GetProperty("row").GetString());
        Assert.Equal(1000, row.GetProperty("aim").GetDouble());
        Assert.Equal(2, Results().GetProperty("rows").GetArrayLength());
    }

    // ---- bad input -------------------------------------------------------------------------------------------------

    [Fact]
    public void Unknown_tables_rows_and_variants_are_refused_with_the_nearest()
    {
        command.Run("reproduce", "tabel1").Fails(2, "there is no table 'tabel1'; did you mean 'table1'?");
        Reproduce("--row", "shrot").Fails(2, "there is no row 'shrot'; did you mean 'short'?");
        Reproduce("--row", "ucb-with-priors").Fails(2, "; pretend has short, long, far");
        Reproduce("--row", "long", "--variant", "seer").Fails(2, "there is no variant 'seer'; long has gru");
        Reproduce("--instances", "0").Fails(2, "--instances must be 1 or more, but is 0");
        command.Run("reproduce").Fails(2, "rl2 reproduce needs TABLE");
        Assert.False(Directory.Exists(command.At("results")));
    }

    [Theory]
    [InlineData("\"version\": 1", "\"version\": 2", "has version 2 of its layout, and this program reads version 1")]
    [InlineData("\"version\": 1", "\"edition\": 1", "holds no results of rl2 reproduce: it has no version; move")]
    [InlineData("\"version\": 1", "\"version\": \"1\"", "holds no results of rl2 reproduce: it has no version")]
    [InlineData("\"table\": \"pretend\"", "\"table\": \"table1\"", "holds table1, not pretend; move it away")]
    [InlineData("\"row\": \"short\"", "\"row\": \"shirt\"", "holds a row 'shirt', which pretend does not have")]
    [InlineData("\"instances\": 20", "\"instances\": true", "is damaged: ")]
    [InlineData("\"seeds\": [", "\"sheds\": [", "is damaged: ")]
    [InlineData("\"rows\": [", "\"rows\": ", "is damaged: ")]
    public void Results_that_cannot_be_read_are_refused_before_anything_is_trained(
        string written, string instead, string message)
    {
        Reproduce("--row", "short");
        string path = command.At("results", "pretend.json"), text = File.ReadAllText(path);
        Assert.Contains(written, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(written, instead, StringComparison.Ordinal));
        byte[] before = File.ReadAllBytes(path);
        Directory.Delete(command.At("runs"), recursive: true);
        Reproduce("--row", "long").Fails(1, message);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.False(Directory.Exists(command.At("runs")));
    }

    [Theory]
    [InlineData("--budget", "400", "has short (gru) with a budget of 500, not 400; use --force")]
    [InlineData("--instances", "30", "has short with 20 trials, not 30; use --force")]
    public void A_result_that_was_made_otherwise_is_replaced_only_with_force(
        string option, string value, string message)
    {
        Reproduce("--row", "short");
        byte[] before = File.ReadAllBytes(command.At("results", "pretend.json"));
        Reproduce("--row", "short", option, value).Fails(2, message);
        Assert.Equal(before, File.ReadAllBytes(command.At("results", "pretend.json")));

        Assert.Equal(0, Reproduce("--row", "short", option, value, "--force").Code);
        JsonElement row = Row("short"), trained = row.GetProperty("trained")[0];
        Assert.Equal((option == "--instances" ? 30 : 20, option == "--budget" ? "400" : "500"),
            (row.GetProperty("instances").GetInt32(), trained.GetProperty("budget").GetString()));
    }

    [Fact]
    public void A_run_that_was_trained_otherwise_is_not_taken_for_the_recipes()
    {
        command.Run("train", "bandits", "--algorithm", "pretend", "--set", "hidden=5", "--budget", "500",
            "--run", Run("short-gru-1"), "--quiet", "--instances", "5");
        string message = $"{Run("short-gru-1")} was trained with hidden=5, not 3; use --force to train it anew";
        Reproduce("--row", "short").Fails(2, message);
        Reproduce("--row", "long").Fails(2, message);
        Assert.Equal(0, Reproduce("--row", "short", "--force").Code);
        Assert.Contains("\"hidden\": \"3\"", File.ReadAllText(Path.Combine(Run("short-gru-1"), "config.json")),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_of_someone_else_is_not_overwritten()
    {
        Directory.CreateDirectory(command.At("results"));
        File.WriteAllText(command.At("results", "pretend.md"), "my notes");
        Reproduce("--row", "short").Fails(2, "pretend.md is there without ");
        Assert.Equal("my notes", File.ReadAllText(command.At("results", "pretend.md")));
    }

    Result Reproduce(params string[] more) => Reproduce(interrupted: false, more);

    Result Reproduce(bool interrupted, params string[] more)
    {
        List<string> args = ["reproduce", "pretend", "--quiet", "--threads", "1"];
        if (!more.Contains("--results"))
            args.AddRange(["--results", command.At("results"), "--runs", command.At("runs")]);
        return command.Run(interrupted, [.. args, .. more]);
    }

    string Run(string name) => command.At("runs", "pretend", name);

    JsonElement Results() =>
        JsonDocument.Parse(File.ReadAllText(command.At("results", "pretend.json"))).RootElement;

    JsonElement Row(string id) =>
        Results().GetProperty("rows").EnumerateArray().Single(row => row.GetProperty("row").GetString() == id);

    static string Name(JsonElement element) => element.GetProperty("name").GetString()!;

    static string Figures(string line) => line[..line.IndexOf("\"seconds", StringComparison.Ordinal)];
}
