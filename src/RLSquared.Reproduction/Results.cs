using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using RLSquared.Evaluation;
using RLSquared.Runs;

namespace RLSquared.Reproduction;

/// <summary>What was found for the rows of a table so far: what <c>table1.json</c> holds.</summary>
internal sealed record Results
{
    /// <summary>The version of the layout that the present code writes and reads.</summary>
    public const int CurrentVersion = 1;

    // Writes '±' and 'é' as they are.
    static readonly JsonTypeInfo<Results> layout = (JsonTypeInfo<Results>)new JsonSerializerOptions(
        ResultsJson.Default.Options)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    }.GetTypeInfo(typeof(Results));

    public int Version { get; init; } = CurrentVersion;

    public required string Table { get; init; }

    /// <summary>The rows that were played, in the table's order.</summary>
    public IReadOnlyList<RowResult> Rows { get; init; } = [];

    /// <summary>The row of this id; null when there is none yet.</summary>
    public RowResult? Find(string row) => Rows.FirstOrDefault(known => known.Row == row);

    /// <summary>The results with a row added or replaced.</summary>
    public Results With(RowResult row, PaperTable table) => this with
    {
        Rows = [.. Rows.Where(other => other.Row != row.Row).Append(row)
            .OrderBy(other => table.Rows.TakeWhile(known => known.Id != other.Row).Count())],
    };

    /// <summary>Reads a file; empty results where there is none.</summary>
    /// <exception cref="InvalidDataException">
    /// It is damaged, of another version or another table; the message says what to do.
    /// </exception>
    public static Results Read(string path, PaperTable table)
    {
        if (!File.Exists(path))
            return new Results { Table = table.Name };
        const string advice = "move it away, or name another folder with --results";
        byte[] content = File.ReadAllBytes(path);
        try
        {
            // The version first: another one may have members that this one does not know.
            using var json = JsonDocument.Parse(content);
            if (json.RootElement.ValueKind != JsonValueKind.Object
                || !json.RootElement.TryGetProperty("version", out JsonElement version)
                || version.ValueKind != JsonValueKind.Number || !version.TryGetInt32(out int number))
            {
                throw new InvalidDataException(
                    $"{path} holds no results of rl2 reproduce: it has no version; {advice}");
            }
            if (number != CurrentVersion)
            {
                throw new InvalidDataException($"{path} has version {number} of its layout, " +
                    $"and this program reads version {CurrentVersion}; {advice}");
            }
            Results? read = JsonSerializer.Deserialize(content, layout);
            if (read?.Table != table.Name)
                throw new InvalidDataException($"{path} holds {read?.Table}, not {table.Name}; {advice}");
            string? unknown = read.Rows.FirstOrDefault(row => table.Rows.All(known => known.Id != row.Row))?.Row;
            return unknown is null ? read : throw new InvalidDataException(
                $"{path} holds a row '{unknown}', which {table.Name} does not have; {advice}");
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{path} is damaged: {failure.Message.TrimEnd('.')}; {advice}", failure);
        }
    }

    /// <summary>The file's content.</summary>
    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, layout), (byte)'\n'];
}

/// <summary>What was found for one row: everyone who played it, on the same trials.</summary>
internal sealed record RowResult
{
    public required string Row { get; init; }

    public required string Label { get; init; }

    public required string Task { get; init; }

    /// <summary>Every option of the task with its value, in the evaluation.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>Fresh trials that everyone plays, unless it says otherwise beside a score.</summary>
    public required int Instances { get; init; }

    /// <summary>The seed of those trials.</summary>
    public required ulong Seed { get; init; }

    public IReadOnlyList<OpponentResult> Opponents { get; init; } = [];

    public CeilingResult? Ceiling { get; init; }

    public PaperResult? Paper { get; init; }

    /// <summary>The trained agents, one for each variant.</summary>
    public IReadOnlyList<TrainedResult> Trained { get; init; } = [];

    /// <summary>What was trained of a variant; null when nothing was yet.</summary>
    public TrainedResult? Find(string variant) => Trained.FirstOrDefault(known => known.Variant == variant);

    /// <summary>The row with a variant added or replaced.</summary>
    public RowResult With(TrainedResult trained, PaperTable table) => this with
    {
        Trained = [.. Trained.Where(other => other.Variant != trained.Variant).Append(trained)
            .OrderBy(other => table.Variants.TakeWhile(known => known.Name != other.Variant).Count())],
    };
}

/// <summary>How a hand-designed agent did.</summary>
internal sealed record OpponentResult
{
    public required string Name { get; init; }

