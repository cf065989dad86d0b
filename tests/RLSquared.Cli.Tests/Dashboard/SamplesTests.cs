using System.Net;
using System.Text.Json;

namespace RLSquared.Cli.Tests.Dashboard;

public sealed class SamplesTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void A_run_of_a_language_model_shows_what_it_said_with_rewards_and_advantages()
    {
        Result trained = command.Run("train", "arithmetic", "--run", command.At("sums"), "--budget", "5000",
            "--instances", "10", "--threads", "1", "--quiet", "--set", "layers=1", "hidden=16", "heads=2", "batch=16",
            "warm-start=2", "warm-start-batch=4", "updates=2");
        Assert.True(trained.Code == 0, trained.Error);
        using var served = new Served(command);
        JsonElement newest = served.Get("/api/samples?id=sums");
        int[] iterations = [.. newest.GetProperty("iterations").EnumerateArray().Select(one => one.GetInt32())];
        Assert.True(iterations.Length > 2);
        // The first is the warm start, and each batch serves two updates.
        Assert.Equal(Enumerable.Range(0, iterations.Length).Select(i => 2 + 2 * i), iterations);
        Assert.Equal(iterations[^1], newest.GetProperty("iteration").GetInt32());
        JsonElement shown = served.Get($"/api/samples?id=sums&iteration={iterations[1] + 1}").GetProperty("shown");
        Assert.Equal(iterations[1], shown.GetProperty("iteration").GetInt32());
        Assert.Equal(2, shown.GetProperty("groups").GetInt32());
        JsonElement[] samples = [.. shown.GetProperty("samples").EnumerateArray()];
        Assert.Equal(8, samples.Length);
        foreach (JsonElement one in samples)
        {
            Assert.Matches(@"^\d\d\+\d\d=$", one.GetProperty("prompt").GetString());
            int length = one.GetProperty("length").GetInt32();
            foreach (string name in (string[])["tokens", "logProbabilities", "advantages"])
                Assert.Equal(length, one.GetProperty(name).GetArrayLength());
            Assert.Equal(one.GetProperty("reward").GetDouble(),
                one.GetProperty("parts").GetProperty("exact").GetDouble());
            Assert.All(one.GetProperty("logProbabilities").EnumerateArray(), log => Assert.True(log.GetDouble() <= 0));
            // The whole completion is one action, so all of its tokens have one advantage.
            Assert.Single(one.GetProperty("advantages").EnumerateArray().Select(a => a.GetDouble()).Distinct());
        }
        Assert.Equal(2, samples.Select(one => one.GetProperty("group").GetInt64()).Distinct().Count());
        served.Refuses(
            "/api/samples?id=sums&iteration=x", HttpStatusCode.BadRequest, "iteration must be a whole number");
    }

    [Fact]
    public void A_run_without_samples_has_none_and_a_damaged_file_is_one_sentence()
    {
        command.Train("bandits", 100);
        using var served = new Served(command);
        JsonElement none = served.Get("/api/samples?id=bandits");
        Assert.Equal((0, JsonValueKind.Null),
            (none.GetProperty("iterations").GetArrayLength(), none.GetProperty("shown").ValueKind));
        const string one = """
            {"iteration":1,"steps":9,"groups":2,"solved":["c"],"unsolved":["a","b"],"samples":[]}

            """, two = """
            {"iteration":2,"steps":19,"groups":2,"solved":["b"],"unsolved":["a","c"],"samples":[]}

            """;
        string path = command.At("bandits", "samples.jsonl");
        File.WriteAllText(path, one + two + """{"iteration":3,"ste""");       // being written
        JsonElement read = served.Get("/api/samples?id=bandits");
        Assert.Equal(2, read.GetProperty("iterations").GetArrayLength());
        JsonElement never = Assert.Single(read.GetProperty("never").EnumerateArray());
        Assert.Equal(("a", 2), (never.GetProperty("prompt").GetString(), never.GetProperty("times").GetInt32()));
        foreach (string wrong in (string[])["[]\n", "{}\n", "nothing\n",
            one.Replace("\"samples\":[]", "\"samples\":[7]"), one.Replace("[\"c\"]", "[3]"),
            one.Replace("\"iteration\":1", "\"iteration\":\"1\""),
            one.Replace("\"a\"", "\"\\ud800\"")])
        {
            File.WriteAllText(path, one + wrong);
            served.Refuses("/api/samples?id=bandits", HttpStatusCode.Conflict, "holds no samples");
        }
        File.WriteAllText(path, one.Replace("\"steps\":9", "\"steps\":\"\\ud800\""));
        served.Refuses("/api/samples?id=bandits", HttpStatusCode.Conflict, "holds what is no text");
    }
}
