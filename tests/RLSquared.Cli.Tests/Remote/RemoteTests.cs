using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace RLSquared.Cli.Tests.Remote;

/// <summary>Tasks that a Python process plays, from the first connection to the last goodbye.</summary>
public sealed class RemoteTests : IDisposable
{
    readonly CommandLine command = new();
    readonly int port = Peer.FreePort();

    public void Dispose() => command.Dispose();

    // Eight pulls of two arms bring 4 by chance; whoever learns which arm pays has 7.5.
    [ToolsFact("python3")]
    public void A_game_of_Godot_is_learned_and_the_run_is_evaluated_played_and_resumed()
    {
        Result trained;
        using (var game = Peer.Game(port, "--agents", "16"))
        {
            trained = Train("run", ["--budget", "100000", "--json"], "max-steps=4", "learning-rate=0.01");
            Assert.StartsWith("closed after", game.WaitForGoodEnd(), StringComparison.Ordinal);
        }
        Assert.Equal(0, trained.Code);
        Assert.Contains($"waiting for 1 game on 127.0.0.1:{port} …", trained.Error, StringComparison.Ordinal);
        JsonElement evaluation = trained.Json.GetProperty("evaluation");
        Assert.InRange(Mean(evaluation, "rl2"), 5.5, 8);
        Assert.InRange(Mean(evaluation, "random"), 3, 5);
        Assert.Equal("vector:1", evaluation.GetProperty("options").GetProperty("observation").GetString());

        // The run knows what its games show, so another port is no other task, and another game is.
        int other = Peer.FreePort();
        using (Peer.Game(other, "--agents", "16"))
        {
            Result evaluated = command.Run("evaluate", command.At("run"), "--set", $"port={other}", "--json");
            Assert.Equal(0, evaluated.Code);
            Assert.InRange(Mean(evaluated.Json, "rl2"), 5.5, 8);
        }
        using (Peer.Game(port, "--agents", "4"))
        {
            command.Run("evaluate", command.At("run"), "--quiet").Fails(1,
                "the game has 4 agents, and 16 were expected (agents=16)");
        }
        using (Peer.Environments(port, "Arms"))
        {
            command.Run("evaluate", command.At("run"), "--quiet").Fails(1,
                "game 1 has observation=discrete:2, and observation=vector:1 is expected");
        }
        using (Peer.Game(port, "--agents", "16"))
        {
            JsonElement played = command.Run("play", command.At("run"), "--json", "--quiet").Json;
            Assert.Equal(8, played.GetProperty("steps").GetArrayLength());
        }
        using (Peer.Game(port, "--agents", "16"))
        {
            Result resumed = command.Run(
                "resume", command.At("run"), "--budget", "110000", "--instances", "16", "--json", "--quiet");
            Assert.Equal((0, ""), (resumed.Code, resumed.Error));
            Assert.InRange(resumed.Json.GetProperty("steps").GetInt64(), 110_000, 112_048);
        }
    }

    [ToolsFact("python3")]
    public void Two_games_play_side_by_side_and_begin_trials_when_their_method_is_called()
    {
        using var one = Peer.Game(port, "--agents", "6", "--by-method");
        using var two = Peer.Game(port, "--agents", "2", "--by-method");
        Result trained = Train("run", ["--budget", "2000", "--json"],
            "games=2", "max-steps=4", "trial-method=new_trial", "trials=16", "minibatch=16", "shards=1");
        Assert.Equal(0, trained.Code);
        Assert.Equal("8", Option(trained, "agents"));
        // Without a method every trial would have the same arm: the two that a seed of 1 draws first.
        Assert.InRange(Mean(trained.Json.GetProperty("evaluation"), "random"), 3, 5);
        Assert.StartsWith("closed", one.WaitForGoodEnd(), StringComparison.Ordinal);
        Assert.StartsWith("closed", two.WaitForGoodEnd(), StringComparison.Ordinal);
    }

    // Two episodes of two pulls bring 2 by chance; whoever learns which arm pays has 3.5.
    [ToolsFact("python3")]
    public void Environments_with_Gymnasiums_interface_are_learned_and_a_trial_is_the_same_each_time_it_is_played()
    {
        using (var environments = Peer.Environments(port, "Arms", 16))
        {
            Result trained = Train("run", ["--budget", "40000", "--json"], "learning-rate=0.01");
            Assert.Equal(0, trained.Code);
            Assert.InRange(Mean(trained.Json.GetProperty("evaluation"), "rl2"), 2.8, 4);
            environments.WaitForGoodEnd();
        }
        Assert.Equal(Evaluated(16), Evaluated(16));

        string Evaluated(int copies)
        {
            using (Peer.Environments(port, "Arms", copies))
                return command.Run("evaluate", command.At("run"), "--json", "--quiet").Output;
        }
    }

