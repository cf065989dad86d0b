using RLSquared.Language.Algorithms;
using RLSquared.Language.Experience;
using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Tensors;

namespace RLSquared.Language.Verifiers.Judges;

/// <summary>
/// A judge by likelihood: how much likelier does a text make the reference, under a model that never learnt to judge?
/// <code>
///   gain = (log p(reference | problem, text) − log p(reference | problem)) / tokens of the reference
/// </code>
/// The score is 1 and one more for each threshold that the gain reaches. The model is not trained.
/// </summary>
public sealed class LikelihoodJudge : IJudge, IDisposable
{
    const int TokensAtOnce = 16_384, Shards = 4;

    readonly LanguageModel model;
    bool ownsModel;
    readonly Tokenizer tokenizer;
    readonly SequenceLearner learner;
    readonly float[] thresholds;

    /// <summary>A judge over a model.</summary>
    /// <param name="model">Whose likelihoods; shared, not owned.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <param name="workers">The threads; shared, not owned.</param>
    /// <param name="thresholds">Four gains in nats a token, ascending; null for 0.02, 0.1, 0.3 and 0.6.</param>
    /// <exception cref="ArgumentException">There are not four thresholds, or they do not ascend.</exception>
    public LikelihoodJudge(
        LanguageModel model, Tokenizer tokenizer, Workers workers, IReadOnlyList<float>? thresholds = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(workers);
        (this.model, this.tokenizer) = (model, tokenizer);
        this.thresholds = [.. thresholds ?? [0.02f, 0.1f, 0.3f, 0.6f]];
        if (this.thresholds.Length != IJudge.Best - IJudge.Worst
            || !this.thresholds.SequenceEqual(this.thresholds.Order()))
        {
            throw new ArgumentException(
                $"five scores need four thresholds that ascend, not {string.Join(", ", this.thresholds)}",
                nameof(thresholds));
        }
        learner = new SequenceLearner(model, Shards, TokensAtOnce, workers);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<int?>> Score(
        IReadOnlyList<JudgeQuestion> questions, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(questions);
        double?[] gains = Gains(questions);
        return Task.FromResult<IReadOnlyList<int?>>([.. gains.Select(gain => gain is { } known
            ? (int?)(IJudge.Worst + thresholds.Count(threshold => known >= threshold)) : null)]);
    }

    /// <summary>The gains, in nats a token of the reference, [N]; null where the model cannot read so much.</summary>
    /// <exception cref="InvalidDataException">A question has no reference.</exception>
    internal double?[] Gains(IReadOnlyList<JudgeQuestion> questions)
    {
        List<TokenSequence> sequences = [];
        Dictionary<(string, string), int> places = [];
        (int With, int Without)[] ofQuestion = [.. questions.Select(question => question.Reference.Length > 0
            ? (Place(question.Problem + question.Text, question.Reference), Place(question.Problem, question.Reference))
            : (-1, -1))];
        float[][] scores = learner.Score(model, sequences, temperature: 1);
        double[] means = [.. scores.Select((one, s) => one.Sum(score => (double)score) / sequences[s].Learnt)];
        // Without a reference nothing can become likelier.
        return [.. questions.Select((question, i) => question.Reference.Length == 0 ? 0.0
            : ofQuestion[i] is { With: >= 0, Without: >= 0 } both ? means[both.With] - means[both.Without]
            : (double?)null)];

        int Place(string context, string reference)
        {
            if (places.TryGetValue((context, reference), out int known))
                return known;
            int[] before = tokenizer.Encode(context), behind = tokenizer.Encode(reference, addTemplate: false);
            bool fits = before.Length > 0 && behind.Length > 0
                && before.Length + behind.Length <= model.Configuration.MaximumPositions;
            if (fits)
            {
                sequences.Add(new TokenSequence([.. before, .. behind],
                    [.. new byte[before.Length], .. Enumerable.Repeat((byte)1, behind.Length)]));
            }
            return places[(context, reference)] = fits ? sequences.Count - 1 : -1;
        }
    }

    /// <summary>A judge over the model of a Hugging Face folder, which it owns.</summary>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The folder holds no model.</exception>
    internal static LikelihoodJudge Open(string folder, Workers workers) =>
        new(LanguageModel.Load(folder), Tokenizer.Load(Path.Combine(folder, "tokenizer.json")), workers)
        {
            ownsModel = true,
        };

    /// <summary>Returns the memory; a model that was given stays.</summary>
    public void Dispose()
    {
        learner.Dispose();
        if (ownsModel)
            model.Dispose();
    }
}
