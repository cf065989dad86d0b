using System.Diagnostics;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Pipelines;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Language.Pipelines;

/// <summary>What a machine does with a task and a model, and how a pipeline of it runs: all in seconds.</summary>
/// <param name="Model">What a plan is computed with.</param>
/// <param name="Steps">Times of decode steps on one thread.</param>
/// <param name="TrainSeconds">Seconds to train on a token with one thread; with all of them.</param>
sealed record PipelineRates(ThroughputModel Model, StepTimes Steps, (double One, double All) TrainSeconds);

/// <summary>What a run of some updates came to.</summary>
/// <param name="Rate">Tokens of completions a second.</param>
/// <param name="Lag">The most updates that a token lagged behind.</param>
/// <param name="Waited">The share of the time in which the trainer waited for a batch.</param>
sealed record PipelineRun(double Rate, double Lag, double Waited);

/// <summary>Measures this machine: decode steps by sequences in flight, updates, lengths, and whole
/// pipelines.</summary>
static class PipelineProbe
{
    const int WarmSteps = 8, MostDrawn = 256;

    /// <summary>Measures what a plan needs.</summary>
    /// <param name="task">Prompts; lengths are those that the model draws as it is.</param>
    /// <param name="options">The model, B and G.</param>
    /// <param name="inFlight">The numbers of sequences in flight to try, each from 1.</param>
    /// <param name="threads">N.</param>
    /// <param name="seed">Of model, prompts and draws.</param>
    /// <param name="each">How long each is measured for.</param>
    /// <param name="cancellation">Stops it.</param>
    public static PipelineRates Measure(
        PromptTask task, PipelineRlOptions options, IReadOnlyList<int> inFlight, int threads, ulong seed, TimeSpan each,
        CancellationToken cancellation)
    {
        RlooOptions learning = options.Learning;
        int longest = learning.LongestOf(task);
        using LanguageModel model = StartingModel.For(task, learning, longest, seed);
        using var one = new Workers(1);
        using var all = new Workers(threads);
        var sampling = new SamplingOptions
        {
            MaximumTokens = longest,
            Temperature = learning.Temperature,
            StopTokens = task.EndTokens,
        };
        IReadOnlyList<Completion> drawn;
        using (var generator = new Generator(model, new GeneratorOptions { MostInFlight = 64 }, task.Tokenizer, all))
        {
            (long prompts, long samples) = (0, 0);
            drawn = Completions.Draw(generator, task, Math.Max(1, MostDrawn / learning.GroupSize), learning.GroupSize,
                sampling, seed, PromptSplit.Training, ref prompts, ref samples);
        }
        StepTimes Steps(Workers workers, int scale) => new(inFlight.Select(h =>
        {
            cancellation.ThrowIfCancellationRequested();
            double seconds = StepSeconds(model, task, sampling, learning.GroupSize, h * scale, workers, seed, each);
            return ((double)h * scale, seconds);
        }));
        StepTimes single = Steps(one, 1), shared = Steps(all, threads);
        (double One, double All) train = (
            TrainSeconds(model, learning, drawn, one, each, cancellation),
            TrainSeconds(model, learning, drawn, all, each, cancellation));
        return new PipelineRates(new ThroughputModel
        {
            Processors = threads,
            Batch = learning.Batch,
            StepTime = single.At,
            StepTimeOfAll = shared.At,
            TrainTime = train.One,
            TrainTimeOfAll = train.All,
            TrainPieces = learning.Shards,
            Lengths = LengthDistribution.Of([.. drawn.Select(completion => completion.Tokens.Count)]),
        }, single, train);
    }

