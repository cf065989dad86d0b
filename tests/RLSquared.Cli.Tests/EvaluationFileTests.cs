using System.Text.Json;

namespace RLSquared.Cli.Tests;

/// <summary>A run's <c>evaluation.json</c>.</summary>
public sealed class EvaluationFileTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    JsonElement Recorded => JsonDocument.Parse(File.ReadAllText(command.At("run", "evaluation.json"))).RootElement;

    [Fact]
    public void A_training_ends_with_the_file_of_its_evaluation()
    {
        DateTime before = DateTime.UtcNow.AddSeconds(-1);
        JsonElement shown = command.Train("run", 300, "--json").Json.GetProperty("evaluation");
        Assert.Equal("checkpoints/step-000000000300.safetensors", Recorded.GetProperty("checkpoint").GetString());
        Assert.Equal(300, Recorded.GetProperty("steps").GetInt64());
        Assert.InRange(Recorded.GetProperty("written").GetDateTime(), before, DateTime.UtcNow.AddSeconds(1));
        foreach (JsonProperty property in shown.EnumerateObject())
            Assert.True(JsonElement.DeepEquals(property.Value, Recorded.GetProperty(property.Name)), property.Name);
        Assert.True(Recorded.GetProperty("agents").GetArrayLength() > 5);
        Assert.Empty(Directory.GetFiles(command.At("run"), "*.unfinished"));
    }

    [Fact]
    public void A_later_evaluation_replaces_it_and_says_which_checkpoint_played()
    {
        command.Train("run", 300, "--checkpoint-every", "100");
        string first = command.At("run", "checkpoints", "step-000000000100.safetensors");
        Assert.Equal(0, command.Run("evaluate", command.At("run"), "--checkpoint", first, "--instances", "30").Code);
        Assert.Equal(30, Recorded.GetProperty("instances").GetInt32());
        Assert.Equal("checkpoints/step-000000000100.safetensors", Recorded.GetProperty("checkpoint").GetString());
        Assert.Equal(100, Recorded.GetProperty("steps").GetInt64());
    }

    [Fact]
    public void What_is_only_tried_leaves_it_alone()
    {
        command.Train("run", 100);
        command.Train("other", 100, "--seed", "2");
        byte[] before = File.ReadAllBytes(command.At("run", "evaluation.json"));
        string elsewhere = command.At("other", "checkpoints", "best.safetensors");
        string[][] trials = [["--set", "pulls=20"], ["--agent", "none"], ["--checkpoint", elsewhere]];
        foreach (string[] trial in trials)
        {
            Result result = command.Run(["evaluate", command.At("run"), "--instances", "5", "--quiet", .. trial]);
            Assert.Equal((0, ""), (result.Code, result.Error));
        }
        Assert.Equal(before, File.ReadAllBytes(command.At("run", "evaluation.json")));
    }

    [Fact]
    public void A_run_that_begins_anew_in_the_folder_forgets_it()
    {
        command.Train("run", 100);
        command.Run(interrupted: true, "train", "bandits", "--algorithm", "pretend", "--budget", "200",
            "--run", command.At("run"), "--force", "--quiet").Fails(130, "interrupted after 100 steps");
        Assert.False(File.Exists(command.At("run", "evaluation.json")));
    }
}
