using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using RLSquared.MuJoCo;

namespace RLSquared.Cli.Tests;

/// <summary>The tasks of MuJoCo from the command line, with and without it.</summary>
public sealed class MuJoCoTests : IDisposable
{
    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void Without_MuJoCo_its_tasks_are_listed_and_making_one_says_how_to_install_it()
    {
        string nowhere = command.At("nowhere.so");
        (int code, string output, string error) = Run(nowhere, "list", "half-cheetah-velocity");
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("goal-high=2", output, StringComparison.Ordinal);
        string[][] verbs =
        [
            ["train", "half-cheetah-velocity", "--run", command.At("run")], ["check", "ant-twowalk"],
        ];
        foreach (string[] verb in verbs)
        {
            (code, output, error) = Run(nowhere, verb);
            Assert.Equal((1, ""), (code, output));
            Assert.StartsWith($"rl2: RL2_MUJOCO names {nowhere}, which is no shared library and no folder with ",
                error, StringComparison.Ordinal);
            Assert.Single(error.Trim().Split('\n'));
        }
        Assert.False(Directory.Exists(command.At("run")));
        (code, output, _) = Run(nowhere, "doctor", "--json");
        Assert.Equal(0, code);
        Assert.StartsWith("RL2_MUJOCO names", JsonDocument.Parse(output).RootElement.GetProperty("muJoCo")
            .GetProperty("complaint").GetString(), StringComparison.Ordinal);
    }

    [PhysicsFact]
    public void With_MuJoCo_its_tasks_are_checked_and_played()
    {
        Result check = command.Run("check", "half-cheetah-velocity", "--set", "horizon=20");
        Assert.Equal((0, ""), (check.Code, check.Error));
        Assert.Contains("Well made", check.Output, StringComparison.Ordinal);
        Result still = command.Run("evaluate", "--agent", "all", "--task", "ant-direction", "--instances", "5",
            "--set", "horizon=20");
        Assert.Equal(0, still.Code);
        Assert.Contains("still", still.Output, StringComparison.Ordinal);
    }

    [PhysicsFact]
    public void A_training_on_a_body_writes_a_run_that_can_be_evaluated()
    {
        Result training = command.Run("train", "half-cheetah-velocity", "--run", command.At("run"), "--budget", "2000",
            "--instances", "4", "--quiet", "--set", "horizon=10", "trials=16", "minibatch=8", "hidden=8");
        Assert.Equal(0, training.Code);
        Result evaluation = command.Run("evaluate", command.At("run"), "--instances", "4");
        Assert.Equal(0, evaluation.Code);
        Assert.Contains("rl2", evaluation.Output, StringComparison.Ordinal);
    }

    [PhysicsFact]
    public void A_model_file_with_an_error_is_told_in_one_sentence()
    {
        string file = command.At("broken.xml");
        File.WriteAllText(file, "<mujoco><worldbody><body><joint type=\"bent\"/></body></worldbody></mujoco>");
        Result result = command.Run("train", "ant-direction", "--set", $"model={file}");
        Assert.Equal(1, result.Code);
        Assert.StartsWith($"rl2: the model {file} cannot be used: XML Error: ", result.Error, StringComparison.Ordinal);
        Assert.Single(result.Error.Trim().Split('\n'));
    }

    // A process of its own, since a process looks for MuJoCo once.
    static (int Code, string Output, string Error) Run(string library, params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "rl2"), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["RL2_MUJOCO"] = library },
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }
}

/// <summary>A test that needs MuJoCo; without it, it is skipped, and counted as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PhysicsFactAttribute : FactAttribute
{
    /// <param name="file">The test's file, which the compiler fills in.</param>
    /// <param name="line">The test's line, which the compiler fills in.</param>
    public PhysicsFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = PhysicsEngine.Complaint();
}
