using System.Net;
using System.Net.Sockets;
using RLSquared.Cluster.Work;

namespace RLSquared.Cluster.Lanes;

/// <summary>Where a worker is reached for shards: one lane at a time, served by a thread that computes them.</summary>
internal sealed class LaneListener : IDisposable
{
    const int Waiting = 4;                                  // callers; each is dismissed in some seconds at most

    readonly Socket listener;
    readonly ClusterOptions options;
    readonly ShardBench bench;
    volatile Lane? present;
    volatile bool isClosed;

    /// <summary>Opens a free port.</summary>
    /// <param name="address">Of this machine.</param>
    /// <param name="options">With what secret and certificate.</param>
    /// <param name="bench">Serves lanes.</param>
    public LaneListener(IPAddress address, ClusterOptions options, ShardBench bench)
    {
        (this.options, this.bench) = (options, bench);
        listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(address, 0));
        listener.Listen(Waiting);
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        new Thread(Serve) { IsBackground = true, Name = "RLSquared shards" }.Start();
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>Ends the lane; the thread ends when what it computes is done.</summary>
    public void Dispose()
    {
        isClosed = true;
        listener.Dispose();
        present?.Dispose();
    }

    void Serve()
    {
        while (!isClosed)
        {
            try
            {
                using Lane? lane = Lane.Accept(listener.Accept(), options, bench.Complaint);
                present = lane;
                if (lane is not null && !isClosed)
                    bench.Serve(lane);
            }
            catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
            {
                Thread.Sleep(10);                           // a caller that is gone already, or the end
            }
        }
        bench.Release();
    }
}
