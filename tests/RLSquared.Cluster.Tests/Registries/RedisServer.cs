using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RLSquared.Cluster.Tests.Registries;

/// <summary>A Redis of its own on loopback, without a disk; where none is installed, tests are skipped.</summary>
internal sealed class RedisServer : IDisposable
{
    readonly Process process;

    public RedisServer(string? password = null)
    {
        Port = InProcessCluster.FreePort();
        List<string> args =
        [
            "--bind", "127.0.0.1", "--port", $"{Port}", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath(),
        ];
        if (password is not null)
            args.AddRange(["--requirepass", password]);
        Assert.SkipUnless(IsInstalled, "redis-server is not installed");
        process = Process.Start(new ProcessStartInfo("redis-server", args) { RedirectStandardOutput = true })!;
        process.BeginOutputReadLine();
        InProcessCluster.WaitFor(Answers);
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

    public void Dispose()
    {
        if (!process.HasExited)
            Kill();
        process.Dispose();
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
