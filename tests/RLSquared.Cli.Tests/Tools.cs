using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace RLSquared.Cli.Tests;

/// <summary>Programs of others that check what ours writes: browsers, readers of ONNX files, other languages.</summary>
static class Tools
{
    /// <summary>
    /// Where a tool is: a program by its name, or the first of several (<c>gcc|clang</c>); <c>npm:NAME</c> for a
    /// package below <c>tests/node_modules</c>; <c>nuget:NAME</c> for one in a package cache; <c>python:MODULE</c> for
    /// a Python that has a module. Null where there is none.
    /// </summary>
    public static string? Find(string tool)
    {
        string[] parts = tool.Split(':', 2);
        return parts switch
        {
            ["npm", var package] => Existing(Path.Combine(Folder, "node_modules", package)),
            ["nuget", var package] => Packages.BuildCaches()
                .Select(cache => Existing(Path.Combine(cache, package))).FirstOrDefault(folder => folder is not null),
            ["python", var module] => PythonWith(module),
            _ => tool.Split('|').SelectMany(Programs).FirstOrDefault(),
        };
    }

    /// <summary>The folder of <c>package.json</c> and of the scripts that need it.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests");

    /// <summary>Runs a program to its end, and requires that it ends well and within a time.</summary>
    /// <param name="program">Where it is.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="seconds">The most seconds that it may take.</param>
    /// <param name="folder">Where it runs; beside its scripts unless told.</param>
    /// <param name="environment">Variables that it gets beside those of this process.</param>
    /// <returns>What it wrote to standard output.</returns>
    public static string Run(
        string program, IEnumerable<string> arguments, int seconds = 60, string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        (int code, string output, string error) = Try(program, arguments, seconds, folder, environment);
        Assert.True(code == 0, $"{program} ended with {code}: {error}{output}");
        return output;
    }

    /// <summary>Runs a program to its end, and requires that it ends within a time.</summary>
    public static (int Code, string Output, string Error) Try(
        string program, IEnumerable<string> arguments, int seconds = 60, string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Folder,
        };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(), error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} was not done after {seconds} seconds: {error.Result}{output.Result}");
        }
        return (process.ExitCode, output.Result, error.Result);
    }

    // Debian's Python has Debian's modules, and another one may come first on the path. A folder of ours that has a
    // module's name must not pass for it, hence -I.
    static string? PythonWith(string module) =>
        Programs("python3").FirstOrDefault(python => Try(python, ["-I", "-c", $"import {module}"]).Code == 0);

    static IEnumerable<string> Programs(string name) =>
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/bin")
        let path = Path.Combine(folder, OperatingSystem.IsWindows() ? $"{name}.exe" : name)
        where File.Exists(path)
        select path;

    static string? Existing(string folder) => Directory.Exists(folder) ? folder : null;
}

/// <summary>A test that needs programs of others; where one is missing it is skipped, and counted as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ToolsFactAttribute : FactAttribute
{
    /// <param name="tool">What is needed, as <c>Tools.Find</c> knows it.</param>
    /// <param name="second">What is needed as well.</param>
    /// <param name="third">What is needed as well.</param>
    /// <param name="file">The test's file, which the compiler fills in.</param>
    /// <param name="line">The test's line, which the compiler fills in.</param>
    public ToolsFactAttribute(
        string tool, string? second = null, string? third = null,
        [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        if (((string?[])[tool, second, third]).FirstOrDefault(
            name => name is not null && Tools.Find(name) is null) is { } missing)
            Skip = $"there is no {missing} here; see tests/README.md";
    }
}
