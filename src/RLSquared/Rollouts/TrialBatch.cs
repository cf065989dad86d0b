using RLSquared.Tensors;

namespace RLSquared.Rollouts;

/// <summary>Whole trials picked out of a rollout, copied to the arena of a tape as constants.</summary>
readonly ref struct TrialBatch(Rollout rollout, ReadOnlySpan<int> trials, Tape tape)
{
    readonly ReadOnlySpan<int> trials = trials;

    /// <summary>What the network saw in these trials, over all steps.</summary>
    public SequenceInput Input()
    {
        int T = rollout.T, N = rollout.N, B = trials.Length, G = rollout.Groups, D = rollout.DenseWidth;
        Indices indices = tape.Arena.AllocateIndices(T * B * G);
        Tensor dense = tape.Arena.Allocate(new Shape(T, B, D));
        Span<int> ones = indices.Span;
        Span<float> numbers = dense.Span;
        for (int t = 0; t < T; t++)
        {
            for (int b = 0; b < B; b++)
            {
                int from = t * N + trials[b], to = t * B + b;
                for (int g = 0; g < G; g++)
                    ones[to * G + g] = rollout.InputIndices[from * G + g];
                for (int d = 0; d < D; d++)
                    numbers[to * D + d] = rollout.InputNumbers[from * D + d];
            }
        }
        return new SequenceInput(T, B, tape.Constant(dense), indices, G);
    }

    /// <summary>These trials' columns of an array [T, N], as [T · B, 1].</summary>
    public Tensor Pick(float[] array)
    {
        Tensor picked = tape.Arena.Allocate(new Shape(rollout.T * trials.Length, 1));
        Pick(array, picked.Span);
        return tape.Constant(picked);
    }

    /// <summary>The same for whole numbers.</summary>
    public Indices Pick(int[] array)
    {
        Indices picked = tape.Arena.AllocateIndices(rollout.T * trials.Length);
        Pick(array, picked.Span);
        return picked;
    }

    void Pick<TNumber>(TNumber[] array, Span<TNumber> picked)
    {
        for (int t = 0, to = 0; t < rollout.T; t++)
        {
            foreach (int trial in trials)
                picked[to++] = array[t * rollout.N + trial];
        }
    }
}
