using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tensors;

namespace RLSquared.Experience;

/// <summary>Whole trials picked out of a rollout, copied to the arena of a tape as constants.</summary>
/// <param name="rollout">What was played.</param>
/// <param name="trials">The numbers of the trials, [B].</param>
/// <param name="tape">Whose arena takes the copies.</param>
public readonly ref struct TrialBatch(Rollout rollout, ReadOnlySpan<int> trials, Tape tape)
{
    readonly ReadOnlySpan<int> trials = trials;

    /// <summary>The steps of the longest of these trials; the others are padded to it.</summary>
    public int T { get; } = LongestOf(rollout, trials);

    /// <summary>What a policy saw in these trials, over all steps.</summary>
    /// <param name="policy">Whose input rows are wanted.</param>
    /// <param name="asPlayed">
    /// Whether images come as the features that they had when they were played; else as those that they have by now,
    /// through which gradients flow.
    /// </param>
    public PolicyInput Input(Policy policy, bool asPlayed = false)
    {
        UnseenImages? unseen = null;
        SequenceInput rows = policy.Row.Features > 0 && !asPlayed ? Look(policy, out unseen) : Rows();
        return new PolicyInput
        {
            Rows = rows,
            Privileged = Privileged(policy.PrivilegedWidth),
            Forbidden = Forbidden(),
            Unseen = unseen,
        };
    }

    SequenceInput Rows()
    {
        int B = trials.Length, D = rollout.DenseWidth;
        Tensor dense = tape.Arena.Allocate(new Shape(T, B, D));
        PickRows(rollout.InputNumbers, D, dense.Span);
        return new SequenceInput(T, B, tape.Constant(dense), InputIndices(), rollout.Groups);
    }

    // The rows without features, and the images.
    SequenceInput Look(Policy network, out UnseenImages? unseen)
    {
        int B = trials.Length, D = rollout.DenseWidth, G = rollout.Groups, steps = 0;
        foreach (int trial in trials)
            steps += rollout.Lengths[trial];
        (int F, int size) = (network.Row.Features, rollout.Image.Size);
        // Only steps that were played are looked at; padding gets the first image's features, and no gradient comes
        // from there.
        var images = Images.Allocate(
            tape.Arena, steps, rollout.Image.Height, rollout.Image.Across, rollout.Image.Channels);
        Indices previous = tape.Arena.AllocateIndices(steps), place = tape.Arena.AllocateIndices(T * B);
        Tensor rest = tape.Arena.Allocate(new Shape(T, B, D - F));
        for (int t = 0, to = 0, image = 0; t < T; t++)
        {
            foreach (int trial in trials)
            {
                int from = t * rollout.N + trial;
                rollout.InputNumbers.AsSpan(from * D + F, D - F).CopyTo(rest.Span[(to * (D - F))..]);
                place.Span[to] = 0;
                if (t < rollout.Lengths[trial])
                {
                    rollout.Images.AsSpan(from * size, size).CopyTo(images[image]);
                    previous.Span[image] = G > 0 ? rollout.InputIndices[from * G + G - 1] : 0;
                    place.Span[to] = image++;
                }
                to++;
            }
        }
        unseen = new UnseenImages(images, previous, place);
        return new SequenceInput(T, B, tape.Constant(rest), InputIndices(), rollout.Groups);
    }

    // What only the value sees, [T, B, P].
    Tensor Privileged(int P)
    {
        if (P == 0)
            return default;
        Tensor privileged = tape.Arena.Allocate(new Shape(T, trials.Length, P));
        PickRows(rollout.Privileged, P, privileged.Span);
        return tape.Constant(privileged);
    }

    /// <summary>What was done at each of these T · B steps.</summary>
    public TakenActions Taken()
    {
        int B = trials.Length, K = rollout.Action.Choices, C = rollout.Action.Numbers;
        Indices choices = tape.Arena.AllocateIndices(K * T * B);
        for (int k = 0, to = 0; k < K; k++)
        {
            int start = rollout.Action.StartOf(k);
            for (int t = 0; t < T; t++)
            {
                foreach (int trial in trials)
                    choices.Span[to++] = start + rollout.Actions[(t * rollout.N + trial) * K + k];
            }
        }
        if (C == 0)
            return new TakenActions(choices, default);
        Tensor numbers = tape.Arena.Allocate(new Shape(T * B, C));
        PickRows(rollout.Draws, C, numbers.Span);
        return new TakenActions(choices, tape.Constant(numbers));
    }

    // What is added to the logits of these steps, [T · B, A]; the default where all is allowed.
    Tensor Forbidden()
    {
        if (rollout.Allowed.Length == 0)
            return default;
        int A = rollout.Action.Size;
        Tensor forbidden = tape.Arena.Allocate(new Shape(T * trials.Length, A));
        for (int t = 0, to = 0; t < T; t++)
        {
            foreach (int trial in trials)
            {
                ActionMasks.Write(
                    rollout.Allowed.AsSpan((t * rollout.N + trial) * A, A), forbidden.Span.Slice(to++ * A, A));
            }
        }
        return tape.Constant(forbidden);
    }

    Indices InputIndices()
    {
        int B = trials.Length, G = rollout.Groups;
        Indices indices = tape.Arena.AllocateIndices(T * B * G);
        PickRows(rollout.InputIndices, G, indices.Span);
        return indices;
    }

    // Copies rows of `width` numbers.
    void PickRows<TNumber>(TNumber[] from, int width, Span<TNumber> picked)
    {
        for (int t = 0, to = 0; t < T; t++)
        {
            foreach (int trial in trials)
            {
                from.AsSpan((t * rollout.N + trial) * width, width).CopyTo(picked[to..]);
                to += width;
            }
        }
    }

    /// <summary>These trials' columns of an array [T, N], as [T · B, 1].</summary>
    public Tensor Pick(float[] array)
    {
        Tensor picked = tape.Arena.Allocate(new Shape(T * trials.Length, 1));
        Pick(array, picked.Span);
        return tape.Constant(picked);
    }

    static int LongestOf(Rollout rollout, ReadOnlySpan<int> trials)
    {
        int longest = 1;
        foreach (int trial in trials)
            longest = Math.Max(longest, rollout.Lengths[trial]);
        return longest;
    }

    void Pick<TNumber>(TNumber[] array, Span<TNumber> picked)
    {
        for (int t = 0, to = 0; t < T; t++)
        {
            foreach (int trial in trials)
                picked[to++] = array[t * rollout.N + trial];
        }
    }
}
