using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RLSquared.Cluster.Tests.Registries;

/// <summary>
/// A Redis of its own on loopback, which finds what it had when it is started again; where none is installed, tests are
/// skipped.
/// </summary>
internal sealed class RedisServer : IDisposable
{
    readonly string folder = TemporaryFolder.Make();
    readonly List<string> args;
    Process process;

    public RedisServer(string? password = null)
    {
        Port = InProcessCluster.FreePort();
        args =
        [
            "--bind", "127.0.0.1", "--port", $"{Port}", "--save", "", "--appendonly", "yes", "--dir", folder,
        ];
        if (password is not null)
            args.AddRange(["--requirepass", password]);
        Assert.SkipUnless(IsInstalled, "redis-server is not installed");
        process = Begin();
    }

    Process Begin()
    {
        Process begun = Process.Start(new ProcessStartInfo("redis-server", args) { RedirectStandardOutput = true })!;
        begun.BeginOutputReadLine();
        InProcessCluster.WaitFor(Answers);
        return begun;
    }

    public int Port { get; }

    public string Address => $"redis://127.0.0.1:{Port}/test";

    static bool IsInstalled => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "redis-server")));

    public void Kill()
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Starts it again after it was killed.</summary>
    public void Restart()
    {
        process.Dispose();
        process = Begin();
    }

    public void Dispose()
    {
        if (!process.HasExited)
            Kill();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    bool Answers()
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
