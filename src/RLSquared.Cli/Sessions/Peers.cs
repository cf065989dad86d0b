using RLSquared.Cli.Output;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Cli.Sessions;

/// <summary>What is different with tasks that another process plays (<see cref="TaskEntry.NeedsPeer"/>).</summary>
internal static class Peers
{
    /// <summary>Says which process is awaited.</summary>
    public static void Announce(Terminal terminal, bool quiet, TaskEntry task, IEnumerable<Assignment> settings)
    {
        if (!quiet && task.PeerFor(settings) is { } peer)
            terminal.Error.WriteLine($"waiting for {peer} …");
    }
}
