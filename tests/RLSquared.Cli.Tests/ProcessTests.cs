using System.Diagnostics;
using RLSquared.Algorithms;
using RLSquared.Tasks;

namespace RLSquared.Cli.Tests;

/// <summary>The command as a process of its own, as users start it.</summary>
public sealed class ProcessTests : IDisposable
{
    static readonly string[] small = ["hidden=8", "trials=32", "minibatch=16", "value-minibatch=16"];

    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void Standard_output_standard_error_and_the_exit_code_are_the_processs_own()
    {
        using Process good = Start("list", "--json");
        Assert.StartsWith("{\"tasks\":", good.StandardOutput.ReadToEnd(), StringComparison.Ordinal);
        good.WaitForExit();
        Assert.Equal(0, good.ExitCode);

        using Process bad = Start("trian");
        Assert.Equal("rl2: there is no command 'trian'; did you mean 'train'?", bad.StandardError.ReadToEnd().Trim());
        Assert.Equal("", bad.StandardOutput.ReadToEnd());
        bad.WaitForExit();
        Assert.Equal(2, bad.ExitCode);
    }

    // Ctrl+C (SIGINT) and SIGTERM take the same way. The test sends the second, since programs that are started in the
    // background inherit the first as ignored.
    [LinuxFact("kill command")]
    public void An_interrupt_finishes_the_iteration_writes_a_checkpoint_and_exits_with_130()
    {
        using Process training = Start(
            "train", "bandits", "--run", command.At("run"), "--budget", "1h", "--threads", "1", "--quiet",
            "--set", "hidden=8", "trials=64", "minibatch=32");
        InterruptAfterAnIteration(training, "run");
        Assert.Contains("go on with: ", training.StandardError.ReadToEnd(), StringComparison.Ordinal);
        Assert.Equal(130, training.ExitCode);
        Assert.NotEmpty(Directory.GetFiles(command.At("run", "checkpoints"), "step-*.safetensors"));
    }

    [LinuxFact("kill command")]
    public void A_run_of_rl2_that_was_interrupted_and_resumed_ends_with_the_bits_of_one_that_was_not()
    {
        string[] shared = ["--budget", "1000000", "--instances", "5", "--quiet", "--set", "hidden=8", "trials=128"];
        using Process whole = Start(["train", "bandits", "--run", command.At("whole"), "--threads", "2", .. shared]);
        Assert.True(whole.WaitForExit(Deadline.Far));
        using Process training = Start(["train", "bandits", "--run", command.At("cut"), "--threads", "1", .. shared]);
        InterruptAfterAnIteration(training, "cut");
        Assert.Equal(130, training.ExitCode);
        using Process resumed = Start("resume", command.At("cut"), "--instances", "5", "--quiet");
        Assert.True(resumed.WaitForExit(Deadline.Far));

        Assert.Equal(Tensors("whole"), Tensors("cut"));
    }

    // Those that learn goals have resume tests of their own: they count updates, and learn no two-step task.
    public static TheoryData<string> Algorithms => [.. AlgorithmCatalogue.Entries.Where(
        entry => entry.Learns(TaskCatalogue.Create("two-step"))).Select(entry => entry.Name)];

    // The copy is what a process leaves that was killed in the second half: a checkpoint from the middle, and figures
    // beyond it.
    [Theory]
    [MemberData(nameof(Algorithms))]
    public void Half_a_run_and_the_other_half_in_a_new_process_make_the_bits_and_figures_of_a_whole_one(
        string algorithm)
    {
        AlgorithmEntry entry = AlgorithmCatalogue.Find(algorithm);
        // An iteration takes 32 trials of 20 steps, where an algorithm has trials.
        string[] known = [.. small.Where(option => entry.Options.Contains(option.Split('=')[0]))];
        Finish(["train", "two-step", "--algorithm", algorithm, "--run", command.At("whole"), "--threads", "2",
            "--budget", "12800", "--checkpoint-every", "6400", "--instances", "5", "--quiet",
            "--set", "rounds=10", .. known]);
        Directory.CreateDirectory(command.At("half", "checkpoints"));
        foreach (string path in Directory.GetFiles(command.At("whole"), "*.*"))
            File.Copy(path, command.At("half", Path.GetFileName(path)));
        string[] checkpoints = [.. Directory.GetFiles(command.At("whole", "checkpoints"), "step-*").Order()];
        Assert.Equal(2, checkpoints.Length);
        File.Copy(checkpoints[0], command.At("half", "checkpoints", Path.GetFileName(checkpoints[0])));
        Finish("resume", command.At("half"), "--threads", "1", "--instances", "5", "--quiet");

        Assert.Equal(Figures("whole"), Figures("half"));
        Assert.True(Figures("half").Length >= 2);
        Assert.Equal(File.ReadAllBytes(checkpoints[0]),
            File.ReadAllBytes(command.At("half", "checkpoints", Path.GetFileName(checkpoints[0]))));
        Assert.Equal(Tensors("whole"), Tensors("half"));

        string[] Figures(string run) => [.. File.ReadAllLines(command.At(run, "metrics.jsonl"))
            .Select(line => line[..line.IndexOf(",\"seconds\"", StringComparison.Ordinal)])];
    }

