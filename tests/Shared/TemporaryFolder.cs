using System.Diagnostics;
using System.Globalization;

namespace RLSquared.Testing;

/// <summary>
/// A folder for one test. All of a process lie in one folder, which is deleted when the process ends, so that a test
/// that forgets its folder leaves nothing behind. A process that was killed leaves its folder to the next one.
/// </summary>
sealed class TemporaryFolder : IDisposable
{
    const string Prefix = "rl2-tests-";

    static readonly string ofProcess = Begin();
    static int made;

    /// <summary>The folder.</summary>
    public string Path { get; } = Make();

    /// <summary>A path below it.</summary>
    public string At(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Deletes the folder with all that is in it.</summary>
    public void Dispose() => Directory.Delete(Path, recursive: true);

    /// <summary>A new folder that is deleted at the latest when the process ends.</summary>
    public static string Make() => Directory.CreateDirectory(Next()).FullName;

    /// <summary>An empty file that is deleted at the latest when the process ends.</summary>
    public static string MakeFile()
    {
        string path = Next();
        File.WriteAllBytes(path, []);
        return path;
    }

    static string Next() => System.IO.Path.Combine(
        ofProcess, Interlocked.Increment(ref made).ToString(CultureInfo.InvariantCulture));

    static string Begin()
    {
        string root = System.IO.Path.GetTempPath();
        foreach (string folder in Directory.GetDirectories(root, $"{Prefix}*"))
        {
            if (int.TryParse(System.IO.Path.GetFileName(folder)[Prefix.Length..], CultureInfo.InvariantCulture,
                out int process) && !IsRunning(process))
                Delete(folder);
        }
        string own = System.IO.Path.Combine(root,
            string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}"));
        Delete(own);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Delete(own);
        return Directory.CreateDirectory(own).FullName;
    }

    static bool IsRunning(int process)
    {
        try
        {
            using var running = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // What another user or process holds stays.
    static void Delete(string folder)
    {
        try
        {
            if (Directory.Exists(folder))
                Directory.Delete(folder, recursive: true);
        }
        catch (Exception held) when (held is IOException or UnauthorizedAccessException)
        {
        }
    }
}
