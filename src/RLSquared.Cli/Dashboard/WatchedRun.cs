using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RLSquared.Cli.Output;
using RLSquared.Reproduction.Plots;
using RLSquared.Runs;

namespace RLSquared.Cli.Dashboard;

/// <summary>One run folder as the page knows it: what it was told, how far it is, and what is wrong with it.</summary>
/// <param name="id">Its path below the watched folder, with '/' between the parts.</param>
/// <param name="path">The folder.</param>
internal sealed class WatchedRun(string id, string path)
{
    /// <summary>The file with the last evaluation of a run.</summary>
    public const string EvaluationName = "evaluation.json";

    // A run whose configuration is not there is being made; after this time something went wrong with it.
    static readonly TimeSpan patience = TimeSpan.FromSeconds(10);

    DateTime configurationTime;
    Age configurationAge, folderAge, metricsAge;
    string? configurationDamage;
    string? group;

    /// <summary>Its path below the watched folder, with '/' between the parts.</summary>
    public string Id { get; } = id;

    /// <summary>The folder.</summary>
    public string Path { get; } = path;

    /// <summary>What the run was told; null while that is not there or cannot be read.</summary>
    public RunConfiguration? Configuration { get; private set; }

    /// <summary>What tells it from other runs of its task and algorithm, such as <c>hidden 48</c>.</summary>
    public string Label { get; set; } = "";

    /// <summary>Its figures.</summary>
    public MetricTail Metrics { get; } = new(System.IO.Path.Combine(path, "metrics.jsonl"));

    /// <summary>Held while the figures are read or changed.</summary>
    public Lock Gate { get; } = new();

    /// <summary>When it was begun, as far as its files tell; the latest time while they do not.</summary>
    public DateTime Begun => configurationTime == default ? DateTime.MaxValue : configurationTime;

    /// <summary>What the list shows, as a JSON object. Another one takes its place whole.</summary>
    public byte[] Summary { get; private set; } = [];

    /// <summary>The path of a file in the folder.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>
    /// Whether a folder looks like a run, also one whose first files are just being written or that has lost one.
    /// </summary>
    public static bool IsRun(string folder)
    {
        bool Has(string name) => System.IO.File.Exists(System.IO.Path.Combine(folder, name));
        bool hasCheckpoints = Directory.Exists(System.IO.Path.Combine(folder, "checkpoints"));
        bool hasOthers = Has("environment.json") || Has("command.txt") || Has("metrics.jsonl");
        return Has("config.json") ? hasCheckpoints || hasOthers : hasCheckpoints && hasOthers;
    }

    /// <summary>Reads what is new. Whatever is wrong with its files, it is the run that is damaged.</summary>
    /// <param name="now">The time since the machine started.</param>
    /// <param name="allowance">The most bytes of figures to read; what was read is taken from it.</param>
    /// <returns>Whether the summary or the figures are different from before.</returns>
    public bool Refresh(TimeSpan now, ref long allowance)
    {
        bool grown = false;
        string? trouble = null;
        ReadConfiguration(now);
        try
        {
            grown = Metrics.Read(ref allowance);
        }
        catch (Exception failure)
        {
            trouble = failure.Message;
        }
        byte[] summary = Summarise(now, trouble ?? configurationDamage ?? Metrics.Damage);
        bool changed = !summary.AsSpan().SequenceEqual(Summary);
        Summary = summary;
        return changed || grown;
    }

    /// <summary>Reads what the run was told, if it has not been read yet or is another one now.</summary>
    public void ReadConfiguration(TimeSpan now)
    {
        try
        {
            ReadChangedConfiguration(now);
        }
        catch (Exception failure)
        {
            (Configuration, group, configurationDamage) = (null, null, failure.Message);
        }
    }

    void ReadChangedConfiguration(TimeSpan now)
    {
        if (RegularFile.Find(File("config.json")) is not { } file)
        {
            (Configuration, group, configurationTime) = (null, null, default);
            bool isLate = folderAge.Of(Directory.GetLastWriteTimeUtc(Path), now) > patience;
            configurationDamage = isLate ? "it has no config.json" : null;
            return;
        }
        if (file.LastWriteTimeUtc == configurationTime)
            return;
        configurationTime = file.LastWriteTimeUtc;
        Configuration = RunConfiguration.Read(file.FullName);
        (group, configurationDamage) = (GroupOf(Configuration), null);
    }

