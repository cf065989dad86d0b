using System.Diagnostics;
using System.Text.Json.Nodes;
using RLSquared.Gpu.Cuda;
using RLSquared.Tensors;
using RLSquared.Tensors.Files;

namespace RLSquared.Gpu.Benchmark;

/// <summary>The bandit rows of the paper's Table 1 by plain RL², one after the other as far as the time goes.</summary>
static class Rows
{
    const int EvaluationTrials = 100_000;

    static readonly (string Name, double Paper, double Share, string? From, CardRl2Options Options)[] all =
    [
        ("n10-k5", 6.7, 12, null, Short(5)),
        ("n10-k10", 6.7, 12, null, Short(10)),
        ("n10-k50", 6.8, 12, null, Short(50)),
        ("n100-k5", 78.7, 85, null, Long(5)),
        ("n100-k10", 83.5, 105, null, Long(10)),
        ("n500-k5", 401.6, 190, "n100-k5", VeryLong(5)),
        ("n100-k50", 84.9, 100, "n100-k10", Long(50)),
        ("n500-k10", 432.5, 200, "n100-k10", VeryLong(10)),
        ("n500-k50", 438.9, 200, null, VeryLong(50)),
    ];

    // Those that are trained unless others are named: rather some rows long than all of them short.
    static readonly string[] usual = ["n10-k5", "n10-k10", "n10-k50", "n100-k5", "n100-k10", "n500-k5"];

    static CardRl2Options Short(int arms) => new()
    {
        Arms = arms,
        Pulls = 10,
        Hidden = 256,
        Trials = 8192,
        Minibatch = 512,
        Epochs = 3,
        LearningRate = 2e-3f,
        LastLambda = 0.9f,
    };

    // Many small steps of the optimiser learn more from a trial than few large ones.
    static CardRl2Options Long(int arms) => new()
    {
        Arms = arms,
        Pulls = 100,
        Hidden = 256,
        Trials = 2048,
        Minibatch = 128,
        Epochs = 3,
        LearningRate = 2e-3f,
        LastLambda = 0.9f,
    };

    static CardRl2Options VeryLong(int arms) => Long(arms) with
    {
        Pulls = 500,
        Trials = 1024,
        LearningRate = 1.5e-3f,
        Lambda = 0.9f,
        LastLambda = 0.97f,
    };

    /// <summary>Trains row after row; each has its share of the seconds.</summary>
    public static void Run(string folder, double seconds, string[]? only)
    {
        var rows = all.Where(row => (only ?? usual).Contains(row.Name)).ToArray();
        double shares = rows.Sum(row => row.Share);
        var report = new Report(Path.Combine(folder, "rows.json"));
        var trained = new Dictionary<string, float[][]>();
        foreach ((string name, double paper, double share, string? from, CardRl2Options options) in rows)
        {
            // What an earlier row left over goes to the later ones.
            double time = (seconds - report.Seconds) * share / shares;
            shares -= share;
            report.Part(name, figures =>
            {
                using var accelerator = new CudaAccelerator(precision: Precision.Tf32);
                using var math = new GpuMath(accelerator);
                using var card = new CardRl2(math, options);
                figures["paper"] = paper;
                if (from is not null && trained.TryGetValue(from, out float[][]? first)
                    && options.Arms == all.First(row => row.Name == from).Options.Arms)
                {
                    figures["from"] = from;
                    Restore(card, first);
                }
                Train(figures, report, card, options, time);
                Finish(figures, folder, name, card, options);
                trained[name] = [.. card.Network.Parameters.All.Select(parameter => HostNumbers.Read(parameter.Value))];
            });
        }
    }

    static void Restore(CardRl2 card, float[][] weights)
    {
        foreach ((Parameter parameter, float[] values) in card.Network.Parameters.All.Zip(weights))
            HostNumbers.Write(parameter.Value, values);
        card.Weights.Upload(card.Network.Parameters);
    }

    static void Train(JsonObject figures, Report report, CardRl2 card, CardRl2Options options, double seconds)
    {
        var watch = Stopwatch.StartNew();
        JsonArray curve = [];
        figures["curve"] = curve;
        int iterations = 0;
        double left = seconds * 0.97 - 0.5, saved = 0;
        for (; watch.Elapsed.TotalSeconds < left; iterations++)
        {
            float progress = (float)Math.Min(1, watch.Elapsed.TotalSeconds / left);
            card.LearningRate = options.LearningRate * Math.Max(0.01f, 1 - progress);
            card.EntropyWeight = options.Entropy * (1 - progress);
            card.Lambda = options.Lambda + (options.LastLambda - options.Lambda) * progress;
            card.Iterate();
            if (watch.Elapsed.TotalSeconds < saved + left / 40)
            {
                card.Wait();                            // so that the host does not run far ahead of the card
                continue;
            }
            saved = watch.Elapsed.TotalSeconds;
            double mean = card.ReadMeanReturn();
            float norm = card.ReadNorm();
            curve.Add((JsonNode)new JsonArray(
                Math.Round(saved, 2), iterations * card.StepsPerIteration, Math.Round(mean, 3), norm));
            report.Save();
            if (!float.IsFinite(norm))
                throw new InvalidOperationException($"iteration {iterations}: the gradient is not finite");
        }
        figures["steps"] = iterations * card.StepsPerIteration;
        figures["iterations"] = iterations;
        figures["train_seconds"] = watch.Elapsed.TotalSeconds;
    }

    static void Finish(JsonObject figures, string folder, string name, CardRl2 card, CardRl2Options options)
    {
        card.Weights.Download(card.Network.Parameters);
        Save(Path.Combine(folder, $"{name}.safetensors"), card);
        (double score, double deviation) = Evaluate(card, options);
        figures["score"] = score;
        figures["standard_error"] = deviation;
        figures["evaluation_trials"] = (EvaluationTrials + options.Trials - 1) / options.Trials * options.Trials;
        figures["record_error"] = card.RecordError;
        double millions = figures["steps"]!.GetValue<long>() / 1e6;
        double seconds = figures["train_seconds"]!.GetValue<double>();
        Console.WriteLine($"  {name}: {score:0.00} ± {deviation:0.00} (paper {figures["paper"]}), " +
            $"{millions:0} M steps in {seconds:0} s");
    }

    static (double Mean, double Error) Evaluate(CardRl2 card, CardRl2Options options)
    {
        double sum = 0, squares = 0;
        int count = 0;
        while (count < EvaluationTrials)
        {
            card.Play((ulong)count, 0, withValues: false, greedy: false);
            foreach (double total in card.ReadReturns())
            {
                sum += total;
                squares += total * total;
                count++;
            }
        }
        double mean = sum / count;
        return (mean, Math.Sqrt((squares / count - mean * mean) / count));
    }

    static void Save(string path, CardRl2 card)
    {
        var writer = new SafetensorsWriter();
        // The policy alone: it is what plays.
        foreach (Parameter parameter in card.Network.Parameters.All
            .Where(parameter => parameter.Name.StartsWith("policy.", StringComparison.Ordinal)))
            writer.Add(parameter.Name, parameter.Value);
        using FileStream stream = File.Create(path);
        writer.WriteTo(stream);
    }
}
