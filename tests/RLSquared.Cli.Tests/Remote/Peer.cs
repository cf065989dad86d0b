using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RLSquared.Cli.Tests.Remote;

/// <summary>A Python process that plays games with a trainer; it ends with the test at the latest.</summary>
sealed class Peer : IDisposable
{
    readonly Process process;

    /// <summary>Starts a script of <c>tests/clients</c>.</summary>
    public Peer(string script, params string[] arguments) => process = Process.Start(new ProcessStartInfo(
        Tools.Find("python:numpy") ?? Tools.Find("python3")!,
        [Path.Combine(Tools.Folder, "clients", script), .. arguments])
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;

    /// <summary>A game as Godot RL Agents makes them: two arms, four pulls an episode.</summary>
    public static Peer Game(int port, params string[] more) => new("godot_client.py", ["--port", $"{port}", .. more]);

    /// <summary>Environments with Gymnasium's interface, served by the file that users copy.</summary>
    public static Peer Environments(int port, string name, int copies = 8) =>
        new("gym_like.py", [name, "--port", $"{port}", "--copies", $"{copies}"]);

    /// <summary>A port on which no process listens.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits for the end, which must be a good one, and returns what was printed.</summary>
    public string WaitForGoodEnd()
    {
        Assert.True(process.WaitForExit(Deadline.Far), "the game does not end");
        string output = process.StandardOutput.ReadToEnd(), error = process.StandardError.ReadToEnd();
        Assert.True(process.ExitCode == 0, error);
        return output;
    }

    /// <summary>Waits for the end, which must be an error, and returns what was printed of it.</summary>
    public string WaitForError()
    {
        Assert.True(process.WaitForExit(Deadline.Far), "the game does not end");
        Assert.NotEqual(0, process.ExitCode);
        return process.StandardError.ReadToEnd();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        process.Dispose();
    }
}