    // The mean time of a step with h sequences in flight, refilled as in a pipeline, prompts and all.
    static double StepSeconds(
        LanguageModel model, PromptTask task, SamplingOptions sampling, int groupSize, int h, Workers workers,
        ulong seed, TimeSpan each)
    {
        using var generator = new Generator(model, new GeneratorOptions { MostInFlight = h }, task.Tokenizer, workers);
        (long prompt, long sample, int steps) = (0, 0, 0);
        long start = 0;
        while (true)
        {
            while (generator.InFlight + generator.Waiting < 2 * h)
            {
                PromptExample example = task.Draw(seed, prompt++);
                int[] ids = task.Encode(example);
                int most = Math.Min(sampling.MaximumTokens, task.LongestCompletionOf(example));
                for (int g = 0; g < groupSize; g++)
                    generator.Submit(ids, sampling with { MaximumTokens = most }, (ulong)sample++);
            }
            if (steps == WarmSteps)
                start = Stopwatch.GetTimestamp();
            generator.Step();
            while (generator.TryTake(out _))
            {
            }
            if (++steps > WarmSteps && Stopwatch.GetElapsedTime(start) >= each)
                return Stopwatch.GetElapsedTime(start).TotalSeconds / (steps - WarmSteps);
        }
    }

    // Forward, backward, optimiser and the publishing of the weights, by token that is learnt.
    static double TrainSeconds(
        LanguageModel model, RlooOptions learning, IReadOnlyList<Completion> drawn, Workers workers, TimeSpan each,
        CancellationToken cancellation)
    {
        using LanguageModel own = model.Clone();
        using var learner = new SequenceLearner(own, learning.Shards, learning.TokensAtOnce, workers);
        using var adam = new Adam(own.Parameters, new AdamOptions());
        using var generator = new Generator(own);
        TokenSequence[] batch = [.. Enumerable.Range(0, learning.Batch).Select(
            i => TokenSequence.Of(drawn[i % drawn.Count]))];
        long tokens = 0, start = 0;
        for (int update = 0; ; update++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (update == 1)
                start = Stopwatch.GetTimestamp();
            Supervised.Learn(learner, batch);
            adam.Step(1e-6f);
            generator.TakeWeights();
            tokens += update > 0 ? batch.Sum(one => one.Learnt) : 0;
            if (update > 1 && Stopwatch.GetElapsedTime(start) >= each)
                return Stopwatch.GetElapsedTime(start).TotalSeconds / tokens;
        }
    }

    /// <summary>Runs a pipeline, or a conventional loop, and measures it.</summary>
    /// <param name="task">Prompts and rewards.</param>
    /// <param name="options">How.</param>
    /// <param name="threads">N.</param>
    /// <param name="seed">Of the run.</param>
    /// <param name="each">How long it is measured for, after a tenth of the time to begin with.</param>
    /// <param name="simulatedSecondsPerToken">Above 0, nothing is learnt, and a token takes so long.</param>
    /// <param name="cancellation">Stops it.</param>
    public static PipelineRun Run(
        PromptTask task, PipelineRlOptions options, int threads, ulong seed, TimeSpan each,
        double simulatedSecondsPerToken, CancellationToken cancellation)
    {
        using var workers = new Workers(threads);
        long tokens = 0, before = 0;
        using var pipeline = new PipelineRl(
            task, options with { Learning = options.Learning with { WarmStart = 0 } }, seed, workers)
        {
            SimulatedSecondsPerToken = simulatedSecondsPerToken,
            Watch = batch => tokens += batch.Sum(one => one.Tokens.Count),
        };
        // The conventional loop is measured over whole batches.
        int whole = options.Mode == PipelineMode.Conventional ? options.UpdatesPerBatch : 1;
        long start = Stopwatch.GetTimestamp();
        (double lag, double waited, bool measures) = (0, 0, false);
        for (int update = 0; ; update++)
        {
            cancellation.ThrowIfCancellationRequested();
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (update % whole == 0 && measures && seconds >= each.TotalSeconds)
                return new PipelineRun((tokens - before) / seconds, lag, waited / seconds);
            if (update % whole == 0 && !measures && update > 2 && seconds >= each.TotalSeconds / 10)
                (measures, before, start, waited) = (true, tokens, Stopwatch.GetTimestamp(), 0);
            var report = pipeline.Iterate(0);
            waited += report.RolloutSeconds;
            lag = Math.Max(lag, report.Figures.FirstOrDefault(one => one.Name == "lag/versions_max").Value);
        }
    }
}