    /// <summary>The agent's options, as tuned.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    /// <summary>The first so many of the row's trials; fewer than all where the agent is slow.</summary>
    public required int Instances { get; init; }

    public required double Mean { get; init; }

    public required double StandardError { get; init; }

    /// <summary>How its episodes went, where something is searched.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NavigationFigures? Navigation { get; init; }

    /// <summary>What else was found, by name, where a table's judge finds more.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, Estimate>? Figures { get; init; }

    [JsonIgnore]
    public Estimate Score => new(Mean, StandardError);
}

/// <summary>What no agent, or nearly none, can exceed.</summary>
internal sealed record CeilingResult(string Name, bool IsBound, double Mean, double StandardError);

/// <summary>The paper's row.</summary>
/// <param name="Source">The paper and the table.</param>
/// <param name="Row">The row's label.</param>
/// <param name="Instances">The paper's own instances.</param>
/// <param name="Means">The paper's figure by the name of the agent here.</param>
internal sealed record PaperResult(
    string Source, string Row, int Instances, IReadOnlyDictionary<string, double> Means)
{
    public static PaperResult? Of(PaperRow? row) => row is null ? null : new(row.Source, row.Row, row.Instances,
        row.Scores.ToDictionary(score => score.Agent, score => score.Mean, StringComparer.Ordinal));
}

/// <summary>A recipe as it was carried out, with what came out for each seed.</summary>
internal sealed record TrainedResult
{
    public required string Variant { get; init; }

    public required string Algorithm { get; init; }

    public required string Preset { get; init; }

    /// <summary>Every option of the algorithm with its value.</summary>
    public required IReadOnlyDictionary<string, string> Options { get; init; }

    public required string Budget { get; init; }

    /// <summary>The row whose weights it began with.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? From { get; init; }

    /// <summary>What came out, by rising seed.</summary>
    public IReadOnlyList<SeedResult> Seeds { get; init; } = [];

    /// <summary>The median of the seeds' means.</summary>
    public double? Median { get; init; }

    /// <summary>The highest of the seeds' means.</summary>
    public double? Best { get; init; }

    /// <summary>The row's aim as a score; null where it is no single number.</summary>
    public double? Aim { get; init; }

    /// <summary>Whether the median seed reaches the aim.</summary>
    public bool? ReachesAim { get; init; }

    /// <summary>The result with a seed's added.</summary>
    /// <param name="seed">What came out.</param>
    /// <param name="aim">What is to be reached.</param>
    /// <param name="ceiling">The row's ceiling, if there is one.</param>
    public TrainedResult With(SeedResult seed, Aim aim, double? ceiling)
    {
        SeedResult[] seeds =
            [.. Seeds.Where(other => other.Seed != seed.Seed).Append(seed).OrderBy(other => other.Seed)];
        double[] means = [.. seeds.Select(one => one.Mean).Order()];
        double median = (means[(means.Length - 1) / 2] + means[means.Length / 2]) / 2;
        double? target = aim.Target(ceiling);
        TrainedResult result = this with { Seeds = seeds, Median = median, Best = means[^1], Aim = target };
        return result with
        {
            ReachesAim = target is not null ? median >= target
                : result.MedianSeed.Navigation is { } figures ? aim.IsReachedBy(figures) : null,
        };
    }

    /// <summary>The seed whose mean is the median, the lower of two.</summary>
    [JsonIgnore]
    public SeedResult MedianSeed => Seeds.OrderBy(seed => seed.Mean).ElementAt((Seeds.Count - 1) / 2);
}

/// <summary>One training and its evaluation.</summary>
internal sealed record SeedResult
{
    public required ulong Seed { get; init; }

    public required double Mean { get; init; }

    public required double StandardError { get; init; }

    /// <summary>How its episodes went, where something is searched.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NavigationFigures? Navigation { get; init; }

    /// <summary>What else was found, by name, where a table's judge finds more.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, Estimate>? Figures { get; init; }

    /// <summary>Environment steps of training; those of a run that it began from are not counted.</summary>
    public required long Steps { get; init; }

    /// <summary>Seconds of training, over all sessions.</summary>
    public required double Seconds { get; init; }

    /// <summary>Threads of training.</summary>
    public required int Threads { get; init; }

    /// <summary>The command that trains it without this verb.</summary>
    public required string Command { get; init; }

    public required Machine Machine { get; init; }

    public required Curve Curve { get; init; }

    [JsonIgnore]
    public Estimate Score => new(Mean, StandardError);
}

[JsonSourceGenerationOptions(
    WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, AllowDuplicateProperties = false,
    RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Results))]
internal sealed partial class ResultsJson : JsonSerializerContext;
