using System.Buffers;
using System.Net;
using System.Text.Json;
using RLSquared.Cli.Dashboard;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Opponents;
using RLSquared.Tasks;

namespace RLSquared.Cli.Tests.Dashboard;

public sealed class ReplayTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void A_replay_is_the_trial_that_play_shows()
    {
        command.Run("train", "bandits", "--run", command.At("run"), "--budget", "160", "--instances", "5", "--quiet",
            "--threads", "1", "--set", "arms=3", "hidden=4", "trials=16", "minibatch=8");
        JsonElement played = command.Run("play", command.At("run"), "--trial", "2", "--seed", "7", "--json").Json;
        using var served = new Served(command);
        JsonElement replay = served.Get("/api/replay?id=run&trial=2&seed=7");
        foreach (JsonProperty property in played.EnumerateObject())
            Assert.True(JsonElement.DeepEquals(property.Value, replay.GetProperty(property.Name)), property.Name);
        Assert.Equal("bandit", replay.GetProperty("kind").GetString());
        Assert.Equal(3, replay.GetProperty("steps")[0].GetProperty("probabilities").GetArrayLength());
        Assert.Equal(160, replay.GetProperty("trainedSteps").GetInt64());
        Assert.Equal("best.safetensors",
            served.Get("/api/replay?id=run&checkpoint=best").GetProperty("checkpoint").GetString());
    }

    [Fact]
    public void Of_a_long_trial_the_beginning_is_shown()
    {
        Assert.Equal(0, command.Run("train", "restless-bandit", "--algorithm", "pretend", "--run", command.At("run"),
            "--budget", "1", "--instances", "1", "--quiet", "--threads", "1", "--set", "trials=2", "minibatch=1",
            "pulls=2100").Code);
        using var served = new Served(command);
        JsonElement replay = served.Get("/api/replay?id=run");
        Assert.Equal(Replays.MostSteps, replay.GetProperty("steps").GetArrayLength());
        Assert.True(replay.GetProperty("isCut").GetBoolean());
        Assert.Equal(2100, command.Run("play", command.At("run"), "--json").Json.GetProperty("steps").GetArrayLength());
    }

    [Theory]
    [InlineData("mdps", "states", "states=4", "actions=2", "horizon=3", "episodes=2")]
    [InlineData("two-step", "states", "rounds=3")]
    [InlineData("restless-bandit", "bandit", "pulls=5")]
    [InlineData("mazes", "maze", "horizon=6")]
    [InlineData("movement-bandits", "world", "goal=1")]
    [InlineData("four-rooms", "world", "goal=103")]
    [InlineData("krazy-world", "world", "horizon=6")]
    [InlineData("grid-mazes", "world", "horizon=6")]
    public void Each_task_brings_what_its_picture_needs(string task, string kind, params string[] options)
    {
        Result trained = command.Run(["train", task, "--algorithm", "pretend", "--run", command.At("run"), "--budget",
            "1", "--instances", "1", "--quiet", "--threads", "1", "--set", "trials=2", "minibatch=1", .. options]);
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        using var served = new Served(command);
        JsonElement replay = served.Get("/api/replay?id=run"), step = replay.GetProperty("steps")[1];
        Assert.Equal(kind, replay.GetProperty("kind").GetString());
        Assert.True(step.TryGetProperty("action", out _) && step.TryGetProperty("reward", out _));
        switch (kind)
        {
            case "states":
                Assert.InRange(step.GetProperty("state").GetInt32(), 0, replay.GetProperty("states").GetInt32() - 1);
                break;
            case "bandit":
                Assert.Equal(2, step.GetProperty("arms").GetArrayLength());
                break;
            case "world":
                JsonElement world = replay.GetProperty("steps")[0].GetProperty("world");
                Assert.Equal(2, step.GetProperty("place").GetArrayLength());
                Assert.False(step.TryGetProperty("world", out _) && task != "krazy-world");
                Assert.Equal(task switch
                {
                    "movement-bandits" => (2, 0),
                    "four-rooms" => (1, 13),
                    "krazy-world" => (0, 10),
                    _ => (1, 22),
                }, (world.GetProperty("marks").GetArrayLength(), world.GetProperty("rows").GetArrayLength()));
                break;
            default:
                JsonElement maze = replay.GetProperty("maze");
                Assert.Equal(maze.GetProperty("side").GetInt32(), maze.GetProperty("rows").GetArrayLength());
                Assert.Equal(40 * 30 * 3, step.GetProperty("view").GetBytesFromBase64().Length);
                Assert.Equal(3, step.GetProperty("pose").GetArrayLength());
                break;
        }
    }

    [Fact]
    public void A_world_has_one_mark_that_pays_the_others_beside_it_and_its_walls()
    {
        JsonElement corners = World(new Corners()), course = World(new SparseCourse());
        bool[] pays = [.. corners.GetProperty("marks").EnumerateArray().Select(
            mark => mark.GetProperty("pays").GetBoolean())];
        Assert.Equal((4, 1), (pays.Length, pays.Count(one => one)));
        Assert.Equal(2, corners.GetProperty("marks")[0].GetProperty("radius").GetDouble());
        Assert.Equal("[[0,-10,0,0]]", course.GetProperty("walls").ToString());
        Assert.Equal(0, course.GetProperty("rows").GetArrayLength());

        static JsonElement World(TaskDistribution task)
        {
            using var trial = new PlayedTrial(task, new RandomAgent(), seed: 1, number: 1);
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                TrialOutput.WriteJson(json, trial, mostSteps: 5);
                json.WriteEndObject();
            }
            JsonElement steps = JsonDocument.Parse(buffer.WrittenMemory).RootElement.GetProperty("steps");
            Assert.False(steps[1].TryGetProperty("world", out _));
            return steps[0].GetProperty("world");
        }
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_used_is_named_and_a_later_one_is_played()
    {
        command.Train("run", 300);
        using var served = new Served(command);
        JsonElement first = served.Get("/api/replay?id=run");
        Assert.Equal("step-000000000300.safetensors", first.GetProperty("checkpoint").GetString());

        string last = command.At("run", "checkpoints", "step-000000000300.safetensors");
        byte[] bytes = File.ReadAllBytes(last);
        File.WriteAllBytes(last, bytes[..^10]);
        served.Refuses("/api/replay?id=run", HttpStatusCode.Conflict, "step-000000000300.safetensors cannot be read");
        Assert.Equal("done", served.Run("run").GetProperty("state").GetString());

        File.WriteAllBytes(last, bytes);
        Assert.Equal(0, command.Run(
            "resume", command.At("run"), "--budget", "600", "--instances", "5", "--quiet").Code);
        Assert.Equal(600, served.Get("/api/replay?id=run").GetProperty("trainedSteps").GetInt64());
    }

    // A trainer keeps its last three checkpoints and deletes those before while others may read them.
    [Fact]
    public async Task Checkpoints_that_come_and_go_while_they_are_played_do_no_harm()
    {
        command.Train("run", 300, "--checkpoint-every", "100");
        string folder = command.At("run", "checkpoints");
        byte[][] kept = [.. Directory.GetFiles(folder, "step-*").Order().Select(File.ReadAllBytes)];
        using var served = new Served(command);
        using var end = new CancellationTokenSource();
        Task training = Task.Run(async () =>
        {
            for (int step = 400; !end.IsCancellationRequested; step += 100)
            {
                string next = Path.Combine(folder, $"step-{step:D12}.safetensors");
                File.WriteAllBytes(next + ".unfinished", kept[step / 100 % 3]);
                File.Move(next + ".unfinished", next);
                File.Delete(Path.Combine(folder, $"step-{step - 300:D12}.safetensors"));
                await Task.Delay(2);
            }
        });
        for (int trial = 1; trial <= 30; trial++)
            Assert.Equal(10, served.Get($"/api/replay?id=run&trial={trial}").GetProperty("steps").GetArrayLength());
        await end.CancelAsync();
        await training;
    }

    [Fact]
    public async Task The_page_is_answered_while_a_trial_is_played()
    {
        command.Train("run", 100);
        command.Run("train", "patient", "--algorithm", "pretend", "--run", command.At("patient"), "--budget", "40",
            "--instances", "1", "--quiet", "--threads", "1");
        using var served = new Served(command);
        PatientBandit.Gate.Reset();
        try
        {
            Task<string> replay = served.Client.GetStringAsync("/api/replay?id=patient");
            for (int i = 0; i < 3; i++)
            {
                Assert.Equal(2, served.Get("/api/runs").GetProperty("runs").GetArrayLength());
                served.Get("/api/metrics?id=run");
                await Task.Delay(RunWatch.Interval);
            }
            Assert.False(replay.IsCompleted);
            PatientBandit.Gate.Set();
            Assert.Equal(4, JsonDocument.Parse(await replay).RootElement.GetProperty("steps").GetArrayLength());
        }
        finally
        {
            PatientBandit.Gate.Set();
        }
    }

    [Fact]
    public async Task Only_so_many_wait_for_a_trial_and_the_others_are_told_so()
    {
        command.Run("train", "patient", "--algorithm", "pretend", "--run", command.At("patient"), "--budget", "40",
            "--instances", "1", "--quiet", "--threads", "1");
        using var replays = new Replays(command.Catalogues);
        PatientBandit.Gate.Reset();
        List<Task<byte[]>> waiting = [];
        try
        {
            for (int trial = 1; trial <= Replays.MostWaiting; trial++)
                waiting.Add(replays.Play(Trial(trial), CancellationToken.None));
            TimeoutException refused = await Assert.ThrowsAsync<TimeoutException>(
                () => replays.Play(Trial(99), CancellationToken.None));
            Assert.Contains("8 replays are waiting already", refused.Message, StringComparison.Ordinal);
        }
        finally
        {
            PatientBandit.Gate.Set();
        }
        foreach (byte[] trial in await Task.WhenAll(waiting))
            Assert.NotEmpty(trial);
    }

    [Fact]
    public async Task A_trial_that_takes_too_long_is_given_up_on_and_the_next_waits_for_its_end()
    {
        command.Train("run", 100);
        command.Run("train", "patient", "--algorithm", "pretend", "--run", command.At("patient"), "--budget", "40",
            "--instances", "1", "--quiet", "--threads", "1");
        using var replays = new Replays(command.Catalogues, patience: TimeSpan.FromSeconds(0.3));
        PatientBandit.Gate.Reset();
        try
        {
            TimeoutException late = await Assert.ThrowsAsync<TimeoutException>(
                () => replays.Play(Trial(1), CancellationToken.None));
            Assert.Contains("was not played within", late.Message, StringComparison.Ordinal);
            await Assert.ThrowsAsync<TimeoutException>(() => replays.Play(Run(1), CancellationToken.None));
        }
        finally
        {
            PatientBandit.Gate.Set();
        }
        Served.Await(() => IsPlayed(replays), "it was played");
    }

    // On a busy machine a trial may take longer than the patience, and is then asked for again.
    bool IsPlayed(Replays replays)
    {
        try
        {
            return replays.Play(Run(1), CancellationToken.None).GetAwaiter().GetResult().Length > 0;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    [Fact]
    public async Task What_was_played_is_kept_while_there_is_room_and_the_oldest_goes_first()
    {
        command.Train("run", 100);
        using var roomy = new Replays(command.Catalogues);
        byte[] first = await roomy.Play(Run(1), default);
        Assert.Same(first, await roomy.Play(Run(1), default));
        Assert.Equal(first.Length, roomy.Bytes);

        int most = 2 * first.Length + 100;
        using var narrow = new Replays(command.Catalogues, most);
        byte[] old = await narrow.Play(Run(1), default);
        for (int trial = 2; trial <= 9; trial++)
        {
            await narrow.Play(Run(trial), default);
            Assert.InRange(narrow.Bytes, first.Length, most);
        }
        byte[] again = await narrow.Play(Run(1), default);
        Assert.NotSame(old, again);
        Assert.Equal(old, again);
    }

    ReplayRequest Run(int trial) => new(command.At("run"), "last", 1, trial);

    ReplayRequest Trial(int trial) => new(command.At("patient"), "last", 1, trial);
}
