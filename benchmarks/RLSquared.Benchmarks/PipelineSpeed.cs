using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Prompts;
using RLSquared.Language.Tokenizers;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Benchmarks;

/// <summary>
/// Time and samples to the same reward: PipelineRL against a conventional loop, with lengths from 1 to L, all alike.
/// The policy has to write the alphabet in a circle; the reward is the share of letters that follow the one before. One
/// line of JSON per run, and at the end <c>docs/results/pipeline.json</c> where a file is named.
/// <code>dotnet run -c Release --project benchmarks/RLSquared.Benchmarks -- pipeline 3
/// docs/results/pipeline.json</code>
/// </summary>
internal static class PipelineSpeed
{
    const int Longest = 64, Batch = 64, GroupSize = 8, InFlight = 64, MostUpdates = 192, Smoothed = 8;
    const double Target = 0.8;
    const string Letters = "abcdefgh";

    static readonly PipelineRlOptions pipeline = new()
    {
        MaxLag = 8 * Batch,
        EssFloor = 0,
        Learning = PipelineRlOptions.Truncated(new RlooOptions
        {
            Layers = 2,
            Hidden = 64,
            Heads = 2,
            Batch = Batch,
            GroupSize = GroupSize,
            InFlight = InFlight,
            LongestCompletion = Longest,
            LearningRate = 2e-3f,
            LearningRateSchedule = new(Tensors.Optimisers.ScheduleKind.Constant),
        }),
    };

    static IEnumerable<(string Variant, PipelineRlOptions Options)> Variants()
    {
        yield return ("pipeline, deterministic", pipeline);
        yield return ("pipeline, keys and values anew", pipeline with { KeepsCache = false });
        yield return ("pipeline, free-running", pipeline with { Mode = PipelineMode.FreeRunning });
        foreach (int updates in (int[])[1, 4, 8, 32, 64])
            yield return ($"conventional, {updates} updates a batch", Conventional(updates));
    }

    static PipelineRlOptions Conventional(int updates) => pipeline with
    {
        Mode = PipelineMode.Conventional,
        UpdatesPerBatch = updates,
        Learning = pipeline.Learning with { InFlight = Batch * updates },
    };

    public static int Measure(string[] arguments)
    {
        int seeds = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 1;
        string only = arguments.Length > 2 ? arguments[2] : "";
        int threads = Environment.ProcessorCount;
        List<(string Variant, List<Run> Runs)> all = [];
        // Once for the compiler, so that the first variant does not pay for it.
        foreach ((_, PipelineRlOptions options) in Variants())
            Train(options, 0, threads);
        // Variants in turns, so that what disturbs the machine disturbs all of them.
        for (int seed = 1; seed <= seeds; seed++)
        {
            foreach ((string variant, PipelineRlOptions options) in Variants())
            {
                if (!variant.Contains(only, StringComparison.Ordinal))
                    continue;
                Run run = Train(options, (ulong)seed, threads);
                if (seed == 1)
                    all.Add((variant, []));
                all.First(one => one.Variant == variant).Runs.Add(run);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{{\"variant\":\"{variant}\",\"seed\":{seed},{run}}}"));
            }
        }
        if (arguments.Length > 1 && arguments[1].Length > 0)
            Write(arguments[1], all, threads);
        return 0;
    }

    static Run Train(PipelineRlOptions options, ulong seed, int threads)
    {
        Tokenizer tokenizer = Tokenizer.Parse(CharacterTokenizer.Write(Letters, "<begin>"), "the circle");
        var circle = new PromptList("circle", tokenizer, [.. Letters.Select(letter => new PromptExample($"{letter}"))],
            new RewardSet().Add("circle", Follows), [])
        { MostPromptTokens = 1 };
        using var workers = new Workers(threads);
        long tokens = 0;
        using var learner = new PipelineRl(new UniformLengths(circle, Longest), options, seed, workers)
        {
            Watch = batch => tokens += batch.Sum(one => one.Tokens.Count),
        };
        var clock = Stopwatch.StartNew();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        Queue<double> last = [];
        (double ess, double least, double divergence, double lag) = (0, 1, 0, 0);
        for (int update = 1; ; update++)
        {
            IterationReport report = learner.Iterate(0);
            double Figure(string name) => report.Figures.First(one => one.Name == name).Value;
            ess += Figure("ess");
            least = Math.Min(least, Figure("ess"));
            divergence += Figure("mismatch_kl");
            lag = Math.Max(lag, Figure("lag/versions_max"));
            last.Enqueue(report.MeanReturn);
            if (last.Count > Smoothed)
                last.Dequeue();
            bool isThere = last.Count == Smoothed && last.Average() >= Target;
            if (isThere || update == MostUpdates)
            {
                double seconds = clock.Elapsed.TotalSeconds;
                return new Run(isThere, seconds, (Environment.CpuUsage.TotalTime - before).TotalSeconds,
                    (long)update * Batch, tokens / seconds, last.Average(), ess / update, least, divergence / update,
                    lag);
            }
        }
    }

