using System.Numerics.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Random;

namespace RLSquared.Language.Generation;

/// <summary>
/// Draws a token from a row of scores. A draw depends on the scores, the seed of the request and the place of the token
/// alone. Buffers grow to the vocabulary and stay.
/// </summary>
sealed unsafe class Sampler
{
    const uint Purpose = 47;

    float[] own = [], parts = [];
    ulong[] order = [];

    /// <summary>Draws the next token of a sequence.</summary>
    /// <param name="scores">[V], with room up to the padded length; is used up.</param>
    /// <param name="V">Ids that can be drawn.</param>
    /// <param name="sequence">Receives the token and the logarithm of its probability.</param>
    public void Draw(float* scores, int V, SequenceState sequence)
    {
        if (own.Length < V)
        {
            own = new float[V];
            order = new ulong[V];
            parts = new float[3 * VocabularyRows.Chunks(V)];
        }
        SamplingOptions options = sequence.Options;
        var row = new Span<float>(scores, V);
        if (options.RepetitionPenalty != 1)
            Penalise(row, sequence, (float)options.RepetitionPenalty);
        if (sequence.Tokens.Count < options.MinimumTokens)
        {
            foreach (int id in sequence.StopTokens)
            {
                if (id < V)
                    row[id] = SteadySums.Nothing;
            }
        }
        row.CopyTo(own);
        if (options.IsGreedy)
            Take(scores, V, TensorPrimitives.IndexOfMax<float>(row), 1, sequence);
        else if (options.TopK > 0 || options.TopP < 1 || options.MinP > 0)
            DrawTruncated(V, options, sequence);
        else
            DrawFromAll(scores, V, 1 / (float)options.Temperature, sequence);
    }

    static double Uniform(SequenceState sequence) =>
        new RandomKey(sequence.Seed, Purpose, 0).Sequence((uint)sequence.Tokens.Count).NextUniform();

    // Tokens that were there before: positive scores divided, others multiplied; each once.
    void Penalise(Span<float> row, SequenceState sequence, float penalty)
    {
        row.CopyTo(own);
        for (int place = 0; place < sequence.Count; place++)
        {
            int id = sequence.Token(place);
            if (id < row.Length)
                row[id] = own[id] > 0 ? own[id] / penalty : own[id] * penalty;
        }
    }

    /// <summary>The sums of training's head over the row, chunk by chunk.</summary>
    (float Max, float LogSum) Reduce(float* scores, int V, float scale)
    {
        int chunks = VocabularyRows.Chunks(V);
        fixed (float* sums = parts)
        {
            for (int c = 0; c < chunks; c++)
            {
                int first = c * VocabularyRows.Chunk;
                VocabularyRows.Reduce(scores + first, Math.Min(VocabularyRows.Chunk, V - first), scale, sums + 3 * c);
            }
            (float max, float logSum, _) = VocabularyRows.Join(sums, chunks);
            return (max, logSum);
        }
    }

    void Take(float* scores, int V, int id, float scale, SequenceState sequence)
    {
        (float max, float logSum) = Reduce(scores, V, scale);
        sequence.Drawn = id;
        sequence.DrawnLogProbability = own[id] * scale - max - logSum;
    }

    void DrawFromAll(float* scores, int V, float scale, SequenceState sequence)
    {
        (float max, float logSum) = Reduce(scores, V, scale);
        // The scores have become exponentials, each chunk's from its own largest score.
        double total = 0;
        int chunks = VocabularyRows.Chunks(V);
        for (int c = 0; c < chunks; c++)
            total += Weight(c);
        double left = Uniform(sequence) * total;
        int chunk = 0;
        while (chunk < chunks - 1 && left >= Weight(chunk))
            left -= Weight(chunk++);
        double share = Math.Exp(parts[3 * chunk] - max);
        int first = chunk * VocabularyRows.Chunk, end = Math.Min(V, first + VocabularyRows.Chunk), id = -1;
        for (int i = first; i < end; i++)
        {
            if (scores[i] == 0)
                continue;
            id = i;                                 // rounding may leave a rest behind the last
            left -= share * scores[i];
            if (left < 0)
                break;
        }
        sequence.Drawn = id;
        sequence.DrawnLogProbability = own[id] * scale - max - logSum;

        double Weight(int c) => Math.Exp(parts[3 * c] - max) * parts[3 * c + 1];
    }

    // Candidates in the order of their scores; of equal ones the lower id first.
    void DrawTruncated(int V, SamplingOptions options, SequenceState sequence)
    {
        double scale = 1 / options.Temperature;
        double max = TensorPrimitives.Max<float>(own.AsSpan(0, V)) * scale;
        double least = options.MinP > 0 ? max + Math.Log(options.MinP) : double.NegativeInfinity;
        int count = 0;
        for (int i = 0; i < V; i++)
        {
            if (own[i] > SteadySums.Nothing && own[i] * scale >= least)
                order[count++] = ((ulong)Descending(own[i]) << 32) | (uint)i;
        }
        order.AsSpan(0, count).Sort();
        if (options.TopK > 0)
            count = Math.Min(count, options.TopK);
        double total = Mass(count, max, scale);
        if (options.TopP < 1)
        {
            // The fewest of the likeliest whose mass reaches p.
            double wanted = options.TopP * total, mass = 0;
            int kept = 0;
            while (kept < count && mass < wanted)
                mass += Math.Exp(own[(uint)order[kept++]] * scale - max);
            count = Math.Max(1, kept);
            total = Mass(count, max, scale);
        }
        double left = Uniform(sequence) * total;
        int id = (int)(uint)order[0];
        for (int i = 0; i < count; i++)
        {
            id = (int)(uint)order[i];
            left -= Math.Exp(own[id] * scale - max);
            if (left < 0)
                break;
        }
        sequence.Drawn = id;
        sequence.DrawnLogProbability = (float)(own[id] * scale - max - Math.Log(total));
    }

    double Mass(int count, double max, double scale)
    {
        double mass = 0;
        for (int i = 0; i < count; i++)
            mass += Math.Exp(own[(uint)order[i]] * scale - max);
        return mass;
    }

    // Bits that ascend as the number descends.
    static uint Descending(float number)
    {
        uint bits = BitConverter.SingleToUInt32Bits(number);
        return (bits & 0x80000000) != 0 ? bits : ~(bits | 0x80000000);
    }
}