    // The environment asserts that nothing is done that its mask forbids; each of 2 · 3 steps pays 1.
    [ToolsFact("python3")]
    public void Masks_images_several_choices_and_numbers_reach_the_environment()
    {
        using (var locks = Peer.Environments(port, "Locks", 4))
        {
            Result trained = Train("locks", ["--budget", "300", "--json"],
                "max-steps=5", "filters=2", "features=4", "trials=8", "minibatch=8", "shards=2", "hidden=4");
            Assert.Equal(0, trained.Code);
            Assert.Equal("image:14x14x1", Option(trained, "observation"));
            Assert.Equal("choices:3,2+masks", Option(trained, "actions"));
            Assert.Equal(6, Mean(trained.Json.GetProperty("evaluation"), "rl2"));
            Assert.Equal(6, Mean(trained.Json.GetProperty("evaluation"), "random"));
            locks.WaitForGoodEnd();
        }
        using (Peer.Environments(port, "Locks", 4))
        {
            // Of each choice one option is left, so it is certain.
            Assert.Matches(
                @"step 6 .*\[100% █\].*\[100% █\] .* 1 +6", command.Run("play", command.At("locks")).Output);
        }
        using (var target = Peer.Environments(port, "Target", 4))
        {
            Result trained = Train("target", ["--budget", "100", "--quiet"], "max-steps=3", "trials=8", "minibatch=8");
            Assert.Equal((0, ""), (trained.Code, trained.Error));
            target.WaitForGoodEnd();
        }
        using (Peer.Environments(port, "Target", 4))
        {
            JsonElement steps = command.Run("play", command.At("target"), "--json").Json.GetProperty("steps");
            Assert.Equal(6, steps.GetArrayLength());
            Assert.InRange(steps[0].GetProperty("numbers")[0].GetDouble(), -10, 10);
        }
    }

    // ---- what goes wrong -------------------------------------------------------------------------------------------

    [ToolsFact("python3")]
    public void A_game_that_misbehaves_ends_the_run_in_one_sentence()
    {
        (string Fault, string Message)[] faults =
        [
            ("huge-length", "sent a malformed message: its length is given as 2000000000 bytes"),
            ("no-json", "sent a malformed message: it is no JSON at byte 1: "),
            ("nan", "'N' is an invalid start of a value; JSON knows neither NaN nor Infinity"),
            ("no-done", "sent a malformed message: it has no done"),
            ("unknown-type", "its type is \"leap\", and \"step\" was due"),
            ("half", "disconnected in the middle of a trial; with restarts=3 a game may come back"),
            ("hang", "has not answered within 1 s; a game that needs longer needs a longer timeout"),
            ("two-policies", "one network is trained for all agents, so give them one policy_name"),
        ];
        foreach ((string fault, string message) in faults)
        {
            using var game = Peer.Game(port, "--agents", "4", "--fault", fault, "--after", "10");
            command.Run("evaluate", "--agent", "random", "--task", "remote", "--quiet",
                "--set", $"port={port}", fault == "hang" ? "timeout=1" : "timeout=20").Fails(1, message);
        }
    }

    [ToolsFact("python3")]
    public void A_game_that_disconnects_in_training_leaves_a_checkpoint_from_which_the_run_goes_on()
    {
        string[] small = ["max-steps=4", "trials=8", "minibatch=8", "shards=1"];
        using (Peer.Game(port, "--fault", "disconnect", "--after", "60"))
        {
            Result lost = Train("run", ["--budget", "640", "--checkpoint-every", "64", "--quiet"], small);
            lost.Fails(1, "disconnected in the middle of a trial");
            lost.Fails(1, "the last good checkpoint is ");
        }
        using (Peer.Game(port))
            Assert.Equal(0, command.Run("resume", command.At("run"), "--instances", "8", "--quiet").Code);
    }

    [ToolsFact("python3")]
    public void A_game_may_come_back_as_often_as_restarts_allow()
    {
        string[] small = ["max-steps=4", "trials=8", "minibatch=8", "shards=1", "restarts=1"];
        using var first = Peer.Game(port, "--fault", "disconnect", "--after", "20");
        Task<Peer> second = Task.Run(() =>
        {
            first.WaitForGoodEnd();
            return Peer.Game(port);
        });
        Result trained = Train("run", ["--budget", "640", "--json", "--quiet"], small);
        using Peer other = second.Result;
        Assert.Equal((0, ""), (trained.Code, trained.Error));
        // What the lost trials had brought does not count: ten iterations of 64 steps each.
        Assert.Equal(640, trained.Json.GetProperty("steps").GetInt64());
        other.WaitForGoodEnd();

        using (Peer.Game(port, "--fault", "disconnect", "--after", "20"))
        {
            Train("alone", ["--budget", "640", "--quiet"], [.. small, "timeout=2"]).Fails(1,
                $"a game was lost, and none took its place on 127.0.0.1:{port} within 2 s");
        }
    }

