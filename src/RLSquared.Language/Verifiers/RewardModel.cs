using RLSquared.Language.Models;
using RLSquared.Language.Tokenizers;
using RLSquared.Tensors;

namespace RLSquared.Language.Verifiers;

/// <summary>
/// A reward model: a classifier with one label, whose number for the last token of prompt and completion is the reward.
/// It reads folders of Hugging Face's <c>…ForSequenceClassification</c> models:
/// <code>
/// using var judge = RewardModel.Load("models/judge");
/// RewardSet rewards = new RewardSet().AddBatch("judge", judge.Score);
/// </code>
/// A score depends on its text alone, and not on what else is in the batch or on the number of threads.
/// </summary>
public sealed class RewardModel : IDisposable
{
    readonly SequenceClassifier model;
    readonly Tokenizer? tokenizer;
    readonly Workers workers;
    readonly bool ownsWorkers;
    readonly Tape[] tapes;
    readonly PackedBatch[] batches;
    readonly Lock gate = new();

    /// <summary>A reward model.</summary>
    /// <param name="model">With one label; owned.</param>
    /// <param name="tokenizer">
    /// Its tokens: texts are cut anew. Null where they are the policy's: then the very tokens are scored that were
    /// drawn.
    /// </param>
    /// <param name="workers">Whose threads compute; null for the calling one.</param>
    /// <exception cref="ArgumentException">
    /// It has another number of labels, or knows fewer tokens than the tokenizer.
    /// </exception>
    public RewardModel(SequenceClassifier model, Tokenizer? tokenizer = null, Workers? workers = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (model.Configuration.Labels != 1)
            throw new ArgumentException($"the classifier has {model.Configuration.Labels} labels, not a reward's one");
        if (tokenizer is not null && tokenizer.Count > model.Configuration.Vocabulary)
        {
            throw new ArgumentException($"the tokenizer has {tokenizer.Count} tokens, and the classifier knows " +
                $"{model.Configuration.Vocabulary}");
        }
        (this.model, this.tokenizer, ownsWorkers) = (model, tokenizer, workers is null);
        this.workers = workers ?? new Workers(1);
        tapes = [.. Enumerable.Range(0, this.workers.Threads).Select(_ => new Tape(new Arena()) { Recording = false })];
        batches = [.. tapes.Select(_ => new PackedBatch())];
    }

    /// <summary>Reads a folder: <c>config.json</c>, the safetensors files and <c>tokenizer.json</c>.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="workers">Whose threads compute; null for the calling one.</param>
    /// <exception cref="IOException">A file cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// It is no reward model; one sentence says why.
    /// </exception>
    public static RewardModel Load(string folder, Workers? workers = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var model = SequenceClassifier.Load(folder);
        try
        {
            return new RewardModel(model, Tokenizer.Load(folder), workers);
        }
        catch (ArgumentException failure)
        {
            model.Dispose();
            throw new InvalidDataException($"{folder} holds no reward model: {failure.Message}", failure);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The most tokens that are computed at once by one thread: what memory allows.</summary>
    public int TokensAtOnce { get; init; } = 4096;

    /// <summary>
    /// Scores completions. One has no score, null, where prompt and completion are longer than the model's context, or
    /// empty.
    /// </summary>
    /// <param name="completions">What to score; with a text of the prompt where there is a tokenizer.</param>
    /// <returns>Scores in the same order, of as many completions.</returns>
    public IReadOnlyList<float?> Score(IReadOnlyList<Completion> completions)
    {
        ArgumentNullException.ThrowIfNull(completions);
        int[][] texts = [.. completions.Select(Ids)];
        List<(int First, int End)> pieces = Pieces(texts);
        float?[] scores = new float?[texts.Length];
        lock (gate)
        {
            for (int round = 0; round < pieces.Count; round += tapes.Length)
            {
                int start = round;
                workers.Run(Math.Min(tapes.Length, pieces.Count - round),
                    shard => ScorePiece(pieces[start + shard], shard));
            }
        }
        return scores;

        void ScorePiece((int First, int End) piece, int shard)
        {
            PackedBatch batch = batches[shard];
            batch.Clear();
            for (int i = piece.First; i < piece.End; i++)
            {
                if (IsScorable(texts[i]))
                    batch.Add(texts[i], firstScored: texts[i].Length);
            }
            if (batch.Count == 0)
                return;
            Tape tape = tapes[shard];
            tape.Reset();
            float[] numbers = model.Scores(tape, batch).ToArray();
            for (int i = piece.First, s = 0; i < piece.End; i++)
            {
                if (IsScorable(texts[i]))
                    scores[i] = numbers[batch.Starts[++s] - 1];
            }
        }
    }

    bool IsScorable(int[] ids) => ids.Length > 0 && ids.Length <= model.Configuration.MaximumPositions;

    // A text that ended by itself ends with the end that this model knows.
    int[] Ids(Completion completion)
    {
        if (tokenizer is null)
            return [.. completion.PromptTokens, .. completion.Tokens];
        int[] ids = tokenizer.Encode(completion.Prompt + completion.Text);
        return completion.IsFinished && model.Configuration.EndTokens is [int end, ..] ? [.. ids, end] : ids;
    }

    // Neighbours go together, as many as memory allows.
    List<(int First, int End)> Pieces(int[][] texts)
    {
        List<(int, int)> pieces = [];
        for (int first = 0, next = 0; first < texts.Length; first = next)
        {
            int tokens = 0;
            while (next < texts.Length && (next == first || tokens + texts[next].Length <= TokensAtOnce))
                tokens += texts[next++].Length;
            pieces.Add((first, next));
        }
        return pieces;
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        foreach (Tape tape in tapes)
            tape.Arena.Dispose();
        model.Dispose();
        if (ownsWorkers)
            workers.Dispose();
    }
}
