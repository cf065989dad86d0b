namespace RLSquared.Cli.Tests;

/// <summary>Makes assemblies from a few lines of C#, as users do, with the compiler of the SDK.</summary>
static class Compiler
{
    static readonly string runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    /// <summary>The library as it is built beside the tests.</summary>
    public static string[] Library { get; } =
        [typeof(Tasks.TaskDistribution).Assembly.Location, typeof(Tensors.Tensor).Assembly.Location];

    /// <summary>Compiles a source into <c>NAME.dll</c> below a folder.</summary>
    /// <returns>The file.</returns>
    public static string Compile(string folder, string name, string source, params string[] references)
    {
        string dotnet = Path.GetFullPath(Path.Combine(runtime, "..", "..", ".."));
        string compiler = Directory.GetDirectories(Path.Combine(dotnet, "sdk"))
            .Select(sdk => Path.Combine(sdk, "Roslyn", "bincore", "csc.dll")).Last(File.Exists);
        (string file, string code) = (Path.Combine(folder, name + ".dll"), Path.Combine(folder, name + ".cs"));
        File.WriteAllText(code, source);
        IEnumerable<string> known = Directory.GetFiles(runtime, "System*.dll").Where(path => !path.Contains("Native"));
        string answers = Path.Combine(folder, name + ".rsp");
        File.WriteAllLines(answers,
        [
            "/nologo", "/target:library", "/nostdlib", "/debug:embedded", "/deterministic", $"/out:\"{file}\"",
            .. known.Concat(references).Select(path => $"/reference:\"{path}\""), $"\"{code}\"",
        ]);
        string host = Path.Combine(dotnet, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet");
        Tools.Run(host, ["exec", compiler, "@" + answers], seconds: 180);
        return file;
    }
}
