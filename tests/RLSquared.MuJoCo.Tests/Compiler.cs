using System.Diagnostics;

namespace RLSquared.MuJoCo.Tests;

/// <summary>The machine's C compiler.</summary>
static class Compiler
{
    public static string? Path { get; } = (
        from name in (string[])["gcc", "clang"]
        from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(System.IO.Path.PathSeparator)
        let path = System.IO.Path.Combine(folder, name)
        where File.Exists(path)
        select path).FirstOrDefault();

    /// <summary>Compiles a program or library.</summary>
    /// <returns>The file that was built.</returns>
    public static string Build(string folder, string name, string source, params string[] options)
    {
        string file = System.IO.Path.Combine(folder, name), code = file + ".c";
        File.WriteAllText(code, source);
        Run(Path!, [code, "-O2", "-o", file, .. options]);
        return file;
    }

    /// <summary>Runs a program and returns what it writes.</summary>
    public static string Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program}: {errors.Result}");
    }
}
