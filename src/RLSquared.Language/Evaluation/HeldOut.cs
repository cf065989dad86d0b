using RLSquared.Evaluation;
using RLSquared.Language.Experience;
using RLSquared.Language.Generation;
using RLSquared.Language.Models;
using RLSquared.Language.Objectives;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Tensors;

namespace RLSquared.Language.Evaluation;

/// <summary>
/// How well a model answers prompts that it has never learnt from. The score of a prompt is the reward of its likeliest
/// completion, token by token; pass@k is how often one of k drawn completions has the best reward of all, 1.
/// </summary>
static class HeldOut
{
    const int Tries = 8, MostTried = 250;                    // completions of a prompt for pass@k, and of how many

    /// <param name="name">What the result calls it.</param>
    /// <param name="model">Who answers.</param>
    /// <param name="task">Prompts and rewards.</param>
    /// <param name="longest">The most tokens of an answer.</param>
    /// <param name="options">How many prompts, of which seed, on how many threads.</param>
    /// <param name="cancellation">Stops it.</param>
    public static EvaluationResult Evaluate(
        string name, LanguageModel model, PromptTask task, int longest, EvaluationOptions options,
        CancellationToken cancellation)
    {
        using var workers = new Workers(options.Threads);
        using var generator = new Generator(
            model, new GeneratorOptions { MostInFlight = options.Lanes }, task.Tokenizer, workers);
        var greedy = new SamplingOptions
        {
            MaximumTokens = longest,
            Temperature = 0,
            StopTokens = task.EndTokens,
        };
        double[] totals = new double[options.Instances];
        double finished = 0, length = 0;
        long prompts = 0, samples = 0;
        // In parts, so that an evaluation of any size takes little memory and can be stopped.
        for (int first = 0; first < totals.Length; first += options.Lanes)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = Math.Min(options.Lanes, totals.Length - first);
            IReadOnlyList<Completion> answers = Completions.Draw(
                generator, task, count, 1, greedy, options.Seed, PromptSplit.HeldOut, ref prompts, ref samples);
            for (int i = 0; i < count; i++)
            {
                totals[first + i] = answers[i].Reward ?? 0;
                finished += answers[i].IsFinished ? 1 : 0;
                length += answers[i].Tokens.Count;
            }
        }
        return new EvaluationResult(task.Name, task.Settings, options.Instances, options.Seed,
        [
            new AgentScore(name, [], Estimate.Of(totals), totals)
            {
                Figures =
                [
                    .. PassRates(generator, task, greedy with { Temperature = 1 }, options, cancellation),
                    ("finished", Share(finished / totals.Length, totals.Length)),
                    ("tokens", new Estimate(length / totals.Length, 0)),
                ],
            },
        ], null);
    }

    static IEnumerable<(string, Estimate)> PassRates(
        Generator generator, PromptTask task, SamplingOptions sampling, EvaluationOptions options,
        CancellationToken cancellation)
    {
        long prompts = 0, samples = 0;
        int count = Math.Min(MostTried, options.Instances);
        List<int> right = [];
        while (right.Count < count)
        {
            cancellation.ThrowIfCancellationRequested();
            int part = Math.Min(count - right.Count, options.Lanes);
            right.AddRange(Completions.Draw(generator, task, part, Tries, sampling, options.Seed,
                    PromptSplit.HeldOut, ref prompts, ref samples)
                .Chunk(Tries).Select(group => group.Count(one => one.Reward >= 1)));
        }
        for (int k = 1; k <= Tries; k *= 2)
        {
            int most = k;
            yield return ($"pass@{k}", Estimate.Of([.. right.Select(c => PassRate.AtK(Tries, c, most))]));
        }
    }

    static Estimate Share(double share, int of) => new(share, Math.Sqrt(share * (1 - share) / of));
}
