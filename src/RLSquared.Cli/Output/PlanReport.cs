using System.Globalization;
using System.Text.Json;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Pipelines;
using RLSquared.Language.Prompts;
using RLSquared.Pipelines;

namespace RLSquared.Cli.Output;

/// <summary>What <c>rl2 plan</c> measured, what follows from it, and, where it was asked for, what came true.</summary>
internal sealed class PlanReport(PipelineRates rates, PipelinePlan plan, int mostLag, IReadOnlyList<int> candidates)
{
    readonly ThroughputModel model = rates.Model;
    readonly int updates = mostLag + 1;                      // G of the conventional loop with the same lag
    (PipelineRun Pipeline, PipelineRun Conventional)? check;
    bool isSimulated;

    double Conventional => model.ConventionalRate(updates);

    // The bound over all layouts, also those whose lag is not allowed.
    double Bound => candidates.Max(model.Bound);

    /// <summary>Runs both, so that the prediction can be compared.</summary>
    public void Check(
        PromptTask task, PipelineRlOptions options, ulong seed, TimeSpan each, bool simulate,
        CancellationToken cancellation)
    {
        isSimulated = simulate;
        double simulated = simulate ? rates.TrainSeconds.One : 0;
        int B = options.Learning.Batch;
        PipelineRun pipeline = PipelineProbe.Run(task, options with
        {
            Mode = PipelineMode.Deterministic,
            Generators = plan.Generators,
            MaxLag = Math.Max(options.Learning.GroupSize, (mostLag + 1) * B),
            EssFloor = 0,
            Learning = options.Learning with { InFlight = plan.InFlight },
        }, model.Processors, seed, each, simulated, cancellation);
        PipelineRun conventional = PipelineProbe.Run(task, options with
        {
            Mode = PipelineMode.Conventional,
            Generators = 1,
            UpdatesPerBatch = updates,
            Learning = options.Learning with { InFlight = B * updates },
        }, model.Processors, seed, each, simulated, cancellation);
        check = (pipeline, conventional);
    }

    public void Write(TextWriter output)
    {
        output.WriteLine(Line($"{"in flight",10} {"ms a step",10} {"tokens/s",10}   on one thread"));
        foreach ((double h, double seconds) in rates.Steps.Points)
            output.WriteLine(Line($"{h,10:N0} {1000 * seconds,10:F3} {h / seconds,10:N0}"));
        output.WriteLine(Line($"training: {1e6 * rates.TrainSeconds.One:F1} µs a token on one thread, ") +
            Line($"{1e6 * rates.TrainSeconds.All:F1} on {model.Processors}"));
        output.WriteLine(Line($"lengths: {model.Lengths.Mean:F1} tokens on average, {model.Lengths.Longest} at most"));
        output.WriteLine();
        output.WriteLine(Line($"conventional, {updates} updates a batch: {Conventional,10:N0} tokens/s"));
        output.WriteLine(Line($"pipeline, in-flight={plan.InFlight} generators={plan.Generators}: ") +
            Line($"{plan.Rate:N0} tokens/s, lag up to {plan.Lag} updates"));
        output.WriteLine(Line($"gain {plan.Rate / Conventional:F2} ×; no schedule of this work on ") +
            Line($"{model.Processors} threads gains more than {Bound / Conventional:F2} ×"));
        if (check is not { } run)
            return;
        output.WriteLine();
        string what = isSimulated ? "measured with a simulated trainer" : "measured";
        output.WriteLine(Line($"{what}: conventional {run.Conventional.Rate:N0} tokens/s ") +
            Line($"({run.Conventional.Rate / Conventional:P0} of the prediction), pipeline {run.Pipeline.Rate:N0} ") +
            Line($"({run.Pipeline.Rate / plan.Rate:P0}), lag up to {run.Pipeline.Lag:N0}"));
        output.WriteLine(Line($"gain {run.Pipeline.Rate / run.Conventional.Rate:F2} ×"));
    }

    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("threads", model.Processors);
        json.WriteNumber("batch", model.Batch);
        json.WriteStartArray("steps");
        foreach ((double h, double seconds) in rates.Steps.Points)
        {
            json.WriteStartObject();
            json.WriteNumber("inFlight", h);
            json.WriteNumber("seconds", seconds);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteNumber("trainSecondsPerToken", rates.TrainSeconds.One);
        json.WriteNumber("trainSecondsPerTokenOfAll", rates.TrainSeconds.All);
        json.WriteNumber("meanLength", model.Lengths.Mean);
        json.WriteNumber("longest", model.Lengths.Longest);
        json.WriteStartObject("plan");
        json.WriteNumber("inFlight", plan.InFlight);
        json.WriteNumber("generators", plan.Generators);
        json.WriteNumber("tokensPerSecond", plan.Rate);
        json.WriteNumber("lag", plan.Lag);
        json.WriteEndObject();
        json.WriteStartObject("conventional");
        json.WriteNumber("updatesPerBatch", updates);
        json.WriteNumber("tokensPerSecond", Conventional);
        json.WriteEndObject();
        json.WriteNumber("gain", plan.Rate / Conventional);
        json.WriteNumber("mostGain", Bound / Conventional);
        if (check is not { } run)
            return;
        json.WriteStartObject("measured");
        json.WriteBoolean("simulated", isSimulated);
        json.WriteNumber("pipeline", run.Pipeline.Rate);
        json.WriteNumber("pipelineLag", run.Pipeline.Lag);
        json.WriteNumber("conventional", run.Conventional.Rate);
        json.WriteNumber("gain", run.Pipeline.Rate / run.Conventional.Rate);
        json.WriteEndObject();
    }

    static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
