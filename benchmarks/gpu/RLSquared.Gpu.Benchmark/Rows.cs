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

    static readonly (string Name, double Paper, double Share, CardRl2Options Options)[] all =
    [
        ("n100-k10", 83.3, 3, Long(10, 100)),
        ("n100-k5", 78.9, 2, Long(5, 100)),
        ("n100-k50", 84.3, 4, Long(50, 100)),
        ("n500-k5", 405.8, 4, VeryLong(5)),
        ("n500-k10", 437.2, 4, VeryLong(10)),
        ("n500-k50", 438.9, 5, VeryLong(50)),
        ("n10-k5", 6.7, 1, Short(5)),
        ("n10-k10", 6.7, 1, Short(10)),
        ("n10-k50", 6.8, 1, Short(50)),
    ];

    static CardRl2Options Short(int arms) => new()
    {
        Arms = arms, Pulls = 10, Hidden = 256, Trials = 16384, Minibatch = 2048, Epochs = 3, LearningRate = 2e-3f,
    };

    static CardRl2Options Long(int arms, int pulls) => new()
    {
        Arms = arms, Pulls = pulls, Hidden = 256, Trials = 4096, Minibatch = 512, Epochs = 3, LearningRate = 2e-3f,
        Lambda = 0.95f,
    };

    static CardRl2Options VeryLong(int arms) => Long(arms, 500) with { Trials = 2048, Minibatch = 256, Lambda = 0.98f };

    /// <summary>Trains row after row; each has its share of the seconds.</summary>
    public static void Run(string folder, double seconds, string[]? only)
    {
        var rows = all.Where(row => only is null || only.Contains(row.Name)).ToArray();
        double shares = rows.Sum(row => row.Share);
        var report = new Report(Path.Combine(folder, "rows.json"));
        foreach ((string name, double paper, double share, CardRl2Options options) in rows)
        {
            // What an earlier row left over goes to the later ones.
            double time = (seconds - report.Seconds) * share / shares;
            shares -= share;
            report.Part(name, figures => Train(figures, folder, name, paper, options, time));
        }
    }

    static void Train(
        JsonObject figures, string folder, string name, double paper, CardRl2Options options, double seconds)
    {
        using var accelerator = new CudaAccelerator(precision: Precision.Tf32);
        using var math = new GpuMath(accelerator);
        using var card = new CardRl2(math, options);
        var watch = Stopwatch.StartNew();
        JsonArray curve = [];
        int iterations = 0;
        double left = seconds * 0.93;
        for (; watch.Elapsed.TotalSeconds < left; iterations++)
        {
            float remaining = (float)Math.Max(0.02, 1 - watch.Elapsed.TotalSeconds / left);
            card.LearningRate = options.LearningRate * remaining;
            card.EntropyWeight = options.Entropy * remaining;
            card.Iterate();
            // Reading now and then keeps the host from running far ahead of the card.
            if (iterations % 10 == 0)
            {
                double mean = card.ReadMeanReturn();
                float norm = card.ReadNorm();
                curve.Add((JsonNode)new JsonArray(Math.Round(watch.Elapsed.TotalSeconds, 2), Math.Round(mean, 3), norm));
                if (!float.IsFinite(norm))
                    throw new InvalidOperationException($"iteration {iterations}: the gradient is not finite");
            }
            else
            {
                accelerator.Synchronise();
            }
        }
        double trained = watch.Elapsed.TotalSeconds;
        (double score, double deviation) = Evaluate(card, options);
        figures["score"] = score;
        figures["standard_error"] = deviation;
        figures["paper"] = paper;
        figures["steps"] = iterations * card.StepsPerIteration;
        figures["train_seconds"] = trained;
        figures["iterations"] = iterations;
        figures["evaluation_trials"] = (EvaluationTrials + options.Trials - 1) / options.Trials * options.Trials;
        figures["curve"] = curve;
        Console.WriteLine($"  {name}: {score:0.00} ± {deviation:0.00} (paper {paper}), " +
            $"{iterations * card.StepsPerIteration / 1e6:0} M steps in {trained:0} s");
        card.Weights.Download(card.Network.Parameters);
        Save(Path.Combine(folder, $"{name}.safetensors"), card);
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
