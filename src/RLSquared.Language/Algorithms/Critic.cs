using RLSquared.Algorithms;
using RLSquared.Language.Experience;
using RLSquared.Language.Models;
using RLSquared.Language.Objectives;
using RLSquared.Objectives;
using RLSquared.Tensors;
using RLSquared.Tensors.Optimisers;

namespace RLSquared.Language.Algorithms;

/// <summary>
/// PPO's value network (Schulman et al. 2017; Ouyang et al. 2022 for language models): a decoder of its own, with one
/// number V_t for each token, the reward that is to be expected when the prompt and the tokens before t are there. It
/// takes the place of the group: a token is compared with what was expected before it, not a completion with others.
/// <code>
///   r_t = −β (log π_old,t − log π_ref,t) + [t is the last] R
///   δ_t = r_t + γ V_{t+1} − V_t,    A_t = δ_t + γ λ A_{t+1},    G_t = A_t + V_t
///   L   = ½ mean_t max((v_t − G_t)², (V_t + clip(v_t − V_t, −ε, ε) − G_t)²)
/// </code>
/// Nothing is expected behind the last token, of a completion that was cut neither: its reward is for what is there.
/// It begins with the policy's layers and values of 0. Its weights, gradients and moments are what PPO needs beside
/// RLOO: a fourth copy of the model where RLOO has policy, reference and reward model.
/// </summary>
sealed class Critic : IDisposable
{
    readonly RlooOptions options;
    readonly SequenceLearner learner;
    readonly SequenceClassifier network;
    readonly Adam adam;

    /// <param name="policy">Whose layers it begins with.</param>
    /// <param name="options">Discounts, the clip, the step size.</param>
    /// <param name="learner">Takes sequences through it; shared, not owned.</param>
    public Critic(LanguageModel policy, RlooOptions options, SequenceLearner learner)
    {
        (this.options, this.learner) = (options, learner);
        network = SequenceClassifier.From(policy);
        adam = new Adam(network.Parameters, new AdamOptions { WeightDecay = options.WeightDecay });
    }

    /// <summary>The value network.</summary>
    public SequenceClassifier Network => network;

    /// <summary>Begins anew with the layers that the policy has now: what the warm start made of them.</summary>
    public void TakeLayers(LanguageModel policy) => network.TakeLayers(policy);

    /// <summary>The values of a generation batch, and what advantages and targets follow from its rewards.</summary>
    /// <param name="sequences">The completions' tokens, [B].</param>
    /// <param name="rewards">R, cut to its limit, [B]; NaN where there is none.</param>
    /// <param name="old">log π_old of each token, [B][T].</param>
    /// <param name="references">log π_ref, [B][T]; empty without a reference, or where the loss charges it.</param>
    public CriticCredit[] Credit(
        IReadOnlyList<TokenSequence> sequences, ReadOnlySpan<float> rewards, float[][] old, float[][] references)
    {
        float[][] values = learner.Values(network, sequences);
        var credits = new CriticCredit[sequences.Count];
        for (int i = 0; i < credits.Length; i++)
        {
            credits[i] = Estimate(sequences[i].Mask, rewards[i], values[i], old[i],
                references.Length > 0 ? references[i] : [], options);
        }
        if (options.NormaliseAdvantages)
            Standardise(credits, sequences);
        foreach (CriticCredit credit in credits)
        {
            foreach (ref float advantage in credit.Advantages.AsSpan())
                advantage = float.IsNaN(advantage) ? 0 : advantage;
        }
        return credits;
    }

    /// <summary>Generalised advantage estimation over the tokens of one completion that are learnt.</summary>
    /// <param name="mask">1 for tokens that are learnt, [T].</param>
    /// <param name="reward">R; NaN where there is none: advantages are NaN then, and targets are values.</param>
    /// <param name="values">V, [T].</param>
    /// <param name="old">log π_old, [T].</param>
    /// <param name="reference">log π_ref, [T]; may be empty.</param>
    /// <param name="options">β, γ and λ.</param>
    internal static CriticCredit Estimate(
        ReadOnlySpan<byte> mask, float reward, float[] values, ReadOnlySpan<float> old, ReadOnlySpan<float> reference,
        RlooOptions options)
    {
        List<int> places = [];
        for (int t = 0; t < mask.Length; t++)
        {
            if (mask[t] != 0)
                places.Add(t);
        }
        int N = places.Count;
        float[] rewards = new float[N], discounts = new float[N], expected = new float[N], found = new float[N];
        for (int i = 0; i < N; i++)
        {
            int t = places[i];
            double charge = reference.Length > 0 ? options.Kl * ((double)old[t] - reference[t]) : 0;
            rewards[i] = (float)((i == N - 1 ? reward : 0) - charge);
            (discounts[i], expected[i]) = (options.Discount, values[t]);
        }
        Advantages.Gae(1, rewards, discounts, expected, [], options.Lambda, found);
        float[] advantages = new float[mask.Length], targets = new float[mask.Length];
        for (int i = 0; i < N; i++)
        {
            advantages[places[i]] = float.IsNaN(reward) ? float.NaN : found[i];
            targets[places[i]] = float.IsNaN(reward) ? expected[i] : found[i] + expected[i];
        }
        return new CriticCredit(advantages, values, targets);
    }

