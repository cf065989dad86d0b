using System.Net;
using System.Text.Json;
using RLSquared.Cli.Dashboard;

namespace RLSquared.Cli.Tests.Dashboard;

public sealed class DashboardServerTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    // ---- runs ------------------------------------------------------------------------------------------------------

    [Fact]
    public void Runs_at_any_depth_are_listed_with_how_far_they_are()
    {
        command.Train("one", 300);
        command.Train(Path.Combine("more", "two"), 100);
        Directory.CreateDirectory(command.At("letters"));
        File.WriteAllText(command.At("letters", "config.json"), "{}");     // of some other program
        using var served = new Served(command);
        JsonElement all = served.Get("/api/runs");
        Assert.Equal(["more/two", "one"],
            all.GetProperty("runs").EnumerateArray().Select(run => run.GetProperty("id").GetString()).Order());
        Assert.Equal(command.Folder, all.GetProperty("folder").GetString());
        JsonElement one = served.Run("one");
        Assert.Equal("bandits", one.GetProperty("task").GetString());
        Assert.Equal("pretend", one.GetProperty("algorithm").GetString());
        Assert.Equal("done", one.GetProperty("state").GetString());
        Assert.Equal(300, one.GetProperty("steps").GetInt64());
        Assert.Equal(3, one.GetProperty("iteration").GetInt32());
        Assert.Equal(1, one.GetProperty("progress").GetDouble());
        Assert.NotEqual(JsonValueKind.Null, one.GetProperty("evaluated").ValueKind);
    }

    [Fact]
    public void The_folder_of_one_run_shows_that_run()
    {
        command.Train("one", 100);
        using var served = new Served(command, command.At("one"));
        Assert.Equal("done", served.Run("one").GetProperty("state").GetString());
    }

    [Fact]
    public void Runs_that_differ_by_the_seed_alone_are_one_group_and_others_say_what_tells_them_apart()
    {
        command.Train("a", 100, "--seed", "1");
        command.Train("b", 100, "--seed", "2");
        command.Train("c", 100, "--seed", "2", "--set", "hidden=8");
        using var served = new Served(command);
        string Of(string id, string property) => served.Run(id).GetProperty(property).GetString()!;
        Assert.Equal(Of("a", "group"), Of("b", "group"));
        Assert.NotEqual(Of("a", "group"), Of("c", "group"));
        Assert.Equal(["hidden 4", "hidden 4", "hidden 8"], [Of("a", "label"), Of("b", "label"), Of("c", "label")]);
    }

    [Fact]
    public void Curves_are_the_columns_of_the_log()
    {
        command.Train("run", 300);
        using var served = new Served(command);
        JsonElement columns = served.Get("/api/metrics?id=run").GetProperty("columns");
        JsonElement[] lines = [.. File.ReadLines(command.At("run", "metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal([100, 200, 300], columns.GetProperty("steps").EnumerateArray().Select(x => x.GetInt32()));
        Assert.Equal(lines[0].EnumerateObject().Select(figure => figure.Name).Order(),
            columns.EnumerateObject().Select(column => column.Name).Order());
        foreach (JsonProperty column in columns.EnumerateObject())
        {
            Assert.Equal(
                lines.Select(line => (float)line.GetProperty(column.Name).GetDouble()),
                column.Value.EnumerateArray().Select(value => (float)value.GetDouble()));
        }
    }

    [Fact]
    public void The_panels_get_configuration_command_machine_and_evaluation()
    {
        command.Train("run", 100);
        using var served = new Served(command);
        JsonElement run = served.Get("/api/run?id=run");
        JsonElement configuration = run.GetProperty("configuration");
        Assert.Equal("1", configuration.GetProperty("run").GetProperty("seed").GetString());
        Assert.Equal("5", configuration.GetProperty("task").GetProperty("arms").GetString());
        Assert.Equal("4", configuration.GetProperty("algorithm").GetProperty("hidden").GetString());
        Assert.StartsWith("rl2 train bandits", run.GetProperty("command").GetString(), StringComparison.Ordinal);
        Assert.True(run.GetProperty("machine").GetProperty("cores").GetInt32() > 0);
        Assert.True(run.GetProperty("evaluation").GetProperty("agents").GetArrayLength() > 1);

        File.WriteAllText(command.At("run", "evaluation.json"), "{ \"agents\": [");
        Assert.Contains("evaluation.json cannot be read",
            served.Get("/api/run?id=run").GetProperty("evaluation").GetProperty("damaged").GetString(),
            StringComparison.Ordinal);
        File.Delete(command.At("run", "evaluation.json"));
        Assert.Equal(JsonValueKind.Null, served.Get("/api/run?id=run").GetProperty("evaluation").ValueKind);
    }

    // ---- while a run trains ----------------------------------------------------------------------------------------

    [Fact]
    public void A_line_arrives_as_an_event_once_it_is_whole()
    {
        command.Train("run", 300);
        string metrics = command.At("run", "metrics.jsonl");
        using var served = new Served(command);
        using var events = new Events(served);
        served.Get("/api/runs");
        File.AppendAllText(metrics, "{\"iteration\":4,\"steps\":400,\"mean_ret");
        Thread.Sleep(2 * RunWatch.Interval);
        Assert.Equal(3, served.Get("/api/metrics?id=run").GetProperty("columns").GetProperty("steps").GetArrayLength());

        File.AppendAllText(metrics, "urn\":7.5,\"seconds\":9}\n");
        JsonElement points = events.Next("points", data => data.GetProperty("from").GetInt32() == 3);
        Assert.Equal("run", points.GetProperty("id").GetString());
        Assert.Equal(7.5, points.GetProperty("columns").GetProperty("mean_return")[0].GetDouble());
        Assert.Equal(400, points.GetProperty("columns").GetProperty("steps")[0].GetInt64());
        Assert.Equal(4, served.Get("/api/metrics?id=run").GetProperty("columns").GetProperty("steps").GetArrayLength());
    }

    [Fact]
    public void A_new_run_a_new_evaluation_and_a_run_that_is_gone_arrive_as_events()
    {
        command.Train("one", 100);
        using var served = new Served(command);
        using var events = new Events(served);
        served.Get("/api/runs");
        command.Train("two", 100);
        Assert.Equal("bandits", events.Next("run", data => data.GetProperty("id").GetString() == "two"
            && data.GetProperty("state").GetString() == "done").GetProperty("task").GetString());
        File.SetLastWriteTimeUtc(command.At("one", "evaluation.json"), DateTime.UnixEpoch.AddSeconds(1));
        events.Next("run", data => data.GetProperty("evaluated") is { ValueKind: JsonValueKind.Number } time
            && time.GetDouble() == 1000);
        Directory.Delete(command.At("one"), recursive: true);
        Assert.Equal("one", events.Next("gone").GetProperty("id").GetString());
    }

    [Fact]
    public void A_run_whose_files_are_just_being_written_is_starting_and_later_there()
    {
        Directory.CreateDirectory(command.At("run", "checkpoints"));
        File.WriteAllText(command.At("run", "command.txt"), "rl2 train bandits\n");
        using var served = new Served(command);
        Assert.Equal("starting", served.Run("run").GetProperty("state").GetString());
        served.Refuses("/api/replay?id=run", HttpStatusCode.BadRequest, "it has no config.json");
        command.Train("other", 100);
        File.Copy(command.At("other", "config.json"), command.At("run", "config.json"));
        Served.Await(() => served.Run("run").GetProperty("task").GetString() == "bandits", "the task was known");
        Assert.Equal("starting", served.Run("run").GetProperty("state").GetString());
        served.Refuses("/api/replay?id=run", HttpStatusCode.Conflict, "the run has no checkpoint yet");
    }

    [Fact]
    public void A_run_that_fell_silent_before_its_budget_was_spent_has_stopped()
    {
        command.Train("run", 300);
        string[] lines = File.ReadAllLines(command.At("run", "metrics.jsonl"));
        File.WriteAllLines(command.At("run", "metrics.jsonl"), lines[..2]);
        using var served = new Served(command);
        Assert.Equal("training", served.Run("run").GetProperty("state").GetString());
        File.SetLastWriteTimeUtc(command.At("run", "metrics.jsonl"), DateTime.UtcNow.AddHours(-2));
        Served.Await(() => served.Run("run").GetProperty("state").GetString() == "stopped", "it had stopped");
    }

    // ---- damaged runs ----------------------------------------------------------------------------------------------

    [Fact]
    public void Damaged_runs_say_why_and_the_others_are_there()
    {
        foreach (string run in new[] { "good", "configuration", "line", "budget", "missing" })
            command.Train(run, 300);
        File.WriteAllText(command.At("configuration", "config.json"), "{ \"task\": 3 }");
        File.WriteAllText(command.At("budget", "config.json"), File.ReadAllText(command.At("good", "config.json"))
            .Replace("\"budget\": \"300\"", "\"budget\": \"soon\"", StringComparison.Ordinal));
        string[] lines = File.ReadAllLines(command.At("line", "metrics.jsonl"));
        File.WriteAllLines(command.At("line", "metrics.jsonl"), [lines[0], "dear diary", lines[2]]);
        File.Delete(command.At("missing", "config.json"));
        Directory.SetLastWriteTimeUtc(command.At("missing"), DateTime.UtcNow.AddMinutes(-1));
        using var served = new Served(command);

        Damaged("configuration", "config.json is no run's configuration");
        Damaged("budget", "'soon' is no budget");
        Damaged("line", "line 2 of metrics.jsonl is not the line of an iteration");
        Damaged("missing", "it has no config.json");
        Assert.Equal(100, served.Get("/api/metrics?id=line").GetProperty("columns").GetProperty("steps")[0].GetInt32());
        Assert.Equal("done", served.Run("good").GetProperty("state").GetString());
        Assert.Equal(10, served.Get("/api/replay?id=good").GetProperty("steps").GetArrayLength());

        void Damaged(string run, string reason)
        {
            JsonElement found = served.Run(run);
            Assert.Contains(reason, found.GetProperty("reason").GetString(), StringComparison.Ordinal);
            Assert.DoesNotContain(command.Folder, found.GetProperty("reason").GetString(), StringComparison.Ordinal);
            Assert.Equal("damaged", found.GetProperty("state").GetString());
        }
    }

    // ---- the page --------------------------------------------------------------------------------------------------

    [Fact]
    public async Task Every_file_of_the_page_is_served_and_asks_nothing_of_other_machines()
    {
        using var served = new Served(command);
        Assert.True(PageFiles.Names.Count() > 10);
        foreach (string name in PageFiles.Names.Append(""))
        {
            using HttpResponseMessage response = await served.Client.GetAsync("/" + name);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            string text = (await response.Content.ReadAsStringAsync())
                .Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal);
            if (!name.StartsWith("vendor/", StringComparison.Ordinal))
                Assert.DoesNotMatch("https?://|\"//", text);
        }
    }

    [Fact]
    public async Task Every_answer_forbids_what_the_page_does_not_need()
    {
        using var served = new Served(command);
        foreach (string path in new[] { "/", "/main.js", "/api/runs", "/api/run?id=none", "/none" })
        {
            using HttpResponseMessage response = await served.Client.GetAsync(path);
            Assert.StartsWith("default-src 'self';",
                response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
            Assert.Equal("same-origin", response.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
            Assert.True(response.Headers.CacheControl?.NoStore);
            Assert.False(response.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    [ToolsFact("npm:uplot")]
    public void The_charts_are_those_of_the_package_byte_for_byte()
    {
        string package = Tools.Find("npm:uplot")!;
        Assert.Equal("1.6.32", JsonDocument.Parse(File.ReadAllText(Path.Combine(package, "package.json")))
            .RootElement.GetProperty("version").GetString());
        foreach ((string ours, string theirs) in new[]
        {
            ("vendor/uPlot.iife.min.js", "dist/uPlot.iife.min.js"), ("vendor/uPlot.min.css", "dist/uPlot.min.css"),
            ("vendor/uPlot.LICENSE", "LICENSE"),
        })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(package, theirs)), PageFiles.Find(ours)!.Value.Content);
        }
    }
}
