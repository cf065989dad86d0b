using System.Text.Json.Serialization;

namespace RLSquared.Cluster.Messages;

/// <summary>What a worker learns of a training.</summary>
/// <param name="Training">Its number, another one for each start.</param>
/// <param name="Configuration">All options and the seed, as <c>config.json</c> has them.</param>
/// <param name="Code">The build of the assembly that the algorithm is in.</param>
/// <param name="Shards">Its shards; 0 where workers make blocks of experience.</param>
internal sealed record TrainingCard(string Training, Runs.RunConfiguration Configuration, Guid Code, int Shards)
{
    /// <summary>The port at which the training gives weights as files; 0 where it does not.</summary>
    public int WeightPort { get; init; }
}

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
/// <param name="Shards">Shards that it has computed, or blocks of experience that it has made.</param>
/// <param name="Seconds">Seconds that it has computed; 0 where it makes blocks.</param>
internal sealed record WorkerStatus(
    string Name, string Address, int Threads, string State, long Shards, double Seconds)
{
    /// <summary>Shards or blocks that it has at present.</summary>
    public int InProgress { get; init; }

    /// <summary>Sequences in progress, where it makes blocks.</summary>
    public int Sequences { get; init; }

    /// <summary>Tokens that it has drawn since its lane was opened.</summary>
    public long Tokens { get; init; }

    /// <summary>The version of its weights, where it makes blocks; −1 before it has any.</summary>
    public int? Version { get; init; }

    /// <summary>Bytes of weights and blocks between it and the training since its lane was opened.</summary>
    public long Bytes { get; init; }
}

/// <summary>How a training does whose workers make blocks of experience.</summary>
/// <param name="Version">The version of the newest weights, which counts updates.</param>
/// <param name="Begun">Blocks that have begun: those of the next four together.</param>
/// <param name="Delivered">Blocks that were made.</param>
/// <param name="Held">Blocks in progress, in this process and in workers.</param>
/// <param name="Waiting">Blocks whose worker was lost, that no other has begun yet.</param>
/// <param name="Restarted">How often a block began again, for its worker was lost.</param>
/// <param name="Refused">Blocks that came from a worker that had been given up.</param>
/// <param name="Queued">Of those that were made: how many wait for the trainer.</param>
/// <param name="Taken">Of those that were made: how many the trainer has learnt from or dropped.</param>
internal sealed record PipelineStatus(
    int Version, long Begun, long Delivered, int Held, int Waiting, long Restarted, long Refused, int Queued,
    long Taken)
{
    /// <summary>Bytes of the newest weights as a file, without those that stay; 0 before there are any.</summary>
    public long WeightBytes { get; init; }
}

/// <summary>How a cluster does: what <c>rl2 cluster status</c> shows.</summary>
/// <param name="Task">What is learned.</param>
/// <param name="Algorithm">By what.</param>
/// <param name="Steps">How far the training is.</param>
/// <param name="Unit">What it counts.</param>
/// <param name="ShardsHere">Shards that the training process has computed itself.</param>
/// <param name="Replayed">Shards or blocks that were begun once more, for a worker was lost or too slow.</param>
/// <param name="Lost">Workers that were lost.</param>
/// <param name="BytesSent">Bytes of parts or weights that workers got.</param>
/// <param name="BytesReceived">Bytes of results or blocks that came from workers.</param>
/// <param name="Workers">All workers.</param>
internal sealed record ClusterStatus(
    string Task, string Algorithm, long Steps, string Unit, long ShardsHere, long Replayed, int Lost, long BytesSent,
    long BytesReceived, IReadOnlyList<WorkerStatus> Workers)
{
    /// <summary>How the pipeline does; null where workers compute shards.</summary>
    public PipelineStatus? Pipeline { get; init; }

    /// <summary>When it was so, in UTC.</summary>
    public DateTime Time { get; init; }

    /// <summary>Whether the training goes on.</summary>
    public bool IsOpen { get; init; } = true;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TrainingCard))]
[JsonSerializable(typeof(WorkerCard))]
[JsonSerializable(typeof(ClusterStatus))]
internal sealed partial class CardJson : JsonSerializerContext;
