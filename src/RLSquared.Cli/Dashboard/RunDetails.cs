using System.Buffers;
using System.Text.Json;
using RLSquared.Cli.Output;
using RLSquared.Cli.Sessions;
using RLSquared.Runs;

namespace RLSquared.Cli.Dashboard;

/// <summary>What the panels of a run show: its configuration, command, machine and evaluation, as JSON.</summary>
internal static class RunDetails
{
    const int LargestFile = 1 << 20;

    /// <summary>
    /// Writes the properties of the JSON object; of a file that cannot be read, what is wrong with it.
    /// </summary>
    public static void WriteJson(Utf8JsonWriter json, WatchedRun run)
    {
        json.WriteString("id", run.Id);
        json.WriteString("folder", run.Path);
        WriteConfiguration(json, run.Configuration);
        json.WriteString("command", RegularFile.ReadText(run.File("command.txt"), LargestFile)?.Trim());
        WriteFile(json, "machine", run.File("environment.json"));
        WriteFile(json, "evaluation", run.File(WatchedRun.EvaluationName));
    }

    /// <summary>Writes how a run's cluster does, and how many seconds ago that was so.</summary>
    public static void WriteCluster(Utf8JsonWriter json, WatchedRun run)
    {
        string path = run.File(ClusterSession.StatusFile);
        WriteFile(json, "cluster", path);
        if (RegularFile.Find(path) is { } file)
            json.WriteNumber("age", Math.Max(0, Math.Round((DateTime.UtcNow - file.LastWriteTimeUtc).TotalSeconds)));
    }

    static void WriteConfiguration(Utf8JsonWriter json, RunConfiguration? told)
    {
        if (told is null)
        {
            json.WriteNull("configuration");
            return;
        }
        json.WriteStartObject("configuration");
        WriteOptions("run",
        [
            new("task", told.Task), new("algorithm", told.Algorithm), new("preset", told.Preset),
            new("seed", told.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            new("budget", told.Budget), new("checkpoint every", told.CheckpointEvery),
            new("threads", told.Threads.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            .. told.From is { } from ? [new("from", from)] : Array.Empty<KeyValuePair<string, string>>(),
        ]);
        WriteOptions("task", told.TaskOptions);
        WriteOptions("algorithm", told.AlgorithmOptions);
        json.WriteEndObject();

        void WriteOptions(string name, IEnumerable<KeyValuePair<string, string>> options)
        {
            json.WriteStartObject(name);
            foreach ((string key, string value) in options)
                json.WriteString(key, value);
            json.WriteEndObject();
        }
    }

    // As it stands in the file; null where there is none, and {"damaged": why} where it is no JSON object.
    static void WriteFile(Utf8JsonWriter json, string name, string path)
    {
        json.WritePropertyName(name);
        string? text = RegularFile.ReadText(path, LargestFile);
        if (text is null)
        {
            json.WriteNullValue();
            return;
        }
        string? damage = text.Length > 0 ? null
            : $"{Path.GetFileName(path)} is empty or longer than {LargestFile} bytes";
        if (damage is null)
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(text);
                if (document.RootElement.ValueKind == JsonValueKind.Object)
                {
                    json.WriteRawValue(Written(document));
                    return;
                }
                damage = $"{Path.GetFileName(path)} holds no object";
            }
            catch (Exception failure) when (failure is JsonException or InvalidOperationException)
            {
                damage = $"{Path.GetFileName(path)} cannot be read: {failure.Message}";
            }
        }
        json.WriteStartObject();
        json.WriteString("damaged", damage);
        json.WriteEndObject();
    }

    // Apart at first, so that what turns out to be no text half way through leaves nothing behind.
    static ReadOnlySpan<byte> Written(JsonDocument document)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, JsonOutput.Readable))
            document.WriteTo(json);
        return buffer.WrittenSpan;
    }
}
