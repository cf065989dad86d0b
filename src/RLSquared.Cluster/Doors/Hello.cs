using System.Text.Json.Serialization;

namespace RLSquared.Cluster.Doors;

/// <summary>What a caller wants at a door.</summary>
internal enum Errand
{
    /// <summary>To send Orleans' messages.</summary>
    Silo,

    /// <summary>To send shards, on a lane to a worker.</summary>
    Shards,

    /// <summary>To ask whether a worker may join.</summary>
    Join,

    /// <summary>To see whether the training is still there.</summary>
    Knock,

    /// <summary>To see who takes part.</summary>
    Status,

    /// <summary>To have a worker finish what it does and leave.</summary>
    Drain,
}

/// <summary>What a caller says at a door.</summary>
/// <param name="Errand">What it wants.</param>
/// <param name="Name">Its name; of Drain, the worker that is to leave; of Shards, the number of the training.</param>
/// <param name="Build">What it was built from.</param>
internal sealed record Hello(Errand Errand, string Name, Build Build)
{
    /// <summary>Of Join, tells workers of one name apart: a worker whose answer was lost asks once more.</summary>
    public string Asker { get; init; } = "";
}

/// <summary>What is answered.</summary>
/// <param name="Refusal">Why the caller is refused, in one sentence; null if it is not.</param>
/// <param name="Content">What was asked for, as JSON; null where there is nothing to say.</param>
internal sealed record Answer(string? Refusal = null, string? Content = null)
{
    /// <summary>Whether it may help to ask again in a moment.</summary>
    public bool MayChange { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(Answer))]
internal sealed partial class DoorJson : JsonSerializerContext;