    // A port scan, a browser, a handshake of TLS, one who says nothing: none is a game, and none keeps one away.
    [ToolsFact("python3")]
    public async Task Whoever_connects_and_is_no_game_is_passed_over()
    {
        foreach (string restarts in (string[])["restarts=0", "restarts=2"])
        {
            using var silent = new TcpClient();
            Task<Result> run = Task.Run(() => Train("strangers-" + restarts, ["--budget", "320", "--json"],
                "max-steps=4", "trials=8", "minibatch=8", "shards=1", "timeout=20", restarts));
            byte[][] strangers =
            [
                [], [7], Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: here\r\n\r\n"),
                [0x16, 3, 1, 2, 0, 1, 0, 1, 0xFC], [2, 0, 0, 0, .. "{}"u8], [3, 0, 0, 0, .. "[1]"u8],
                [5, 0, 0, 0, .. "hello"u8], [255, 255, 255, 255],
            ];
            Connect(silent);
            foreach (byte[] stranger in strangers)
            {
                using var client = new TcpClient();
                Connect(client);
                client.GetStream().Write(stranger);
                if (stranger.Length == 1)
                    client.LingerState = new LingerOption(true, 0);         // closes with a reset
            }
            using (var game = Peer.Game(port))
            {
                Result trained = await run;
                Assert.True(trained.Code == 0, trained.Error);
                Assert.Equal(320, trained.Json.GetProperty("steps").GetInt64());
                game.WaitForGoodEnd();
            }
        }

        void Connect(TcpClient client)
        {
            for (long end = Environment.TickCount64 + Deadline.FarMilliseconds; !client.Connected;)
            {
                try
                {
                    client.Connect(IPAddress.Loopback, port);
                }
                catch (SocketException) when (Environment.TickCount64 < end)
                {
                    Thread.Sleep(20);
                }
            }
        }
    }

    [Fact]
    public async Task Strangers_alone_are_told_of_when_the_time_is_over()
    {
        Task<Result> run = Task.Run(() => Train("run", ["--quiet"], "timeout=3"));
        for (long end = Environment.TickCount64 + Deadline.FarMilliseconds;
            !run.IsCompleted && Environment.TickCount64 < end;)
        {
            try
            {
                using var client = new TcpClient();
                client.Connect(IPAddress.Loopback, port);
            }
            catch (SocketException)
            {
                // It does not listen yet, or no more.
            }
            await Task.Delay(100);
        }
        Result result = await run;
        result.Fails(1, $"no game has connected to 127.0.0.1:{port} within 3 s; ");
        result.Fails(1, " connected and were no game (the last closed again without a word); start the game");
    }

    // 2^31 microseconds are 2,147 seconds.
    [ToolsFact("python3")]
    public void Any_timeout_up_to_a_day_can_be_waited_for()
    {
        foreach (string seconds in (string[])["2147", "2148", "86400"])
        {
            using var game = Peer.Game(port);
            Result result = command.Run("evaluate", "--agent", "random", "--task", "remote", "--instances", "8",
                "--quiet", "--set", $"port={port}", "max-steps=4", $"timeout={seconds}");
            Assert.True(result.Code == 0, result.Error);
        }
    }

    [Fact]
    public void A_port_in_use_and_a_game_that_does_not_come_are_said_and_leave_nothing_behind()
    {
        using (var listener = new TcpListener(IPAddress.Loopback, port))
        {
            listener.Start();
            Train("run", ["--quiet"]).Fails(1, $"127.0.0.1:{port} is in use, perhaps by another training; set another");
        }
        Train("run", ["--quiet"], "timeout=0.2").Fails(1,
            $"no game has connected to 127.0.0.1:{port} within 0.2 s; start the game while rl2 waits");
        Assert.Empty(Directory.EnumerateFileSystemEntries(command.Folder));
    }

    Result Train(string run, string[] arguments, params string[] settings) => command.Run(
    [
        "train", "remote", "--run", command.At(run), .. arguments, "--instances", "96",
        "--set", $"port={port}", "hidden=16", .. settings,
    ]);

    static string? Option(Result trained, string name) =>
        trained.Json.GetProperty("evaluation").GetProperty("options").GetProperty(name).GetString();

    static double Mean(JsonElement evaluation, string agent) => evaluation.GetProperty("agents").EnumerateArray()
        .Single(one => one.GetProperty("name").GetString() == agent).GetProperty("mean").GetDouble();
}
