using RLSquared.Language.Experience;
using RLSquared.Language.Models;
using RLSquared.Tensors;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// What a sequence's tokens say how the loss changes with them.
/// </summary>
/// <param name="sequence">The number of the sequence, in the order in which they were given.</param>
/// <param name="numbers">log π or the value of each token, [T]; 0 for tokens that are not learnt.</param>
/// <param name="slopes">Receives ∂loss/∂number of each token, [T]; all are 0 before.</param>
/// <returns>The sequence's share of the loss.</returns>
delegate double SlopeRule(int sequence, ReadOnlySpan<float> numbers, Span<float> slopes);

/// <summary>
/// Takes sequences forward and backward through a model, piece by piece. A loss that is a function of the tokens' log π
/// needs no graph of its own: its slopes s = ∂loss/∂log π are found in plain numbers, and the gradient is that of
/// Σ s · log π. The values of a value network are learnt in the same way. Pieces are made by the sequences alone, and
/// their gradients are added in order, so that any number of threads gives the same bits.
/// </summary>
sealed class SequenceLearner : IDisposable
{
    readonly LanguageModel model;
    readonly Workers workers;
    readonly int tokensAtOnce;
    readonly Tape[] tapes;
    readonly PackedBatch[] batches;

    public SequenceLearner(LanguageModel model, int shards, int tokensAtOnce, Workers workers)
    {
        (this.model, this.workers, this.tokensAtOnce) = (model, workers, tokensAtOnce);
        tapes = [.. Enumerable.Range(0, shards).Select(_ => new Tape(new Arena()))];
        batches = [.. Enumerable.Range(0, shards).Select(_ => new PackedBatch())];
    }

    /// <summary>The tape of each shard.</summary>
    internal Tape[] Tapes => tapes;

    /// <summary>What the model learns.</summary>
    internal ParameterSet Parameters => model.Parameters;

    /// <summary>log π of all tokens of all sequences, without gradients.</summary>
    /// <param name="of">The model: this learner's, or its reference.</param>
    /// <param name="sequences">The sequences.</param>
    /// <param name="temperature">Scores are divided by it.</param>
    /// <param name="usesAdapter">False leaves the model's adapter out.</param>
    /// <returns>[T] for each sequence; 0 for tokens that are not learnt.</returns>
    public float[][] Score(
        LanguageModel of, IReadOnlyList<TokenSequence> sequences, float temperature, bool usesAdapter = true) =>
        Find(sequences, (tape, batch) =>
            of.LogProbabilities(tape, batch, temperature, usesAdapter).LogProbabilities);

    /// <summary>What a value network expects before each token that is learnt, without gradients.</summary>
    /// <param name="of">The network.</param>
    /// <param name="sequences">The sequences.</param>
    /// <returns>[T] for each sequence; 0 for tokens that are not learnt.</returns>
    public float[][] Values(SequenceClassifier of, IReadOnlyList<TokenSequence> sequences) =>
        Find(sequences, of.ScoresBefore);

    float[][] Find(IReadOnlyList<TokenSequence> sequences, Func<Tape, PackedBatch, Tensor> forward)
    {
        float[][] found = new float[sequences.Count][];
        InPieces(sequences, (piece, shard) =>
        {
            Fill(sequences, piece, shard, recording: false);
            float[] all = forward(tapes[shard], batches[shard]).ToArray();
            for (int s = piece.First; s < piece.End; s++)
                found[s] = Rows(all, batches[shard], s - piece.First).ToArray();
        });
        return found;
    }

    /// <summary>
    /// Finds the gradient of a loss over all sequences; it is left in the parameters.
    /// </summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="temperature">Scores are divided by it.</param>
    /// <param name="rule">The loss; called once for each sequence, by several threads at once.</param>
    /// <param name="others">How many pieces of other work the same threads do meanwhile, first of all.</param>
    /// <param name="other">Does one of them, by its number; must not touch what is learnt here.</param>
    /// <returns>The loss, and the sum of the entropies over the tokens that are learnt.</returns>
    public (double Loss, double Entropy) Learn(
        IReadOnlyList<TokenSequence> sequences, float temperature, SlopeRule rule, int others = 0,
        Action<int>? other = null)
    {
        double[] entropies = new double[sequences.Count];
        double loss = Learn(model.Parameters, sequences, rule,
            (piece, shard) => Forward(sequences, piece, shard, temperature, entropies), others, other);
        return (loss, entropies.Sum());
    }

    /// <summary>A piece forward and backward; its gradient is left on its shard's tape.</summary>
    /// <param name="sequences">All sequences.</param>
    /// <param name="piece">Which of them.</param>
    /// <param name="shard">Whose tape.</param>
    /// <param name="temperature">Scores are divided by it.</param>
    /// <param name="rule">The loss.</param>
    /// <param name="losses">Receives the loss of each sequence.</param>
    /// <param name="entropies">Receives the sum of the entropies of each sequence's learnt tokens; 0 before.</param>
    internal void LearnPiece(
        IReadOnlyList<TokenSequence> sequences, Piece piece, int shard, float temperature, SlopeRule rule,
        double[] losses, double[] entropies) =>
        LearnPiece(sequences, piece, shard, rule, (piece, shard) =>
            Forward(sequences, piece, shard, temperature, entropies), losses);

