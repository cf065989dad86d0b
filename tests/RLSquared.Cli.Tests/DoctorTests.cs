using System.Text.Json;
using RLSquared.Cli.Commands;
using RLSquared.Cli.Output;
using RLSquared.Cli.SelfTests;
using RLSquared.MuJoCo;

namespace RLSquared.Cli.Tests;

public sealed class DoctorTests : IDisposable
{
    static readonly SelfTest good = new("two and two make four", "count again", () => null);
    static readonly SelfTest bad = new("water is wet", "pour some", () => "it is dry");
    static readonly SelfTest throwing = new("there is room", "make some", () => throw new IOException("no room."));

    readonly CommandLine command = new();

    public void Dispose() => command.Dispose();

    [Fact]
    public void The_doctor_finds_this_machine_well()
    {
        Result result = command.Run("doctor", "--json");
        Assert.Equal((0, ""), (result.Code, result.Error));
        JsonElement json = result.Json;
        Assert.True(json.GetProperty("passed").GetBoolean());
        JsonElement[] tests = [.. json.GetProperty("tests").EnumerateArray()];
        Assert.Equal(SelfTest.All(command.Folder).Count, tests.Length);
        Assert.All(tests, test => Assert.True(test.GetProperty("passed").GetBoolean()));
        Assert.All(tests, test => Assert.True(test.GetProperty("seconds").GetDouble() >= 0));
        Assert.True(json.GetProperty("gflopsOneThread").GetDouble() > 0.1);
        Assert.True(json.GetProperty("gruStepsPerSecondAllThreads").GetDouble() > 10);
        Assert.InRange(json.GetProperty("timerNanoseconds").GetDouble(), 0.1, 1e6);
        Assert.True(json.GetProperty("runsWriteMiBPerSecond").GetDouble() > 0);
        JsonElement gpu = json.GetProperty("gpu");
        Assert.True(gpu.TryGetProperty("complaint", out JsonElement complaint)
            ? complaint.GetString()!.Contains("NVIDIA driver", StringComparison.Ordinal)
            : gpu.GetProperty("productTeraflops").GetDouble() > 0.1);
        JsonElement physics = json.GetProperty("muJoCo");
        Assert.Equal(PhysicsEngine.Complaint(),
            physics.TryGetProperty("complaint", out JsonElement missing) ? missing.GetString() : null);
        Assert.True(
            missing.ValueKind != JsonValueKind.Undefined || physics.GetProperty("version").GetString() == "2.2.2");
        Assert.Equal(command.Folder, json.GetProperty("runsFolder").GetString());       // runs/ is not there yet
        Assert.Empty(Directory.EnumerateFileSystemEntries(command.Folder));
    }

    [Fact]
    public void A_check_that_fails_is_told_with_what_to_do_and_exit_code_1()
    {
        Result result = Run([good, bad, throwing]);
        result.Fails(1, "rl2: it does not hold that water is wet: it is dry (and 1 more); pour some");
        Assert.Contains("✓ two and two make four", result.Output, StringComparison.Ordinal);
        Assert.Contains("✗ water is wet", result.Output, StringComparison.Ordinal);
        Assert.Contains("    it is dry\n    what to do: pour some", result.Output.ReplaceLineEndings("\n"),
            StringComparison.Ordinal);
        Assert.Contains("    no room\n    what to do: make some", result.Output.ReplaceLineEndings("\n"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_that_fails_is_in_the_object_too()
    {
        Result result = Run([good, throwing], json: true);
        result.Fails(1, "rl2: it does not hold that there is room: no room; make some");
        Assert.False(result.Json.GetProperty("passed").GetBoolean());
        JsonElement[] tests = [.. result.Json.GetProperty("tests").EnumerateArray()];
        Assert.Equal([true, false], tests.Select(test => test.GetProperty("passed").GetBoolean()));
        Assert.False(tests[0].TryGetProperty("failure", out _));
        Assert.Equal("no room", tests[1].GetProperty("failure").GetString());
        Assert.Equal("make some", tests[1].GetProperty("advice").GetString());
    }

    [Fact]
    public void A_quiet_doctor_tells_only_what_is_wrong()
    {
        Assert.Equal(new Result(0, "", ""), Run([good], quiet: true));
        string output = Run([good, bad], quiet: true).Output;
        Assert.StartsWith("✗ water is wet", output, StringComparison.Ordinal);
        Assert.DoesNotContain("two and two", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_that_cannot_be_written_are_found()
    {
        string file = command.At("file");
        File.WriteAllText(file, "");
        SelfTest runs = SelfTest.All(Path.Combine(file, "runs")).Single(test => test.Name == "runs can be written");
        Assert.Equal($"{file} is no folder", runs.Run().Failure);
    }

    Result Run(SelfTest[] tests, bool json = false, bool quiet = false)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var terminal = new Terminal(output, error) { RunsFolder = command.Folder };
        int code = DoctorCommand.Run(terminal, tests, TimeSpan.FromMilliseconds(1), json, quiet);
        return new Result(code, output.ToString(), error.ToString());
    }
}
