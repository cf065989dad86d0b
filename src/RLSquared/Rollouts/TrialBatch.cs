using RLSquared.Tensors;

namespace RLSquared.Rollouts;

/// <summary>Whole trials picked out of a rollout, copied to the arena of a tape as constants.</summary>
readonly ref struct TrialBatch(Rollout rollout, ReadOnlySpan<int> trials, Tape tape)
{
    readonly ReadOnlySpan<int> trials = trials;

    /// <summary>What the network saw in these trials, over all steps.</summary>
    public SequenceInput Input()
    {
        int T = rollout.T, B = trials.Length, D = rollout.DenseWidth;
        Tensor dense = tape.Arena.Allocate(new Shape(T, B, D));
        PickRows(rollout.InputNumbers, D, dense.Span, D);
        return new SequenceInput(T, B, tape.Constant(dense), Ones(), rollout.Groups);
    }

    /// <summary>The same for the value, which may see more: after the policy's numbers those that only it sees.</summary>
    /// <param name="policyInput">What <see cref="Input"/> returned.</param>
    public SequenceInput ValueInput(SequenceInput policyInput)
    {
        int T = rollout.T, B = trials.Length, D = rollout.DenseWidth, P = rollout.PrivilegedWidth;
        if (P == 0)
            return policyInput;
        Tensor dense = tape.Arena.Allocate(new Shape(T, B, D + P));
        PickRows(rollout.InputNumbers, D, dense.Span, D + P);
        PickRows(rollout.Privileged, P, dense.Span[D..], D + P);
        return new SequenceInput(T, B, tape.Constant(dense), policyInput.Indices, rollout.Groups);
    }

    Indices Ones()
    {
        int T = rollout.T, B = trials.Length, G = rollout.Groups;
        Indices indices = tape.Arena.AllocateIndices(T * B * G);
        PickRows(rollout.InputIndices, G, indices.Span, G);
        return indices;
    }

    // Copies rows of `width` numbers; one row begins every `stride` numbers of what they are copied to.
    void PickRows<TNumber>(TNumber[] from, int width, Span<TNumber> picked, int stride)
    {
        for (int t = 0, to = 0; t < rollout.T; t++)
        {
            foreach (int trial in trials)
            {
                from.AsSpan((t * rollout.N + trial) * width, width).CopyTo(picked[to..]);
                to += stride;
            }
        }
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