    static float? Follows(Completion completion)
    {
        string text = completion.Prompt + completion.Text;
        int right = 0;
        for (int t = 1; t < text.Length; t++)
            right += text[t] - 'a' == (text[t - 1] - 'a' + 1) % Letters.Length ? 1 : 0;
        return (float)right / Math.Max(1, completion.Tokens.Count);
    }

    static void Write(string path, List<(string Variant, List<Run> Runs)> all, int threads)
    {
        using FileStream stream = File.Create(path);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteNumber("version", 1);
        json.WriteString("table", "pipeline");
        json.WriteStartArray("rows");
        // As many samples as without any lag, within a tenth; and the time of the fastest conventional loop by 1.3.
        double Best(Func<Run, double> figure, string among) => all
            .Where(one => one.Variant.StartsWith(among, StringComparison.Ordinal))
            .Select(one => Median(one.Runs, figure)).DefaultIfEmpty(0).Min();
        WriteRow("circle", $"samples to a mean reward of {Target}", run => run.Samples,
            Math.Round(1.1 * Best(run => run.Samples, "conventional, 1 ")));
        WriteRow("circle-seconds", $"seconds to a mean reward of {Target}", run => run.Seconds,
            Math.Round(Best(run => run.Seconds, "conventional") / 1.3, 2));
        json.WriteEndArray();
        json.WriteEndObject();

        void WriteRow(string row, string label, Func<Run, double> figure, double aim)
        {
            json.WriteStartObject();
            json.WriteString("row", row);
            json.WriteString("label", $"{label}, lengths from 1 to {Longest}, all alike");
            json.WriteNumber("threads", threads);
            json.WriteStartArray("trained");
            foreach ((string variant, List<Run> runs) in all)
                WriteVariant(variant, runs, Math.Round(Median(runs, figure), 2), aim);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        void WriteVariant(string variant, List<Run> runs, double median, double aim)
        {
            json.WriteStartObject();
            json.WriteString("variant", variant);
            json.WriteStartArray("seeds");
            for (int i = 0; i < runs.Count; i++)
                WriteRun(i + 1, runs[i]);
            json.WriteEndArray();
            json.WriteNumber("median", median);
            json.WriteNumber("aim", aim);
            json.WriteBoolean("reachesAim", median <= aim);
            json.WriteEndObject();
        }

        void WriteRun(int seed, Run run)
        {
            json.WriteStartObject();
            json.WriteNumber("seed", seed);
            json.WriteBoolean("isThere", run.IsThere);
            json.WriteNumber("seconds", Math.Round(run.Seconds, 2));
            json.WriteNumber("processorSeconds", Math.Round(run.ProcessorSeconds, 2));
            json.WriteNumber("samples", run.Samples);
            json.WriteNumber("tokensPerSecond", Math.Round(run.TokensPerSecond));
            json.WriteNumber("reward", Math.Round(run.Reward, 3));
            json.WriteNumber("meanEss", Math.Round(run.MeanEss, 4));
            json.WriteNumber("leastEss", Math.Round(run.LeastEss, 4));
            json.WriteNumber("meanDivergence", Math.Round(run.MeanDivergence, 6));
            json.WriteNumber("lag", run.Lag);
            json.WriteEndObject();
        }
    }

    static double Median(List<Run> runs, Func<Run, double> figure) =>
        runs.Select(figure).Order().ElementAt(runs.Count / 2);

    sealed record Run(bool IsThere, double Seconds, double ProcessorSeconds, long Samples, double TokensPerSecond,
        double Reward, double MeanEss, double LeastEss, double MeanDivergence, double Lag)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"\"isThere\":{(IsThere ? "true" : "false")},\"seconds\":{Seconds:F2},\"cpu\":{ProcessorSeconds:F2}," +
            $"\"samples\":{Samples},\"tokensPerSecond\":{TokensPerSecond:F0},\"reward\":{Reward:F3}," +
            $"\"ess\":{MeanEss:F4},\"leastEss\":{LeastEss:F4},\"kl\":{MeanDivergence:F6},\"lag\":{Lag}");
    }
}
