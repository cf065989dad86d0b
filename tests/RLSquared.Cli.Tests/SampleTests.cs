using System.Diagnostics;

namespace RLSquared.Cli.Tests;

[Collection("dotnet")]
public sealed class SampleTests
{
    [Fact]
    public void The_first_agent_trains_and_is_compared_with_its_opponents()
    {
        (int exitCode, string output, string errors) = Run("first-agent.cs", "1s");
        Assert.True(exitCode == 0, $"exit code {exitCode}: {output}{errors}");
        Assert.Contains("rl2 ", output, StringComparison.Ordinal);
        Assert.Contains("finite-horizon-gittins", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("own-task.cs", "random     ")]
    [InlineData("own-batched-task.cs", "steps per second in one thread")]
    [InlineData("adaptive-controller.cs", "pid-oracle ")]
    [InlineData("ppo-own-environment.cs", "random     ")]
    public void A_sample_runs_to_its_end(string sample, string shows)
    {
        (int exitCode, string output, string errors) = Run(sample, "1000");
        Assert.True(exitCode == 0, $"exit code {exitCode}: {output}{errors}");
        Assert.Contains(shows, output, StringComparison.Ordinal);
        Assert.Contains(sample.StartsWith("ppo", StringComparison.Ordinal) ? "ppo " : "rl2 ", output,
            StringComparison.Ordinal);
        Assert.InRange(File.ReadAllLines(Path.Combine(Repository.Root, "samples", sample)).Length, 1, 80);
    }

    [Fact]
    public void Skills_are_learned_and_transferred()
    {
        (int exitCode, string output, string errors) = Run("skills-that-transfer.cs", "1000");
        Assert.True(exitCode == 0, $"exit code {exitCode}: {output}{errors}");
        Assert.Matches(@"mlsh +\d+\.\d ± .*\n?ppo +\d", output.ReplaceLineEndings("\n"));
        Assert.InRange(File.ReadAllLines(
            Path.Combine(Repository.Root, "samples", "skills-that-transfer.cs")).Length, 1, 40);
    }

    [Fact]
    public void A_policy_adapts_in_a_program_of_its_own()
    {
        (int exitCode, string output, string errors) = Run("adapt-a-policy.cs", "1000");
        Assert.True(exitCode == 0, $"exit code {exitCode}: {output}{errors}");
        Assert.Matches(@"before: -\d+\.\d\d a play\nafter:  -\d+\.\d\d a play", output.ReplaceLineEndings("\n"));
        Assert.InRange(
            File.ReadAllLines(Path.Combine(Repository.Root, "samples", "adapt-a-policy.cs")).Length, 1, 40);
    }

    [Fact]
    public void A_language_model_learns_from_a_reward_of_ones_own()
    {
        (int exitCode, string output, string errors) = Run("own-reward.cs", "5000");
        Assert.True(exitCode == 0, $"exit code {exitCode}: {output}{errors}");
        Assert.Matches(@"mean reward [0-3]\.\d\d of 3 after \d+ tokens", output);
        Assert.Contains("a: ", output, StringComparison.Ordinal);
        Assert.InRange(File.ReadAllLines(Path.Combine(Repository.Root, "samples", "own-reward.cs")).Length, 1, 40);
    }

    [Fact]
    public void A_judge_of_ones_own_grades_each_step_against_a_reference()
    {
        (int exitCode, string output, string errors) = Run("graded-by-reference.cs", "20000");
        Assert.True(exitCode == 0, $"exit code {exitCode}: {output}{errors}");
        Assert.Matches(@"mean grade [01]\.\d\d of 1 after \d+ tokens; \d+ ?% of the words are right", output);
        Assert.InRange(
            File.ReadAllLines(Path.Combine(Repository.Root, "samples", "graded-by-reference.cs")).Length, 1, 40);
    }

    [Fact]
    public void Questions_are_made_of_pages_and_answers_are_paid()
    {
        (int exitCode, string output, string errors) = Run("long-documents.cs", "20000");
        Assert.True(exitCode == 0, $"exit code {exitCode}: {output}{errors}");
        Assert.Matches(@"' is worth 0\.70\n.*' is worth 0\.85\n'Nowhere\.' is worth 0\.00",
            output.ReplaceLineEndings("\n"));
        Assert.Matches(@"mean reward \d\.\d\d after \d+ tokens", output);
        Assert.InRange(File.ReadAllLines(Path.Combine(Repository.Root, "samples", "long-documents.cs")).Length, 1, 40);
    }

    [Fact]
    public void Goals_are_learned_from_logs_and_the_valve_turns_the_right_way()
    {
        (int exitCode, string output, string errors) = Run("goals-from-logs.cs", "500");
        Assert.True(exitCode == 0, $"exit code {exitCode}: {output}{errors}");
        Assert.Matches(@"wanted 0\.2: valve -\d", output);
        Assert.Matches(@"wanted 0\.8: valve \+\d", output);
        Assert.InRange(File.ReadAllLines(Path.Combine(Repository.Root, "samples", "goals-from-logs.cs")).Length, 1, 40);
    }

    [Fact]
    public void A_trained_agent_acts_in_a_program_of_its_own()
    {
        using var command = new CommandLine();
        Result trained = command.Run("train", "bandits", "--set", "arms=3", "pulls=6", "hidden=8", "--budget", "6144",
            "--run", command.At("offers"), "--instances", "10", "--threads", "1", "--quiet");
        Assert.True(trained.Code == 0, trained.Error);
        (int exitCode, string output, string errors) = Run("deployed-agent.cs", command.At("offers"));
        Assert.True(exitCode == 0, $"exit code {exitCode}: {output}{errors}");
        Assert.Contains("1000 groups of 6", output, StringComparison.Ordinal);
        Assert.Matches(@"the agent +[2-5]\.\d\d\n", output.ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_run_that_is_not_there_is_one_sentence()
    {
        (int exitCode, string output, string errors) = Run("deployed-agent.cs", "runs/nowhere");
        Assert.Equal((1, ""), (exitCode, output));
        Assert.Equal("There is no run runs/nowhere. Train it first: the command is at the top of this file.",
            errors.Trim());
    }

    [Fact]
    public void The_readme_shows_the_sample_as_it_is()
    {
        string sample = File.ReadAllText(Path.Combine(Repository.Root, "samples", "first-agent.cs"));
        string body = sample[sample.IndexOf("using ", StringComparison.Ordinal)..].TrimEnd();
        Assert.Contains(body, File.ReadAllText(Path.Combine(Repository.Root, "README.md")), StringComparison.Ordinal);
    }

    static (int ExitCode, string Output, string Errors) Run(string sample, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = Repository.Root,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] all = ["run", "-c", "Release", Path.Combine("samples", sample), "--", .. arguments];
        foreach (string argument in all)
            start.ArgumentList.Add(argument);
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"the sample {sample} did not end within three minutes");
        }
        return (process.ExitCode, output.Result, errors.Result);
    }
}
