using System.Text.Json;
using RLSquared.Runs;

namespace RLSquared.Cli.Dashboard;

/// <summary>What a language model said while it learned: the lines of a run's <c>samples.jsonl</c>.</summary>
internal static class RunSamples
{
    const long MostBytes = 256 << 20;
    const int MostLines = 100_000, MostPrompts = 20;

    /// <summary>
    /// Writes the iterations that have samples, the prompts that were never solved, and the samples of one iteration.
    /// <code>
    /// "iterations": [1, 5, 9], "iteration": 9, "never": [{"prompt": "12+34=", "times": 3}],
    /// "shown": the line of iteration 9, or null where the run has no samples
    /// </code>
    /// </summary>
    /// <param name="json">Within an object.</param>
    /// <param name="run">The run.</param>
    /// <param name="iteration">Which one: the last up to this; null for the newest.</param>
    /// <exception cref="InvalidDataException">A line is none; the message says which.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static void WriteJson(Utf8JsonWriter json, WatchedRun run, long? iteration)
    {
        string path = run.File(RunFolder.SamplesName);
        List<long> iterations = [];
        var unsolved = new Dictionary<string, int>(StringComparer.Ordinal);
        HashSet<string> solved = new(StringComparer.Ordinal);
        JsonElement? shown = null;
        long of = 0;
        if (RegularFile.Find(path) is { Length: > 0 and <= MostBytes } file)
        {
            using var stream = new FileStream(
                file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var lines = new LineReader(stream);
            while (iterations.Count < MostLines && lines.Next(out ReadOnlySpan<byte> line))
            {
                if (Read(line) is not { } one)
                    throw new InvalidDataException($"line {iterations.Count + 1} of {path} holds no samples");
                iterations.Add(one.Iteration);
                Count(one.Line, unsolved, solved);
                if (iteration is null || one.Iteration <= iteration || shown is null)
                    (of, shown) = (one.Iteration, one.Line);
            }
        }
        json.WriteStartArray("iterations");
        foreach (long one in iterations)
            json.WriteNumberValue(one);
        json.WriteEndArray();
        json.WriteNumber("iteration", of);
        json.WriteStartArray("never");
        foreach ((string prompt, int times) in unsolved.Where(pair => pair.Value > 1 && !solved.Contains(pair.Key))
            .OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(MostPrompts))
        {
            json.WriteStartObject();
            json.WriteString("prompt", prompt);
            json.WriteNumber("times", times);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WritePropertyName("shown");
        if (shown is not { } samples)
        {
            json.WriteNullValue();
            return;
        }
        try
        {
            samples.WriteTo(json);
        }
        catch (InvalidOperationException failure)
        {
            throw new InvalidDataException($"iteration {of} of {path} holds what is no text", failure);
        }
    }

    // What is no line of samples is told apart from what is one: the page draws what it gets.
    static (long Iteration, JsonElement Line)? Read(ReadOnlySpan<byte> line)
    {
        try
        {
            JsonElement read = JsonElement.Parse(line);
            return MetricLog.IterationOf(line) is { } iteration && IsList(read, "samples")
                && read.GetProperty("samples").EnumerateArray().All(IsSample)
                && ((string[])["solved", "unsolved"]).All(name => IsList(read, name)
                    && read.GetProperty(name).EnumerateArray().All(one =>
                        one.ValueKind == JsonValueKind.String && one.GetString() is not null))
                ? (iteration, read) : null;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)                   // a text that is none, in escapes
        {
            return null;
        }
    }

    static bool IsSample(JsonElement one) => one.ValueKind == JsonValueKind.Object
        && one.TryGetProperty("prompt", out JsonElement prompt) && prompt.ValueKind == JsonValueKind.String
        && IsList(one, "tokens") && IsList(one, "logProbabilities") && IsList(one, "advantages")
        && one.TryGetProperty("parts", out JsonElement parts) && parts.ValueKind == JsonValueKind.Object;

    static bool IsList(JsonElement of, string name) => of.ValueKind == JsonValueKind.Object
        && of.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array;

    static void Count(JsonElement line, Dictionary<string, int> unsolved, HashSet<string> solved)
    {
        foreach (JsonElement prompt in line.GetProperty("unsolved").EnumerateArray())
        {
            string text = prompt.GetString()!;
            unsolved[text] = unsolved.GetValueOrDefault(text) + 1;
        }
        foreach (JsonElement prompt in line.GetProperty("solved").EnumerateArray())
            solved.Add(prompt.GetString()!);
    }
}
