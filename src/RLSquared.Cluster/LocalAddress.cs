using System.Net;
using System.Net.Sockets;

namespace RLSquared.Cluster;

/// <summary>Addresses and ports of this machine.</summary>
internal static class LocalAddress
{
    /// <summary>The address of this machine from which another one is reached; nothing is sent.</summary>
    /// <exception cref="ClusterException">It cannot be reached.</exception>
    public static IPAddress Towards(IPEndPoint other)
    {
        try
        {
            using var probe = new Socket(other.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            probe.Connect(other);
            return ((IPEndPoint)probe.LocalEndPoint!).Address;
        }
        catch (SocketException failure)
        {
            throw new ClusterException($"{other.Address} cannot be reached from here: {failure.Message}", failure);
        }
    }

    /// <summary>A port that is free at present.</summary>
    public static int FreePort(IPAddress listen)
    {
        using var probe = new Socket(listen.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(listen, 0));
        return ((IPEndPoint)probe.LocalEndPoint!).Port;
    }
}