    Tensor Forward(
        IReadOnlyList<TokenSequence> sequences, Piece piece, int shard, float temperature, double[] entropies)
    {
        TokenScores scores = model.LogProbabilities(tapes[shard], batches[shard], temperature);
        float[] all = scores.Entropies.ToArray();
        for (int s = piece.First; s < piece.End; s++)
        {
            ReadOnlySpan<float> own = Rows(all, batches[shard], s - piece.First);
            for (int t = 0; t < own.Length; t++)
                entropies[s] += sequences[s].Mask[t] != 0 ? own[t] : 0;
        }
        return scores.LogProbabilities;
    }

    /// <summary>Finds the gradient of a value network's loss; it is left in the network's parameters.</summary>
    /// <param name="of">The network.</param>
    /// <param name="sequences">The sequences.</param>
    /// <param name="rule">The loss; called once for each sequence, by several threads at once.</param>
    /// <returns>The loss.</returns>
    public double LearnValues(SequenceClassifier of, IReadOnlyList<TokenSequence> sequences, SlopeRule rule) =>
        Learn(of.Parameters, sequences, rule, (_, shard) => of.ScoresBefore(tapes[shard], batches[shard]));

    double Learn(
        ParameterSet parameters, IReadOnlyList<TokenSequence> sequences, SlopeRule rule,
        Func<Piece, int, Tensor> forward, int others = 0, Action<int>? other = null)
    {
        double[] losses = new double[sequences.Count];
        bool isFirst = true;
        InPieces(sequences, (piece, shard) => LearnPiece(sequences, piece, shard, rule, forward, losses), used =>
        {
            parameters.SumGradients(tapes.AsSpan(0, used), addsToPresent: !isFirst);
            isFirst = false;
        }, others, other);
        return losses.Sum();
    }

    void LearnPiece(
        IReadOnlyList<TokenSequence> sequences, Piece piece, int shard, SlopeRule rule,
        Func<Piece, int, Tensor> forward, double[] losses)
    {
        Fill(sequences, piece, shard, recording: true);
        Tensor numbers = forward(piece, shard);
        float[] all = numbers.ToArray(), slopes = new float[all.Length];
        for (int s = piece.First; s < piece.End; s++)
        {
            int own = s - piece.First;
            losses[s] = rule(s, Rows(all, batches[shard], own), Rows(slopes, batches[shard], own));
        }
        Tape tape = tapes[shard];
        tape.Backward((numbers * tape.Constant(numbers.Shape, slopes)).Sum());
    }

    void Fill(IReadOnlyList<TokenSequence> sequences, Piece piece, int shard, bool recording)
    {
        PackedBatch batch = batches[shard];
        batch.Clear();
        for (int s = piece.First; s < piece.End; s++)
            batch.Add(sequences[s].Tokens, sequences[s].Mask);
        tapes[shard].Reset();
        tapes[shard].Recording = recording;
    }

    static Span<float> Rows(float[] all, PackedBatch batch, int sequence) =>
        all.AsSpan(batch.Starts[sequence], batch.Starts[sequence + 1] - batch.Starts[sequence]);

    /// <summary>
    /// Cuts sequences into pieces: neighbours go together until a piece has its share of the tokens, or as many as
    /// memory allows.
    /// </summary>
    internal List<Piece> Cut(IReadOnlyList<TokenSequence> sequences)
    {
        long total = sequences.Sum(one => (long)one.Tokens.Length);
        long share = Math.Min(tokensAtOnce, (total + tapes.Length - 1) / tapes.Length);
        List<Piece> pieces = [];
        int first = 0;
        long tokens = 0;
        for (int s = 0; s < sequences.Count; s++)
        {
            tokens += sequences[s].Tokens.Length;
            if (tokens >= share || s == sequences.Count - 1)
            {
                pieces.Add(new Piece(first, s + 1));
                (first, tokens) = (s + 1, 0);
            }
        }
        return pieces;
    }

    void InPieces(
        IReadOnlyList<TokenSequence> sequences, Action<Piece, int> work, Action<int>? afterRound = null,
        int others = 0, Action<int>? other = null)
    {
        List<Piece> pieces = Cut(sequences);
        for (int round = 0; round < pieces.Count; round += tapes.Length)
        {
            int used = Math.Min(tapes.Length, pieces.Count - round);
            int start = round, before = round == 0 ? others : 0;
            workers.Run(before + used, piece =>
            {
                if (piece < before)
                    other!(piece);
                else
                    work(pieces[start + piece - before], piece - before);
            });
            afterRound?.Invoke(used);
        }
    }

    public void Dispose()
    {
        foreach (Tape tape in tapes)
            tape.Arena.Dispose();
    }

    /// <summary>Neighbours among sequences: from the first one up to where the next piece begins.</summary>
    internal readonly record struct Piece(int First, int End);
}
