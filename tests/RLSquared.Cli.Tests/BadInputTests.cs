using RLSquared.Gpu;
using RLSquared.Tensors.Files;

namespace RLSquared.Cli.Tests;

public sealed class BadInputTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void A_card_that_is_not_there_is_one_sentence_that_says_why()
    {
        string? complaint = GpuDevice.Complaint();
        Assert.SkipWhen(complaint is null, "this machine has a card");
        command.Run("train", "bandits", "--device", "gpu-tf32", "--set", "cells=0", "value-cells=0")
            .Fails(ExitCode.WrongUsage, $"--device gpu-tf32 cannot be used here: {complaint}");
        Assert.False(Directory.Exists(command.At("runs")), "a run was left behind");
    }

    // ---- wrong usage -----------------------------------------------------------------------------------------------

    [Theory]
    [InlineData("there is no command 'trian'; did you mean 'train'?", "trian", "bandits")]
    [InlineData("there is no command 'xyzzy'; there are train, resume", "xyzzy")]
    [InlineData("there is no task 'bandit'; did you mean 'bandits'?", "train", "bandit")]
    [InlineData("rl2 train needs TASK; see rl2 train --help", "train")]
    [InlineData("rl2 train does not know what to do with 'more'", "train", "bandits", "more")]
    [InlineData("rl2 train has no option '--thread'; did you mean '--threads'?", "train", "bandits", "--thread", "3")]
    [InlineData("rl2 has no option '--versio'; did you mean '--version'?", "--versio")]
    [InlineData("--seed must be a whole number of 0 or more, but is '-3'", "train", "bandits", "--seed", "-3")]
    [InlineData("--threads must be a whole number from 1 to 1024, but is '0'", "train", "bandits", "--threads", "0")]
    [InlineData("--threads must be a whole number from 1 to 1024, but is '2000000000'",
        "train", "bandits", "--threads", "2000000000")]
    [InlineData("--instances must be a whole number from 1 to 10000000, but is 'many'",
        "evaluate", "--agent", "greedy", "--task", "bandits", "--instances", "many")]
    [InlineData("--run needs a value", "train", "bandits", "--run")]
    [InlineData("there is no option 'arm'; did you mean 'arms'?", "train", "bandits", "--set", "arm=3")]
    [InlineData("there is no option 'hiden'; did you mean 'hidden'?", "train", "bandits", "--set", "arms=3", "hiden=3")]
    [InlineData("'arms' has no value; write key=value", "train", "bandits", "--set", "arms")]
    [InlineData("arms must be a whole number", "train", "bandits", "--set", "arms=few")]
    [InlineData("there is no preset 'papers'; did you mean 'paper'?", "train", "bandits", "--preset", "papers")]
    [InlineData("there is no algorithm 'rl3'; did you mean 'rl2'?", "train", "bandits", "--algorithm", "rl3")]
    [InlineData("there is no device 'gpuu'; did you mean 'gpu'?", "train", "bandits", "--device", "gpuu")]
    [InlineData("there is no agent 'ucb'; did you mean 'ucb1'?", "evaluate", "--agent", "ucb", "--task", "bandits")]
    [InlineData("say what to evaluate", "evaluate")]
    [InlineData("say what the agents play: --task TASK", "evaluate", "--agent", "ucb1")]
    [InlineData("arms must be at least 2, but is 1", "train", "bandits", "--set", "arms=1")]
    [InlineData("pulls must be at least 1, but is 0", "train", "bandits", "--set", "pulls=0")]
    [InlineData("minibatch 48 does not divide 1024 trials; 32 and 64 do",
        "train", "bandits", "--set", "trials=1024", "minibatch=48")]
    [InlineData("this training needs at least ",
        "train", "mdps", "--set", "episodes=10000", "horizon=1000", "trials=1024")]
    [InlineData("episodes must be from 1 to 10000, but is 100000", "train", "mdps", "--set", "episodes=100000")]
    [InlineData("this training needs at least ",
        "train", "mazes", "--set", "episodes=10000", "horizon=100000")]
    [InlineData("episodes must be from 1 to 10000, but is 2000000000",
        "train", "mazes", "--set", "episodes=2000000000")]
    [InlineData("horizon must be from 0 to 100000, but is 2000000000", "train", "mazes", "--set", "horizon=2000000000")]
    [InlineData("rounds must be from 1 to 1000000, but is 2000000000",
        "train", "two-step", "--set", "rounds=2000000000")]
    [InlineData("this training needs at least ",
        "train", "bandits", "--set", "pulls=2000000000", "trials=1024")]
    [InlineData("learning-rate must be above 0, but is -0.1", "train", "bandits", "--set", "learning-rate=-0.1")]
    [InlineData("learning-rate must be a number", "train", "bandits", "--set", "learning-rate=NaN")]
    [InlineData("clip must be above 0, but is -1", "train", "bandits", "--set", "clip=-1")]
    [InlineData("'soon' is no budget; write steps such as 20M", "train", "bandits", "--budget", "soon")]
    [InlineData("port must be from 1 to 65535, but is 0", "train", "remote", "--set", "port=0")]
    [InlineData("host must be an address such as 127.0.0.1, but is 'home'", "train", "remote", "--set", "host=home")]
    [InlineData("the task remote is played by another process, which leaves when a run ends; train one seed at a time",
        "train", "remote", "--seeds", "3")]
    [InlineData("the task remote is played by another process, which is not tried out", "check", "remote")]
    [InlineData("timeout must be above 0, but is 0", "train", "remote", "--set", "timeout=0")]
    [InlineData("observation must be ask, nothing, or such as", "train", "remote", "--set", "observation=sphere:3")]
    [InlineData("actions must be ask, or such as choices:5", "train", "remote", "--set", "actions=choices:0")]
    [InlineData("4 shards are 25 for each, and 16 lanes cannot play these in whole rounds; trials=128 can",
        "train", "remote", "--set", "agents=16", "observation=vector:2", "actions=choices:2", "trials=100",
        "minibatch=50")]
    [InlineData("no benchmark is called 'gem'; there are gemm, gemm-nt, gemm-tn", "benchmark", "--filter", "gem")]
    public void Wrong_usage_is_one_sentence_and_exit_code_2(string message, params string[] args)
    {
        command.Run(args).Fails(2, message);
        Assert.Empty(Directory.EnumerateFileSystemEntries(command.Folder));
    }

    [Fact]
    public void An_existing_run_is_refused_without_force_and_replaced_with_it()
    {
        command.Train("run", 300);
        byte[] before = Fingerprint("run");
        command.Train("run", 100).Fails(2, $"{command.At("run")} holds a run already");
        Assert.Equal(before, Fingerprint("run"));
        Assert.Equal(0, command.Train("run", 100, "--force").Code);
        Assert.Single(File.ReadAllLines(command.At("run", "metrics.jsonl")));
    }

    [Fact]
    public void A_folder_that_is_no_run_is_refused_even_with_force()
    {
        Directory.CreateDirectory(command.At("letters"));
        File.WriteAllText(command.At("letters", "letter.txt"), "dear");
        command.Train("letters", 100, "--force").Fails(2, "is there already and is no run");
        Assert.Equal("dear", File.ReadAllText(command.At("letters", "letter.txt")));
    }

    [Theory]
    [InlineData("evaluate")]
    [InlineData("resume")]
    [InlineData("play")]
    public void A_run_that_is_not_there_is_wrong_usage(string verb)
    {
        command.Run(verb, command.At("nowhere")).Fails(2, $"there is no run folder {command.At("nowhere")}");
        Directory.CreateDirectory(command.At("empty"));
        command.Run(verb, command.At("empty")).Fails(2, "is no run folder: it has no config.json");
    }

    // ---- files that are not what they should be --------------------------------------------------------------------

    [Fact]
    public void A_truncated_checkpoint_is_refused_and_names_the_one_before() => Refused(
        path => File.WriteAllBytes(path, File.ReadAllBytes(path)[..^10]),
        "step-000000000300.safetensors cannot be read: ", "; the one before it is ");

    [Fact]
    public void An_empty_checkpoint_is_refused() => Refused(path => File.WriteAllBytes(path, []), "it has 0 bytes");

    [Fact]
    public void What_is_no_checkpoint_is_refused() => Refused(
        path => File.WriteAllText(path, "This is a letter and no checkpoint at all."), "cannot be read: it announces");

    [Fact]
    public void Another_programs_safetensors_file_is_refused() => Refused(
        path =>
        {
            using FileStream stream = File.Create(path);
            new SafetensorsWriter().WriteTo(stream);
        },
        "is no checkpoint: it is a safetensors file without 'rlsquared.checkpoint'");

    [Fact]
    public void Another_version_of_the_layout_is_refused() => Refused(
        path => Replace(path, "\"rlsquared.checkpoint\":\"1\"", "\"rlsquared.checkpoint\":\"9\""),
        "has version 9 of its layout, and this program reads version 1");

    [Fact]
    public void A_flipped_bit_is_found() => Refused(
        path =>
        {
            byte[] bytes = File.ReadAllBytes(path);
            bytes[^3] ^= 0x10;
            File.WriteAllBytes(path, bytes);
        },
        "is damaged: its SHA-256 is ");

    [Fact]
    public void A_network_of_another_shape_is_refused_and_the_message_says_what_to_set()
    {
        command.Train("run", 300);
        Replace(command.At("run", "config.json"), "\"hidden\": \"4\"", "\"hidden\": \"8\"");
        byte[] before = Fingerprint("run");
        foreach (string verb in new[] { "evaluate", "resume", "play" })
        {
            string[] more = verb == "resume" ? ["--budget", "600", "--quiet"] : ["--quiet"];
            command.Run([verb, command.At("run"), .. more])
                .Fails(1, "policy.weights is [5, 4] in the checkpoint but [5, 8] in this network; set hidden=4");
        }
        Assert.Equal(before, Fingerprint("run"));
    }

    [Fact]
    public void A_start_that_is_none_or_does_not_fit_is_refused_and_leaves_nothing_behind()
    {
        command.Train("run", 100);
        command.Train("next", 100, "--from", command.At("nowhere"))
            .Fails(2, $"there is no run folder and no checkpoint {command.At("nowhere")} to begin from");
        command.Train("next", 100, "--from", command.At("run", "checkpoints"))
            .Fails(2, "is no run folder: it has no config.json");
        command.Train("next", 100, "--from", command.At("run", "config.json")).Fails(1, "config.json");
        command.Train("next", 100, "--set", "arms=7", "hidden=8", "--from", command.At("run")).Fails(1,
            "policy.weights is [5, 4] in the checkpoint but [7, 8] in this network; " +
            "it was written with arms=5 (here 7), hidden=4 (here 8)");
        Assert.False(Directory.Exists(command.At("next")));
    }

    [Fact]
    public void A_configuration_that_is_none_is_refused()
    {
        command.Train("run", 100);
        File.WriteAllText(command.At("run", "config.json"), "{ \"task\": 3 }");
        command.Run("evaluate", command.At("run")).Fails(1, "is no run's configuration");
    }

    [Fact]
    public void A_metric_log_that_is_none_is_refused()
    {
        command.Train("run", 100);
        File.WriteAllText(command.At("run", "metrics.jsonl"), "dear diary\n");
        command.Run("resume", command.At("run"), "--budget", "200", "--quiet").Fails(1, "line 1 of ");
        Assert.Equal("dear diary\n", File.ReadAllText(command.At("run", "metrics.jsonl")));
    }

    // ---- disks -----------------------------------------------------------------------------------------------------

    [Fact]
    public void A_folder_that_cannot_be_written_is_a_failure()
    {
        File.WriteAllText(command.At("file"), "in the way");
        command.Train(Path.Combine("file", "run"), 100).Fails(1, command.At("file"));
        Assert.Equal("in the way", File.ReadAllText(command.At("file")));
    }

    // /dev/full is a device on which every write finds no room.
    [LinuxFact("device /dev/full")]
    public void A_full_disk_is_a_failure_that_leaves_the_last_checkpoint_whole()
    {
        command.Train("run", 300);
        byte[] before = File.ReadAllBytes(command.At("run", "checkpoints", "step-000000000300.safetensors"));
        File.CreateSymbolicLink(
            command.At("run", "checkpoints", $"step-000000000600.safetensors.{Environment.ProcessId}.unfinished"),
            "/dev/full");
        command.Run("resume", command.At("run"), "--budget", "600", "--quiet").Fails(1, "No space left on device");
        Assert.Equal(before, File.ReadAllBytes(command.At("run", "checkpoints", "step-000000000300.safetensors")));
        Result again = command.Run("resume", command.At("run"), "--budget", "600", "--instances", "5", "--quiet");
        Assert.Equal(0, again.Code);
    }

    // ---- numbers ---------------------------------------------------------------------------------------------------

    [Theory]
    [InlineData("pretend")]
    [InlineData("rl2")]
    public void A_reward_that_is_no_number_stops_the_run_and_names_the_last_good_checkpoint(string algorithm)
    {
        Result result = command.Run(
            "train", "poisoned", "--algorithm", algorithm, "--run", command.At("run"), "--budget", "10000", "--quiet",
            "--set", "trials=10", "minibatch=5", "hidden=4", "--checkpoint-every", "200", "--threads", "1");
        result.Fails(1, "the reward of lane 9 at step 3 is not a number");
        string checkpoint = command.At("run", "checkpoints", "step-000000000200.safetensors");
        result.Fails(1, $"; the last good checkpoint is {checkpoint}");
        Assert.True(File.Exists(checkpoint));
    }

    // Trains, spoils the last checkpoint, and requires that no verb takes it and none changes anything.
    void Refused(Action<string> spoil, params string[] messages)
    {
        command.Train("run", 300, "--checkpoint-every", "100");
        spoil(command.At("run", "checkpoints", "step-000000000300.safetensors"));
        byte[] before = Fingerprint("run");
        foreach (string verb in new[] { "evaluate", "resume", "play" })
        {
            Result result = command.Run(verb, command.At("run"), "--quiet");
            foreach (string message in messages)
                result.Fails(1, message);
            Assert.Equal("", result.Output);
        }
        Assert.Equal(before, Fingerprint("run"));
    }

    static void Replace(string path, string old, string next)
    {
        byte[] bytes = File.ReadAllBytes(path);
        int place = bytes.AsSpan().IndexOf(System.Text.Encoding.UTF8.GetBytes(old));
        Assert.True(place >= 0);
        System.Text.Encoding.UTF8.GetBytes(next).CopyTo(bytes, place);
        File.WriteAllBytes(path, bytes);
    }

    byte[] Fingerprint(string folder)
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(
            System.Security.Cryptography.HashAlgorithmName.SHA256);
        foreach (string path in Directory.EnumerateFiles(command.At(folder), "*", SearchOption.AllDirectories).Order())
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(path));
            hash.AppendData(File.ReadAllBytes(path));
        }
        return hash.GetHashAndReset();
    }
}
