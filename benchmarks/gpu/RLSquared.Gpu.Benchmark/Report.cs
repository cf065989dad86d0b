using System.Diagnostics;
using System.Text.Json.Nodes;

namespace RLSquared.Gpu.Benchmark;

/// <summary>The figures, written anew after every part, so that a part that fails loses no other.</summary>
sealed class Report(string path)
{
    readonly JsonObject root = [];
    readonly Stopwatch watch = Stopwatch.StartNew();

    /// <summary>Seconds since the start.</summary>
    public double Seconds => watch.Elapsed.TotalSeconds;

    /// <summary>Runs a part; what it throws becomes a line of the report.</summary>
    public void Part(string name, Action<JsonObject> part)
    {
        JsonObject figures = [];
        root[name] = figures;
        double start = Seconds;
        try
        {
            part(figures);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            figures["error"] = error.Message;
            figures["where"] = error.StackTrace;
        }
        figures["seconds_of_part"] = Math.Round(Seconds - start, 3);
        Save();
        string failure = figures.ContainsKey("error") ? $"FAILED {figures["error"]}" : "";
        Console.WriteLine($"{name}: {Seconds - start:0.0} s {failure}");
    }

    /// <summary>Writes what there is.</summary>
    public void Save()
    {
        string text = root.ToJsonString(new() { WriteIndented = true });
        File.WriteAllText(path + ".part", text);
        File.Move(path + ".part", path, overwrite: true);
    }
}