    // The whole of it is: tests/kill-and-resume.sh 50
    [LinuxFact("bash, and no SIGKILL")]
    public void A_run_that_is_killed_at_random_moments_always_goes_on_to_the_same_bits()
    {
        string script = Path.Combine(Tools.Folder, "kill-and-resume.sh");
        string rl2 = Path.Combine(AppContext.BaseDirectory, "rl2");
        string output = Tools.Run("env", [$"RL2={rl2}", "bash", script, "6", "2"], seconds: 180);
        Assert.Contains("6 kills in ", output, StringComparison.Ordinal);
        Assert.Contains("every run ended with the same bits and figures", output, StringComparison.Ordinal);
    }

    static void Finish(params string[] args)
    {
        using Process process = Start(args);
        Assert.True(process.WaitForExit(Deadline.Far));
        Assert.Equal("", process.StandardError.ReadToEnd());
        Assert.Equal(0, process.ExitCode);
    }

    // What follows the header of the last checkpoint: all of the state.
    byte[] Tensors(string run)
    {
        string last = Directory.GetFiles(command.At(run, "checkpoints"), "step-*.safetensors").Max()!;
        byte[] file = File.ReadAllBytes(last);
        return file[(8 + (int)BitConverter.ToInt64(file))..];
    }

    [LinuxFact("kill command")]
    public void A_dashboard_prints_its_address_serves_and_ends_with_0_when_it_is_interrupted()
    {
        using Process dashboard = Start("dashboard", command.Folder, "--port", "0", "--quiet");
        string? address = dashboard.StandardOutput.ReadLine();
        using (var client = new HttpClient { Timeout = Deadline.Far })
        using (var request = new HttpRequestMessage(HttpMethod.Get, address))
        using (HttpResponseMessage page = client.Send(request))
            Assert.Equal(System.Net.HttpStatusCode.OK, page.StatusCode);
        Process.Start("kill", ["-TERM", $"{dashboard.Id}"]).WaitForExit();
        Assert.True(dashboard.WaitForExit(Deadline.Far));
        Assert.Equal((0, ""), (dashboard.ExitCode, dashboard.StandardError.ReadToEnd()));
    }

    // Whatever becomes of the terminal, a training goes on, or ends with a checkpoint.
    [LinuxTheory("bash and /dev/full")]
    [InlineData("exec \"$@\" 2>/dev/full", 0)]
    [InlineData("exec \"$@\" 2>&-", 0)]
    [InlineData("trap '' HUP; \"$@\" 2>/dev/full & kill -HUP $!; wait $!", 0)]
    [InlineData("env --default-signal=HUP \"$@\" & run=$!; until [ -s \"$METRICS\" ]; do sleep 0.05; done; " +
        "kill -HUP $run; wait $run", 130)]
    public void A_terminal_that_cannot_be_written_or_goes_loses_no_training(string script, int code)
    {
        string[] train = ["train", "bandits", "--run", command.At("run"), "--budget", code == 0 ? "3s" : "1h",
            "--threads", "1", "--instances", "5", "--set", "hidden=8", "trials=64", "minibatch=32"];
        var start = new ProcessStartInfo("bash",
            ["-c", script, "bash", Path.Combine(AppContext.BaseDirectory, "rl2"), .. train])
        {
            RedirectStandardOutput = true,
        };
        start.Environment["METRICS"] = command.At("run", "metrics.jsonl");
        using Process process = Process.Start(start)!;
        Assert.True(process.WaitForExit(Deadline.Far));
        Assert.Equal(code, process.ExitCode);
        Assert.NotEmpty(Directory.GetFiles(command.At("run", "checkpoints"), "step-*.safetensors"));
    }

    [Fact]
    public void Trainings_that_begin_at_once_with_default_names_get_a_folder_each()
    {
        string folder = Directory.CreateDirectory(command.At("together")).FullName;
        string[] train = ["train", "bandits", "--budget", "20000", "--threads", "1", "--instances", "5", "--quiet",
            "--set", "hidden=4", "trials=64", "minibatch=32"];
        Process[] processes = [.. Enumerable.Range(0, 6).Select(_ => Process.Start(
            new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "rl2"), train)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!)];
        foreach (Process process in processes)
        {
            using (process)
            {
                Assert.True(process.WaitForExit(TimeSpan.FromSeconds(240)));
                Assert.Equal((0, ""), (process.ExitCode, process.StandardError.ReadToEnd()));
            }
        }
        string[] runs = Directory.GetDirectories(Path.Combine(folder, "runs"));
        Assert.Equal(6, runs.Length);
        string[] logs = [.. runs.Select(run => File.ReadLines(Path.Combine(run, "metrics.jsonl")).Last())];
        Assert.Single(logs.Select(log => log[..log.IndexOf(",\"seconds\"", StringComparison.Ordinal)]).Distinct());
        Assert.All(runs, run => Assert.False(File.Exists(Path.Combine(run, "training.lock"))));
    }

    void InterruptAfterAnIteration(Process training, string run)
    {
        string metrics = command.At(run, "metrics.jsonl");
        var patience = Stopwatch.StartNew();
        while (!training.HasExited && !(File.Exists(metrics) && new FileInfo(metrics).Length > 0))
        {
            Assert.True(patience.Elapsed < Deadline.Far, "no iteration was done within four minutes");
            Thread.Sleep(5);
        }
        Process.Start("kill", ["-TERM", $"{training.Id}"]).WaitForExit();
        Assert.True(training.WaitForExit(Deadline.Far));
    }

    static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "rl2"), args)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment.Remove("RL2_DEBUG");
        return Process.Start(start)!;
    }
}
