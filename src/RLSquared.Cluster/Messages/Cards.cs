using System.Text.Json.Serialization;

namespace RLSquared.Cluster.Messages;

/// <summary>What a worker learns of a training.</summary>
/// <param name="Training">Its number, another one for each start.</param>
/// <param name="Configuration">All options and the seed, as <c>config.json</c> has them.</param>
/// <param name="Code">The build of the assembly that the algorithm is in.</param>
/// <param name="Shards">Its shards.</param>
internal sealed record TrainingCard(string Training, Runs.RunConfiguration Configuration, Guid Code, int Shards);

/// <summary>What a training learns of a worker.</summary>
/// <param name="Name">The worker's name.</param>
/// <param name="Threads">The threads with which it computes.</param>
/// <param name="Port">Where it listens for lanes.</param>
/// <param name="Refusal">Why it cannot take part; null if it can.</param>
internal sealed record WorkerCard(string Name, int Threads, int Port, string? Refusal);

/// <summary>How a worker does.</summary>
/// <param name="Name">The worker's name.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Threads">The threads with which it computes.</param>
/// <param name="State">Joining, working, resting or leaving.</param>
/// <param name="Shards">Shards that it has computed.</param>
/// <param name="Seconds">Seconds that it has computed.</param>
internal sealed record WorkerStatus(
    string Name, string Address, int Threads, string State, long Shards, double Seconds);

/// <summary>How a cluster does: what <c>rl2 cluster status</c> shows.</summary>
/// <param name="Task">What is learned.</param>
/// <param name="Algorithm">By what.</param>
/// <param name="Steps">How far the training is.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="ShardsHere">Shards that the training process has computed itself.</param>
/// <param name="Replayed">Shards that were computed once more, for a worker was lost or too slow.</param>
/// <param name="Lost">Workers that were lost.</param>
/// <param name="BytesSent">Bytes of parts that were sent to workers.</param>
/// <param name="BytesReceived">Bytes of results that came from workers.</param>
/// <param name="Workers">All workers.</param>
internal sealed record ClusterStatus(
    string Task, string Algorithm, long Steps, string Unit, long ShardsHere, long Replayed, int Lost, long BytesSent,
    long BytesReceived, IReadOnlyList<WorkerStatus> Workers);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TrainingCard))]
[JsonSerializable(typeof(WorkerCard))]
[JsonSerializable(typeof(ClusterStatus))]
internal sealed partial class CardJson : JsonSerializerContext;
