using System.Diagnostics;
using System.Text.Json;
using RLSquared.Runs;

namespace RLSquared.Cli.Tests;

/// <summary>What <c>rl2 train</c> leaves for TensorBoard.</summary>
public sealed class TensorBoardTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [ToolsFact("python:google.protobuf")]
    public void Event_files_of_a_run_are_read_by_googles_protobuf_and_hold_what_the_log_holds()
    {
        command.Run(
            "train", "bandits", "--run", command.At("run"), "--budget", "480", "--threads", "1", "--instances", "5",
            "--quiet", "--set", "hidden=4", "trials=16", "minibatch=8");
        command.Run("resume", command.At("run"), "--budget", "800", "--instances", "5", "--quiet");
        JsonElement seen = Read();

        Assert.Equal(2, seen.GetProperty("versions").GetArrayLength());
        Assert.Equal([0, 481], seen.GetProperty("starts").EnumerateArray().Select(step => step.GetInt64()));
        Assert.Equal(0, seen.GetProperty("unknown").GetInt32());
        JsonElement scalars = seen.GetProperty("scalars");
        JsonElement[] lines = [.. File.ReadAllLines(command.At("run", "metrics.jsonl"))
            .Select(line => JsonDocument.Parse(line).RootElement)];
        (string Tag, string Figure)[] pairs =
        [
            ("charts/episodic_return", "mean_return"), ("losses/policy_loss", "policy_loss"),
            ("losses/approx_kl", "kl"), ("charts/learning_rate", "learning_rate"),
        ];
        foreach ((string tag, string figure) in pairs)
        {
            JsonElement[] points = [.. scalars.GetProperty(tag).EnumerateArray()];
            Assert.Equal(lines.Length, points.Length);
            foreach ((JsonElement line, JsonElement point) in lines.Zip(points))
            {
                Assert.Equal(line.GetProperty("steps").GetInt64(), point[0].GetInt64());
                Assert.Equal((float)line.GetProperty(figure).GetDouble(), point[1].GetSingle());
            }
        }
        Assert.Contains("| hidden | 4 |", seen.GetProperty("texts").GetProperty("configuration").GetString(),
            StringComparison.Ordinal);
        Assert.Contains("rl2 train bandits", seen.GetProperty("texts").GetProperty("command").GetString(),
            StringComparison.Ordinal);
        Assert.Contains(seen.GetProperty("histograms").EnumerateObject(),
            histogram => histogram.Name.StartsWith("parameters/", StringComparison.Ordinal)
                && histogram.Value.GetArrayLength() == 4);
    }

    [ToolsFact("python:google.protobuf")]
    public void A_training_that_is_killed_leaves_whole_records_and_the_next_session_says_where_it_begins()
    {
        string[] args =
        [
            "train", "bandits", "--run", command.At("run"), "--budget", "1h", "--checkpoint-every", "1600", "--quiet",
            "--threads", "1", "--set", "hidden=4", "trials=16", "minibatch=8",
        ];
        using (Process training = Process.Start(Path.Combine(AppContext.BaseDirectory, "rl2"), args))
        {
            var patience = Stopwatch.StartNew();
            string checkpoints = command.At("run", "checkpoints");
            while (!Directory.Exists(checkpoints) || Directory.GetFiles(checkpoints, "step-*.safetensors").Length < 2)
            {
                Assert.True(patience.Elapsed < Deadline.Far, "no checkpoint was written within four minutes");
                Thread.Sleep(5);
            }
            training.Kill();
            training.WaitForExit();
        }
        Assert.NotEmpty(Read().GetProperty("scalars").GetProperty("charts/SPS").EnumerateArray());

        long steps = RunFolder.Open(command.At("run")).ReadLastCheckpoint().Facts.Steps;
        Result resumed = command.Run(
            "resume", command.At("run"), "--budget", $"{steps + 1600}", "--instances", "5", "--quiet");
        Assert.Equal((0, ""), (resumed.Code, resumed.Error));
        Assert.Equal([0, steps + 1], Read().GetProperty("starts").EnumerateArray().Select(step => step.GetInt64()));
    }

    // Fails where a record is cut off or damaged.
    JsonElement Read()
    {
        string reader = Path.Combine(Tools.Folder, "tensorboard", "read-events.py");
        return JsonDocument.Parse(Tools.Run(
            Tools.Find("python:google.protobuf")!, [reader, .. TensorBoardLog.FilesIn(command.At("run"))])).RootElement;
    }

    [Fact]
    public void A_run_without_event_files_is_resumed_without_them()
    {
        command.Train("run", 100, "--no-tensorboard");
        command.Run("resume", command.At("run"), "--budget", "200", "--instances", "5", "--quiet");
        Assert.True(File.Exists(command.At("run", "checkpoints", "step-000000000200.safetensors")));
        Assert.Empty(TensorBoardLog.FilesIn(command.At("run")));
        command.Train("other", 100);
        Assert.Single(TensorBoardLog.FilesIn(command.At("other")));
    }
}
