using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Policies;

/// <summary>
/// A policy that plays N lanes, some or all of them with weights of their own. What it draws is a function of (seed,
/// trial, step) alone.
/// </summary>
sealed class AdaptivePlayer : Player, IDisposable
{
    readonly AdaptivePolicy policy;
    readonly bool greedy, repeats;
    readonly ulong[] trials;                                                                // [N]
    readonly float[] rows, draws, logProbabilities;                                         // [N, D], [N, C], [N]
    readonly Tensor[]?[] weights;                                                           // [N], of each lane
    readonly Tape tape = new(new Arena()) { Recording = false };
    ulong seed;

    /// <summary>Room for N lanes.</summary>
    /// <param name="policy">The policy; its weights are shared.</param>
    /// <param name="lanes">N.</param>
    /// <param name="greedy">Whether the likeliest action is taken instead of a sampled one.</param>
    /// <param name="repeats">Whether the lanes are plays of one trial (<see cref="RepeatedTrials"/>).</param>
    public AdaptivePlayer(AdaptivePolicy policy, int lanes, bool greedy = false, bool repeats = false)
    {
        (this.policy, this.greedy, this.repeats) = (policy, greedy, repeats);
        trials = new ulong[lanes];
        rows = new float[lanes * policy.Width];
        draws = new float[lanes * policy.Spaces.Action.Numbers];
        logProbabilities = new float[lanes];
        weights = new Tensor[]?[lanes];
    }

    /// <summary>The input rows of the last decision, [N, D].</summary>
    public ReadOnlySpan<float> Rows => rows;

    /// <summary>The numbers of the last actions as they were drawn, [N, C].</summary>
    public ReadOnlySpan<float> Draws => draws;

    /// <summary>log π of the last actions, [N].</summary>
    public ReadOnlySpan<float> LogProbabilities => logProbabilities;

    /// <summary>Lets a lane play with other weights than the policy's; null for these.</summary>
    /// <param name="lane">Which.</param>
    /// <param name="adapted">In the order of <see cref="AdaptivePolicy.Adapted"/>.</param>
    public void SetWeights(int lane, Tensor[]? adapted) => weights[lane] = adapted;

    /// <summary>Lets all lanes play with other weights.</summary>
    /// <param name="adapted">As for one.</param>
    public void SetWeights(Tensor[]? adapted) => Array.Fill(weights, adapted);

    /// <inheritdoc/>
    public override void Begin(ulong seed, ulong firstTrial)
    {
        this.seed = seed;
        for (int lane = 0; lane < trials.Length; lane++)
            trials[lane] = repeats ? RepeatedTrials.NumberOf(firstTrial, lane) : firstTrial + (ulong)lane;
    }

    /// <inheritdoc/>
    public override void Act(in Percept percept, ActionSpan actions)
    {
        policy.Encode(percept.Observations, rows);
        // Neighbours with the same weights are one batch.
        for (int first = 0, end; first < trials.Length; first = end)
        {
            for (end = first + 1; end < trials.Length && weights[end] == weights[first]; end++)
            {
            }
            Act(first, end - first, (uint)percept.Step, percept.Allowed, actions);
        }
    }

    void Act(int first, int count, uint step, ReadOnlySpan<bool> allowed, ActionSpan actions)
    {
        (ActionSpace space, int D) = (policy.Spaces.Action, policy.Width);
        (int K, int C, int A) = (space.Choices, space.Numbers, space.Size);
        tape.Reset();
        if (weights[first] is { } own)
        {
            for (int p = 0; p < own.Length; p++)
                tape.Bind(policy.Adapted[p], own[p]);
        }
        Tensor seen = tape.Constant(new Shape(count, D), rows.AsSpan(first * D, count * D)), forbidden = default;
        if (!allowed.IsEmpty)
        {
            forbidden = tape.Constant(tape.Arena.Allocate(new Shape(count, A)));
            ActionMasks.Write(allowed.Slice(first * A, count * A), forbidden.Span);
        }
        PolicyDistribution distribution = policy.Forward(tape, seen, forbidden);
        Indices taken = tape.Arena.AllocateIndices(K * count);
        ReadOnlySpan<float> probabilities = K > 0 ? distribution.LogProbs.Exp().Span : default;
        for (int i = 0; i < count; i++)
        {
            int lane = first + i;
            for (int k = 0; k < K; k++)
            {
                ReadOnlySpan<float> p = probabilities.Slice(i * A + space.StartOf(k), space.SizeOf(k));
                int choice = ActionDraw.Option(p, k, new LaneKey(seed, trials[lane], step), greedy);
                actions.Choices[lane * K + k] = choice;
                taken.Span[k * count + i] = space.StartOf(k) + choice;
            }
        }
        if (C > 0)
            Draw(distribution, first, count, step, actions.Numbers);
        Tensor numbers = C == 0 ? default
            : tape.Constant(new Shape(count, C), draws.AsSpan(first * C, count * C));
        distribution.LogProbability(new TakenActions(taken, numbers)).CopyTo(logProbabilities.AsSpan(first, count));
    }

    void Draw(PolicyDistribution distribution, int first, int count, uint step, Span<float> numbers)
    {
        int C = policy.Spaces.Action.Numbers;
        ReadOnlySpan<float> means = distribution.Means.Span, logDeviations = policy.LogDeviations(tape).Span;
        for (int i = 0; i < count; i++)
        {
            int at = (first + i) * C;
            ActionDraw.Numbers(means.Slice(i * C, C), logDeviations, new LaneKey(seed, trials[first + i], step),
                greedy, draws.AsSpan(at, C), numbers.Slice(at, C));
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => tape.Arena.Dispose();
}
