using RLSquared.Reproduction;

namespace RLSquared.Cli.Tests;

/// <summary>A table of small rows for <see cref="PretendAlgorithm"/>, whose iterations take ten trials each.</summary>
static class PretendTable
{
    internal static PaperTable Table { get; } = new("pretend", "Small bandits", "bandits", 20,
    [
        new("short", "n = 10, k = 5", "arms=5 pulls=10", Aim.Within(50)),
        new("long", "n = 20, k = 5", "arms=5 pulls=20", Aim.Of(1000)),
        new("far", "n = 20, k = 5, as trained for 10", "arms=5 pulls=10", new Aim("none"))
        {
            Evaluation = "arms=5 pulls=20",
        },
    ],
    [
        new("short", "gru", "hidden=3", "500") { Algorithm = "pretend" },
        new("short", "seer", "hidden=7", "300") { Algorithm = "pretend" },
        new("long", "gru", "hidden=3", "800", From: "short") { Algorithm = "pretend" },
        new("far", "gru", "hidden=3", Budget: null, From: "short") { Algorithm = "pretend" },
    ])
    {
        Variants =
        [
            new("gru", "a plain network", IsPlain: true),
            new("seer", "a network that sees more", IsPlain: false),
        ],
    };
}