    // Runs of one group differ by the seed, and by what does not change what is learned.
    static string GroupOf(RunConfiguration configuration)
    {
        string facts = string.Join('\n', RunPlot.Facts(configuration));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(facts)))[..12];
    }

    byte[] Summarise(TimeSpan now, string? damage)
    {
        try
        {
            return Summary(damage);
        }
        catch (Exception failure)
        {
            // A number that no JSON can hold, or an unforeseen fault.
            (Configuration, group) = (null, null);
            Metrics.Forget();
            return Summary(failure.Message);
        }

        byte[] Summary(string? damage) => Summarise(State(now, damage), damage);
    }

    byte[] Summarise((string State, double? Progress) how, string? damage)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, JsonOutput.Readable);
        json.WriteStartObject();
        json.WriteString("id", Id);
        json.WriteString("task", Configuration?.Task);
        json.WriteString("algorithm", Configuration?.Algorithm);
        if (Configuration is { } told)
            json.WriteNumber("seed", told.Seed);
        else
            json.WriteNull("seed");
        json.WriteString("label", Label);
        json.WriteString("setting", Configuration is null ? null
            : string.Join(", ", Configuration.TaskOptions.Select(pair => $"{pair.Key} {pair.Value}")));
        json.WriteString("budget", Configuration?.Budget);
        json.WriteString("group", group ?? Id);
        (string state, double? progress) = how;
        json.WriteString("state", state);
        json.WriteString("reason", damage?.Replace(Path + System.IO.Path.DirectorySeparatorChar, ""));
        WriteNumber("progress", progress is { } share ? Math.Round(share, 3) : null);
        WriteNumber("iteration", Metrics.Latest?.Iteration);
        WriteNumber("steps", Metrics.Latest?.Steps);
        json.WriteString("unit", Configuration?.Counted);
        WriteNumber("seconds", Metrics.Latest?.Seconds);
        WriteNumber("return", Metrics.Latest?.Return);
        WriteNumber("stride", Metrics.Stride);
        WriteNumber("begun", configurationTime == default ? null : Milliseconds(configurationTime));
        WriteNumber("evaluated", RegularFile.Find(File(EvaluationName)) is { } evaluation
            ? Milliseconds(evaluation.LastWriteTimeUtc) : null);
        WriteNumber("checkpointed", Directory.Exists(File("checkpoints"))
            ? Milliseconds(Directory.GetLastWriteTimeUtc(File("checkpoints"))) : null);
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();

        void WriteNumber(string name, double? value)
        {
            if (value is { } known)
                json.WriteNumber(name, known);
            else
                json.WriteNull(name);
        }

        static double Milliseconds(DateTime utc) => Math.Round((utc - DateTime.UnixEpoch).TotalMilliseconds);
    }

    // A run does not say that it ended: it is done when its budget is spent, and has stopped when nothing was written
    // for longer than its iterations take. One that was resumed with another budget is past its own and goes on.
    (string State, double? Progress) State(TimeSpan now, string? damage)
    {
        if (damage is not null)
            return ("damaged", null);
        if (Configuration is null)
            return ("starting", null);
        if (Metrics.Latest is not { } latest || Metrics.Written is not { } written)
            return (configurationAge.Of(configurationTime, now) > 6 * patience ? "stopped" : "starting", null);
        Budget budget = Budget.Parse(Configuration.Budget);
        double progress = budget.Progress((long)latest.Steps, latest.Seconds);
        bool isPast = Metrics.Previous is { } before && budget.Progress((long)before.Steps, before.Seconds) >= 1;
        double iteration = latest.Seconds / Math.Max(1, latest.Iteration);
        bool isFresh = metricsAge.Of(written, now)
            < patience + TimeSpan.FromSeconds(Math.Clamp(5 * iteration, 0, 3600));
        // What came to its goal before its budget was spent is evaluated, and nothing is trained after that.
        bool isEvaluated = RegularFile.Find(File(EvaluationName)) is { } evaluation
            && evaluation.LastWriteTimeUtc >= written && Configuration.StopAt is not null;
        return ((progress >= 1 && !(isPast && isFresh)) || isEvaluated ? "done"
            : isFresh ? "training" : "stopped", progress);
    }
}
