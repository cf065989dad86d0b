using RLSquared.Language.Experience;
using RLSquared.Sharding;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// A loss over sequences whose pieces are shards: a thread of this process computes one, or another process that was
/// sent the parts. The gradients are added in the order of the shards, so that the bits are those of
/// <see cref="SequenceLearner"/>, wherever a piece was computed.
/// </summary>
sealed class SharedLoss
{
    readonly SequenceLearner learner;
    readonly SlopeRule rule;
    readonly Action<ByteVisitor, int> visitFigures;
    IReadOnlyList<TokenSequence> sequences = [];
    List<SequenceLearner.Piece> pieces = [];
    double[] losses = [], entropies = [];                   // by sequence
    float temperature;
    long rounds;                                            // the version of the round
    int first;                                              // the piece of the first shard

    /// <summary>A loss that has nothing to learn from yet.</summary>
    /// <param name="name">The name of its phase.</param>
    /// <param name="learner">Of the model.</param>
    /// <param name="parts">All that it goes by; one of them calls <see cref="Take"/> where it is written over.</param>
    /// <param name="rule">The loss of a sequence.</param>
    /// <param name="visitFigures">Shows what the rule has left of a sequence.</param>
    public SharedLoss(
        string name, SequenceLearner learner, IEnumerable<ShardPart> parts, SlopeRule rule,
        Action<ByteVisitor, int> visitFigures)
    {
        (this.learner, this.rule, this.visitFigures) = (learner, rule, visitFigures);
        var round = new ShardPart($"{name} round", () => rounds, visitor => visitor.Number(ref first));
        Phase = new ShardPhase(name, [.. parts, round], Compute, VisitResult);
    }

    /// <summary>The work of a round: a piece for each shard.</summary>
    public ShardPhase Phase { get; }

    /// <summary>What is learnt from next.</summary>
    public void Take(IReadOnlyList<TokenSequence> batch, float temperature)
    {
        (sequences, this.temperature, pieces) = (batch, temperature, learner.Cut(batch));
        (losses, entropies) = (new double[batch.Count], new double[batch.Count]);
    }

    /// <summary>Finds the gradient of the loss over all sequences; it is left in the parameters.</summary>
    /// <param name="runner">Where pieces are computed.</param>
    /// <returns>The loss, and the sum of the entropies over the tokens that are learnt.</returns>
    public (double Loss, double Entropy) Learn(ShardRunner runner)
    {
        int shards = learner.Tapes.Length;
        for (first = 0; first < pieces.Count; first += shards)
        {
            rounds++;
            runner.Run(Phase, shards);
            learner.Parameters.SumGradients(
                learner.Tapes.AsSpan(0, Math.Min(shards, pieces.Count - first)), addsToPresent: first > 0);
        }
        return (losses.Sum(), entropies.Sum());
    }

    void Compute(int shard)
    {
        if (first + shard >= pieces.Count)
            return;
        SequenceLearner.Piece piece = pieces[first + shard];
        Array.Clear(entropies, piece.First, piece.End - piece.First);
        learner.LearnPiece(sequences, piece, shard, temperature, rule, losses, entropies);
    }

    void VisitResult(ByteVisitor visitor, int shard)
    {
        if (first + shard >= pieces.Count)
            return;
        visitor.Gradients(learner.Tapes[shard], learner.Parameters);
        SequenceLearner.Piece piece = pieces[first + shard];
        for (int s = piece.First; s < piece.End; s++)
        {
            visitor.Number(ref losses[s]);
            visitor.Number(ref entropies[s]);
            visitFigures(visitor, s);
        }
    }
}
