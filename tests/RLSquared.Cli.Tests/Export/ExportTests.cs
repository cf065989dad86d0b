using System.Text.Json;

namespace RLSquared.Cli.Tests.Export;

public sealed class ExportTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void A_run_is_exported_into_its_folder_and_the_table_says_what_goes_in_and_out()
    {
        Train("run");
        Result result = command.Run("export", command.At("run"));
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.StartsWith($"{command.At("run", "policy.onnx")}: ", result.Output, StringComparison.Ordinal);
        Assert.Matches(@"in +previous_action +int64 +\[batch, 1\]", result.Output);
        Assert.Matches(@"out +logits +float32 +\[batch, 3\]", result.Output);
        byte[] first = File.ReadAllBytes(command.At("run", "policy.onnx"));

        Assert.Equal("", command.Run("export", command.At("run"), "--quiet").Output);
        Assert.Equal(first, File.ReadAllBytes(command.At("run", "policy.onnx")));
        Assert.Empty(Directory.EnumerateFiles(command.At("run"), "*.unfinished"));
        Assert.Equal(0, command.Run("resume", command.At("run"), "--budget", "600", "--quiet").Code);
        Assert.Equal(0, command.Run("export", command.At("run"), "--quiet").Code);
        Assert.NotEqual(first, File.ReadAllBytes(command.At("run", "policy.onnx")));
    }

    // Two algorithms are called ppo: that of ordinary tasks, and that of language models.
    [Theory]
    [InlineData("cartpole")]
    [InlineData("mountain-car")]
    public void A_run_of_a_task_that_ppo_learns_by_itself_is_exported(string task)
    {
        Result trained = command.Run("train", task, "--budget", "100", "--set", "lanes=4", "window=8", "minibatches=1",
            "--instances", "1", "--threads", "1", "--quiet", "--run", command.At("ppo"));
        Assert.True(trained.Code == 0, trained.Error);
        Result result = command.Run("export", command.At("ppo"));
        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.StartsWith($"{command.At("ppo", "policy.onnx")}: ", result.Output, StringComparison.Ordinal);
    }

    // The value has a recurrent layer of its own, whose 4 units join the policy's in the state.
    [Fact]
    public void The_value_can_be_left_out()
    {
        Train("run");
        JsonElement all = command.Run("export", command.At("run"), "--json").Json;
        JsonElement less = command.Run("export", command.At("run"), "--no-value", "--json").Json;
        Assert.Equal(8, StateWidth(all));
        Assert.Equal(4, StateWidth(less));
        Assert.Contains(all.GetProperty("outputs").EnumerateArray(), IsValue);
        Assert.DoesNotContain(less.GetProperty("outputs").EnumerateArray(), IsValue);

        static bool IsValue(JsonElement port) => port.GetProperty("name").GetString() == "value";
        static int StateWidth(JsonElement json) => json.GetProperty("inputs").EnumerateArray()
            .Single(port => port.GetProperty("name").GetString() == "state_in").GetProperty("shape")[1].GetInt32();
    }

    [Fact]
    public void Json_tells_the_file_the_names_and_the_metadata()
    {
        Train("run");
        JsonElement json = command.Run("export", command.At("run"), "--profile", "unity", "--gru", "operator",
            "--opset", "17", "--checkpoint", "best", "--output", command.At("there.onnx"), "--json").Json;
        Assert.Equal(command.At("there.onnx"), json.GetProperty("file").GetString());
        Assert.Equal(new FileInfo(command.At("there.onnx")).Length, json.GetProperty("bytes").GetInt64());
        JsonElement row = json.GetProperty("inputs")[0];
        Assert.Equal("obs_0", row.GetProperty("name").GetString());
        Assert.Equal("""["batch",6]""", row.GetProperty("shape").GetRawText());
        JsonElement metadata = json.GetProperty("metadata");
        Assert.Equal("operator", metadata.GetProperty("rlsquared.gru").GetString());
        Assert.Equal("bandits", metadata.GetProperty("rlsquared.task").GetString());
    }

    [Theory]
    [InlineData("there is no format 'tflite'; there are onnx, huggingface, peft", "--format", "tflite")]
    [InlineData("there is no profile 'unreal'; there are plain, unity, godot", "--profile", "unreal")]
    [InlineData("there is no form of the recurrent layer 'lstm'; there are primitive, operator", "--gru", "lstm")]
    [InlineData("opset must be from 13 to 21, but is 9", "--opset", "9")]
    [InlineData("there is no checkpoint nothing.safetensors", "--checkpoint", "nothing.safetensors")]
    public void Wrong_usage_is_one_sentence_and_exit_code_2(string message, params string[] more)
    {
        command.Train("run", 100);
        command.Run(["export", command.At("run"), .. more]).Fails(2, message);
        Assert.False(File.Exists(command.At("run", "policy.onnx")));
    }

    [Fact]
    public void An_algorithm_without_a_recurrent_network_is_refused()
    {
        command.Train("run", 100);
        command.Run("export", command.At("run")).Fails(1, "holds no policy that can act, trained by pretend: ");
    }

    [Fact]
    public void A_file_that_is_no_model_of_ours_is_not_overwritten()
    {
        Train("run");
        File.WriteAllText(command.At("letter.txt"), "dear friend");
        command.Run("export", command.At("run"), "--output", command.At("letter.txt"))
            .Fails(2, "letter.txt is there already and is no model that RLSquared wrote; name another file");
        Assert.Equal("dear friend", File.ReadAllText(command.At("letter.txt")));
        command.Run("export", command.At("run"), "--output", command.Folder)
            .Fails(2, "is a folder; name a file, such as ");
        command.Run("export", command.At("run"), "--output", command.At("no", "x.onnx"))
            .Fails(2, $"there is no folder {command.At("no")} to write x.onnx to");
        command.Run("export", command.At("nowhere")).Fails(2, $"there is no run folder {command.At("nowhere")}");
    }

    [Fact]
    public void A_run_that_begins_anew_does_not_keep_the_policy_of_the_one_before()
    {
        Train("run");
        Assert.Equal(0, command.Run("export", command.At("run"), "--quiet").Code);
        Train("run", "--force");
        Assert.False(File.Exists(command.At("run", "policy.onnx")));
    }

    void Train(string run, params string[] more) => Assert.Equal(0, command.Run(
    [
        "train", "bandits", "--run", command.At(run), "--budget", "300", "--instances", "5", "--quiet",
        "--set", "arms=3", "pulls=4", "hidden=4", "trials=32", "minibatch=16", .. more,
    ]).Code);
}
