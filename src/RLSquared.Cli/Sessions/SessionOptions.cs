using System.CommandLine;
using RLSquared.Runs;

namespace RLSquared.Cli.Sessions;

/// <summary>What <c>train</c> and <c>resume</c> are told besides the run: how to show it, and how to end it.</summary>
internal sealed record SessionOptions
{
    /// <summary>Another budget than the configuration's; with one, no goal ends the training.</summary>
    public Budget? Budget { get; init; }

    /// <summary>
    /// Whether a run that begins writes event files for TensorBoard. One that goes on does as it did before.
    /// </summary>
    public bool TensorBoard { get; init; } = true;

    /// <summary>Whether the result is one JSON object.</summary>
    public bool Json { get; init; }

    /// <summary>Whether only the result is shown.</summary>
    public bool Quiet { get; init; }

    /// <summary>Fresh trials for the evaluation at the end; null for what the problem asks for.</summary>
    public int? Instances { get; init; }

    /// <summary>What the options of a command say.</summary>
    public static SessionOptions Of(
        ParseResult parsed, Option<int?> instances, Option<bool> json, Option<bool> quiet) => new()
        {
            Instances = parsed.GetValue(instances),
            Json = parsed.GetValue(json),
            Quiet = parsed.GetValue(quiet),
        };
}
