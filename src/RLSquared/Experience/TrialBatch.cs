using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tensors;

namespace RLSquared.Experience;

/// <summary>
/// Whole trials picked out of a rollout, B of them, as constants of a tape: what a policy saw there, what was done, and
/// whatever else an algorithm has found for each step.
/// </summary>
/// <param name="rollout">What was played.</param>
/// <param name="trials">The numbers of the trials, [B].</param>
/// <param name="tape">Whose arena takes the copies.</param>
public readonly ref struct TrialBatch(Rollout rollout, ReadOnlySpan<int> trials, Tape tape)
{
    readonly ReadOnlySpan<int> trials = trials;

    /// <summary>The steps of the longest of these trials; the others are padded to it.</summary>
    public int T { get; } = LongestOf(rollout, trials);

    int B => trials.Length;

    /// <summary>What was seen in these trials, as a policy reads it.</summary>
    /// <param name="policy">Who reads it; not only the policy that played can.</param>
    /// <param name="asPlayed">
    /// Whether images come as the features that they had when they were played; else as those that they have by now,
    /// through which gradients flow.
    /// </param>
    public PolicyInput Input(Policy policy, bool asPlayed = false)
    {
        ArgumentNullException.ThrowIfNull(policy);
        bool looks = policy.Row.Features > 0 && !asPlayed;
        return new PolicyInput
        {
            Rows = Rows(policy, withFeatures: !looks),
            Unseen = looks ? Look(policy) : null,
            Privileged = policy.PrivilegedWidth == 0 ? default
                : PickRows(rollout.Privileged, new Shape(T, B, policy.PrivilegedWidth)),
            Forbidden = Forbidden(),
        };
    }

    /// <summary>What was done at each of these T · B steps.</summary>
    public TakenActions Taken()
    {
        int K = rollout.Action.Choices, C = rollout.Action.Numbers;
        var choices = new IndexDraft(tape, K * T * B);
        Span<int> places = choices.Host;
        for (int k = 0, to = 0; k < K; k++)
        {
            int start = rollout.Action.StartOf(k);
            for (int t = 0; t < T; t++)
            {
                foreach (int trial in trials)
                    places[to++] = start + rollout.Actions[(t * rollout.N + trial) * K + k];
            }
        }
        return new TakenActions(choices.Finish(), C == 0 ? default : PickRows(rollout.Draws, new Shape(T * B, C)));
    }

    /// <summary>These trials' columns of an array [T, N], as [T · B, 1].</summary>
    public Tensor Pick(float[] array) => PickRows(array, new Shape(T * B, 1));

    /// <summary>The opposite: writes a number for each of these steps into an array [T, N].</summary>
    /// <param name="numbers">[T · B], in any shape.</param>
    /// <param name="array">Receives them; the rest of it stays as it is.</param>
    public void Put(Tensor numbers, float[] array)
    {
        using var read = new HostCopy(numbers);
        for (int t = 0, from = 0; t < T; t++)
        {
            foreach (int trial in trials)
                array[t * rollout.N + trial] = read.Numbers[from++];
        }
    }

    // Input rows; without features there is no gap for them either.
    SequenceInput Rows(Policy policy, bool withFeatures)
    {
        InputRow row = policy.Row;
        int G = row.Groups, F = row.Features, D = withFeatures ? row.DenseWidth : row.DenseWidth - F;
        var ones = new IndexDraft(tape, T * B * G);
        var dense = new Draft(tape, new Shape(T, B, D));
        Percept seen = rollout.Seen;
        float? rewardScale = policy.RewardScaleOn(tape);
        Span<int> groups = ones.Host;
        Span<float> plain = dense.Host;
        for (int t = 0, to = 0; t < T; t++)
        {
            foreach (int trial in trials)
            {
                int from = t * rollout.N + trial;
                Span<float> numbers = plain.Slice(to * D, D);
                row.EncodeLane(in seen, from, rollout.StepsInTrial[from], policy.TrialLength, rewardScale,
                    groups.Slice(to * G, G), numbers);
                if (withFeatures)
                    rollout.Features.AsSpan(from * F, F).CopyTo(numbers);
                to++;
            }
        }
        return new SequenceInput(T, B, D > 0 ? dense.Finish() : default, ones.Finish(), G);
    }

    // Only steps that were played are looked at; padding gets the first image's features, and no gradient comes from
    // there.
    UnseenImages Look(Policy policy)
    {
        int steps = 0, size = rollout.Image.Size;
        foreach (int trial in trials)
            steps += rollout.Lengths[trial];
        var images = new ImageDraft(
            tape, steps, rollout.Image.Height, rollout.Image.Across, rollout.Image.Channels);
        IndexDraft previous = new(tape, steps), places = new(tape, T * B);
        for (int t = 0, to = 0, image = 0; t < T; t++)
        {
            foreach (int trial in trials)
            {
                int from = t * rollout.N + trial;
                places.Host[to] = 0;
                if (t < rollout.Lengths[trial])
                {
                    rollout.Images.AsSpan(from * size, size).CopyTo(images.Host[(image * size)..]);
                    previous.Host[image] = policy.Action.IsDiscrete ? rollout.PreviousActions.Choices[from] : 0;
                    places.Host[to] = image++;
                }
                to++;
            }
        }
        return new UnseenImages(images.Finish(), previous.Finish(), places.Finish());
    }

    // What is added to the logits of these steps, [T · B, A]; the default where all is allowed.
    Tensor Forbidden()
    {
        if (rollout.Allowed.Length == 0)
            return default;
        int A = rollout.Action.Size;
        var forbidden = new Draft(tape, new Shape(T * B, A));
        for (int t = 0, to = 0; t < T; t++)
        {
            foreach (int trial in trials)
            {
                ActionMasks.Write(
                    rollout.Allowed.AsSpan((t * rollout.N + trial) * A, A), forbidden.Host.Slice(to++ * A, A));
            }
        }
        return forbidden.Finish();
    }

    // Rows as wide as the shape is.
    Tensor PickRows(float[] array, Shape shape)
    {
        int width = shape.Columns;
        var picked = new Draft(tape, shape);
        Span<float> rows = picked.Host;
        if (width == 1)
        {
            for (int t = 0, to = 0; t < T; t++)
            {
                foreach (int trial in trials)
                    rows[to++] = array[t * rollout.N + trial];
            }
            return picked.Finish();
        }
        for (int t = 0, to = 0; t < T; t++)
        {
            foreach (int trial in trials)
            {
                array.AsSpan((t * rollout.N + trial) * width, width).CopyTo(rows[to..]);
                to += width;
            }
        }
        return picked.Finish();
    }

    static int LongestOf(Rollout rollout, ReadOnlySpan<int> trials)
    {
        int longest = 1;
        foreach (int trial in trials)
            longest = Math.Max(longest, rollout.Lengths[trial]);
        return longest;
    }
}
