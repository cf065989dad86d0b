using System.CommandLine;
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

    /// <summary>Fresh trials of an evaluation: as many as were asked for, or what the problem has as a rule.</summary>
    public static int Instances(ParseResult parsed, Option<int> option, Problem problem) =>
        parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) : problem.EvaluationInstances;
}
