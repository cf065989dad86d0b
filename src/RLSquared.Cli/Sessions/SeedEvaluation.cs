using System.Globalization;
using System.Text.Json;
using RLSquared.Agents;
using RLSquared.Cli.Output;
using RLSquared.Evaluation;
using RLSquared.Runs;
using RLSquared.Tasks;

namespace RLSquared.Cli.Sessions;

/// <summary>
/// The trained agents of several seeds and their opponents on the same trials. What is claimed of an algorithm is the
/// mean over seeds, and its standard error says how much another set of seeds might differ.
/// </summary>
internal sealed class SeedEvaluation : IDisposable
{
    EvaluationResult? result;                           // the agents of the seeds first, then the opponents

    SeedEvaluation(IReadOnlyList<TrainedRun> runs) => Runs = runs;

    /// <summary>The runs by rising seed.</summary>
    public IReadOnlyList<TrainedRun> Runs { get; }

    /// <summary>What they learned.</summary>
    public Problem Problem => Runs[0].Problem;

    /// <summary>Opens the runs of a folder of seeds, all of which must have been trained.</summary>
    /// <param name="catalogues">Where task and algorithm are looked up.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="checkpoint"><c>last</c> or <c>best</c>, of each.</param>
    /// <exception cref="OptionException">Another word, which could only be one seed's checkpoint.</exception>
    /// <exception cref="InvalidDataException">A seed has no checkpoint yet, or a damaged one.</exception>
    public static SeedEvaluation Open(Catalogues catalogues, string folder, string checkpoint)
    {
        if (checkpoint is not ("last" or "best"))
        {
            throw new OptionException("--checkpoint", $"{folder} holds several seeds; " +
                "--checkpoint is last or best there, or name the folder of one seed");
        }
        if (SeedRuns.Missing(folder) is [var missing, ..])
        {
            throw new InvalidDataException(
                $"seed {missing} of {folder} was asked for and not begun; go on with: rl2 resume {folder}");
        }
        List<TrainedRun> opened = [];
        try
        {
            foreach (string path in SeedRuns.In(folder))
            {
                if (RunFolder.Open(path).CheckpointPaths.Count == 0)
                    throw new InvalidDataException($"{path} has no checkpoint yet; go on with: rl2 resume {folder}");
                opened.Add(TrainedRun.Open(catalogues, path, checkpoint, threads: 1));
                opened[^1].Restore();
            }
            return new SeedEvaluation(opened);
        }
        catch
        {
            opened.ForEach(run => run.Dispose());
            throw;
        }
    }

    /// <summary>Plays the agents of all seeds and the opponents, each once, on the same trials.</summary>
    public void Play(
        TaskDistribution task, IEnumerable<Agent> opponents, EvaluationOptions options,
        CancellationToken cancellation) =>
        result = Evaluator.Run(
            task, [.. Runs.Select(run => run.Agent), .. opponents], options, cancellation: cancellation);

    /// <summary>Has each run's algorithm judge itself; opponents, if any, are those of the first.</summary>
    public void Judge(EvaluationOptions options, CancellationToken cancellation)
    {
        EvaluationResult[] results = [.. Runs.Select(run => run.Algorithm.Evaluate(options, cancellation))];
        result = results[0] with
        {
            Agents = [.. results.Select(one => one.Agents[0]), .. results[0].Agents.Skip(1)],
        };
    }

    /// <summary>Writes the <c>evaluation.json</c> of each run, with its own agent and the opponents.</summary>
    public void WriteFiles()
    {
        for (int i = 0; i < Runs.Count; i++)
        {
            EvaluationResult own = Result with { Agents = [Result.Agents[i], .. Result.Agents.Skip(Runs.Count)] };
            Checkpoint checkpoint = Runs[i].Checkpoint;
            EvaluationOutput.WriteFile(Runs[i].Folder, checkpoint.Path, checkpoint.Facts.Steps, own);
        }
    }

    /// <summary>Writes the mean over seeds beside the opponents, and a row for each seed.</summary>
    public void WriteTable(TextWriter output)
    {
        string name = Result.Agents[0].Name;
        double[] means = Means();
        EvaluationOutput.WriteTable(output, Result with
        {
            Agents =
            [
                new AgentScore(name, [], Estimate.Of(means), default), .. Result.Agents.Skip(Runs.Count),
            ],
        }, name, note: $", mean of {Runs.Count} seeds");
        output.WriteLine();
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"over seeds: mean {Estimate.Of(means)}, " +
            $"median {Median(means):F3}, lowest {means.Min():F3}, highest {means.Max():F3}"));
        for (int i = 0; i < Runs.Count; i++)
            output.WriteLine($"seed {Runs[i].Folder.Configuration.Seed,-4}  {Result.Agents[i].Score}");
    }

    /// <summary>Writes the properties of the JSON object.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        double[] means = Means();
        json.WriteStartArray("runs");
        for (int i = 0; i < Runs.Count; i++)
        {
            json.WriteStartObject();
            json.WriteString("run", Runs[i].Folder.Path);
            json.WriteNumber("seed", Runs[i].Folder.Configuration.Seed);
            json.WriteString("checkpoint", Runs[i].Checkpoint.Path);
            json.WriteNumber("steps", Runs[i].Checkpoint.Facts.Steps);
            json.WriteNumber("seconds", Math.Round(Runs[i].Checkpoint.Facts.Seconds, 3));
            json.WriteNumber("mean", Result.Agents[i].Score.Mean);
            json.WriteNumber("standardError", Result.Agents[i].Score.StandardError);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartObject("overSeeds");
        json.WriteNumber("mean", Estimate.Of(means).Mean);
        json.WriteNumber("standardError", Estimate.Of(means).StandardError);
        json.WriteNumber("median", Median(means));
        json.WriteNumber("lowest", means.Min());
        json.WriteNumber("highest", means.Max());
        json.WriteEndObject();
        json.WriteStartObject("evaluation");
        EvaluationOutput.WriteJson(json, Result);
        json.WriteEndObject();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (TrainedRun run in Runs)
            run.Dispose();
    }

    EvaluationResult Result => result ?? throw new InvalidOperationException("nothing was evaluated yet");

    double[] Means() => [.. Result.Agents.Take(Runs.Count).Select(agent => agent.Score.Mean)];

    static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
