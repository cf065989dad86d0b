using System.Text.Json;
using RLSquared.Cluster.Messages;

namespace RLSquared.Cluster.Coordination;

/// <summary>Writes how a cluster does to a file, every second and at the end.</summary>
internal sealed class StatusFile : IDisposable
{
    static readonly TimeSpan every = TimeSpan.FromSeconds(1);

    readonly string path;
    readonly Func<ClusterStatus> status;
    readonly Lock gate = new();
    readonly Timer timer;
    bool isClosed;

    /// <summary>Begins to write.</summary>
    /// <param name="path">The file; another one takes its place in one piece.</param>
    /// <param name="status">How the cluster does.</param>
    public StatusFile(string path, Func<ClusterStatus> status)
    {
        (this.path, this.status) = (path, status);
        timer = new Timer(_ => Write(isOpen: true), null, TimeSpan.Zero, every);
    }

    void Write(bool isOpen)
    {
        lock (gate)
        {
            if (isClosed)
                return;
            isClosed = !isOpen;
            try
            {
                string written = path + ".new";
                File.WriteAllBytes(written, JsonSerializer.SerializeToUtf8Bytes(
                    status() with { IsOpen = isOpen }, CardJson.Default.ClusterStatus));
                File.Move(written, path, overwrite: true);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // The training does not depend on it, and the next second may be better.
            }
        }
    }

    /// <summary>Writes for the last time.</summary>
    public void Dispose()
    {
        timer.Dispose();
        Write(isOpen: false);
    }
}