    // Over all tokens of the batch; those of completions without a score count for nothing and become 0.
    static void Standardise(CriticCredit[] credits, IReadOnlyList<TokenSequence> sequences)
    {
        List<float> all = [];
        for (int i = 0; i < credits.Length; i++)
            all.AddRange(credits[i].Advantages.Where((_, t) => sequences[i].Mask[t] != 0));
        float[] scaled = [.. all];
        GroupAdvantages.StandardiseBatch(scaled);
        for (int i = 0, next = 0; i < credits.Length; i++)
        {
            for (int t = 0; t < sequences[i].Mask.Length; t++)
            {
                if (sequences[i].Mask[t] != 0)
                    credits[i].Advantages[t] = scaled[next++];
            }
        }
    }

    /// <summary>One update of the value network from a part of the batch.</summary>
    /// <param name="part">Samples with values and targets.</param>
    /// <param name="learningRate">The policy's step size: the network's own where the options say none.</param>
    /// <param name="iteration">For messages.</param>
    /// <returns>The loss, the share of clipped tokens, and how much of the targets' variance was expected.</returns>
    /// <exception cref="NonFiniteException">The loss or the gradient is not a finite number.</exception>
    public IReadOnlyList<(string Name, double Value)> Learn(
        IReadOnlyList<Sample> part, float learningRate, int iteration)
    {
        Sample[] scored = [.. part.Where(one => one.Completion.Reward is not null && one.Sequence.Learnt > 0)];
        if (scored.Length == 0)
            return [];
        double weight = 1.0 / scored.Sum(one => (long)one.Sequence.Learnt);
        int[] clipped = new int[scored.Length];
        double loss = learner.LearnValues(network, [.. scored.Select(one => one.Sequence)], (s, values, slopes) =>
            Loss(scored[s], values, options.ValueClip, weight, slopes, ref clipped[s]));
        NonFiniteException.ThrowIf((float)loss, "value loss", iteration);
        float norm = GradientLimit.Apply(network.Parameters, options.GradientNorm, iteration);
        adam.Step(options.ValueRate > 0 ? options.ValueRate : learningRate);
        return
        [
            ("value_loss", loss), ("value_clip_ratio", clipped.Sum() * weight), ("value_grad_norm", norm),
            ("explained_variance", ExplainedVariance(scored)),
        ];
    }

    /// <summary>The loss of one completion's values, and its slopes.</summary>
    internal static double Loss(
        Sample sample, ReadOnlySpan<float> values, float clip, double weight, Span<float> slopes, ref int clipped)
    {
        double loss = 0;
        ReadOnlySpan<byte> mask = sample.Sequence.Mask;
        for (int t = 0; t < mask.Length; t++)
        {
            if (mask[t] == 0)
                continue;
            double error = (double)values[t] - sample.Targets[t], before = sample.Values[t];
            double held = before + Math.Clamp(values[t] - before, -clip, clip) - sample.Targets[t];
            // A value that has moved farther than ε towards its target gains nothing by moving on.
            bool isClipped = clip > 0 && Math.Abs(values[t] - before) > clip && held * held > error * error;
            loss += 0.5 * weight * (isClipped ? held * held : error * error);
            slopes[t] = isClipped ? 0 : (float)(weight * error);
            clipped += isClipped ? 1 : 0;
        }
        return loss;
    }

    // 1 − Var(G − V)/Var(G): 1 where all was expected, 0 where the values say nothing.
    static double ExplainedVariance(IReadOnlyList<Sample> samples)
    {
        List<double> targets = [], errors = [];
        foreach (Sample one in samples)
        {
            for (int t = 0; t < one.Sequence.Mask.Length; t++)
            {
                if (one.Sequence.Mask[t] == 0)
                    continue;
                targets.Add(one.Targets[t]);
                errors.Add((double)one.Targets[t] - one.Values[t]);
            }
        }
        double all = Variance(targets);
        return all > 0 ? 1 - Variance(errors) / all : double.NaN;               // no figure where all is alike

        static double Variance(List<double> numbers)
        {
            double mean = numbers.Average();
            return numbers.Sum(number => (number - mean) * (number - mean)) / numbers.Count;
        }
    }

    /// <summary>Shows its state, under names of its own.</summary>
    public void VisitState(StateVisitor visitor)
    {
        foreach (Parameter parameter in network.Parameters.All)
            visitor.Tensor($"critic.{parameter.Name}", parameter.Value);
        foreach ((string name, Tensor tensor) in adam.State)
            visitor.Tensor($"critic.{name}", tensor);
        long steps = adam.Steps;
        visitor.Integer("critic_updates", ref steps);
        adam.Steps = steps;
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        adam.Dispose();
        network.Dispose();
    }
}

/// <summary>What the value network makes of a completion; numbers are by token of prompt and completion, [T].</summary>
/// <param name="Advantages">A.</param>
/// <param name="Values">V, as they were when the completion was drawn.</param>
/// <param name="Targets">G, what the values are to become.</param>
sealed record CriticCredit(float[] Advantages, float[] Values, float[] Targets);
