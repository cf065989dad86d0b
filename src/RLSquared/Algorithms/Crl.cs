using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="Crl"/> can be told.</summary>
public sealed record CrlOptions
{
    /// <summary>Networks, minibatches and steps. A row's wrong goals are those of its shard.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>Numbers of a representation. Few: only coarse nearness; many: slow. 512 as published.</summary>
    public int Latent { get; init => field = Require.Within("latent", value, 1, 1 << 14); } = 512;

    /// <summary>
    /// α, the weight of staying near the recorded actions. Low: trusts the value; high: does what was recorded. 0.03
    /// as published.
    /// </summary>
    public float Behaviour { get; init => field = Require.AtLeast("behaviour", value, 0); } = 0.03f;

    /// <summary>
    /// The share of the policy's goals that are any row, 0 to 1. 0, as published: only goals that were reached; 0.5:
    /// for data to be stitched.
    /// </summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>The options by name.</summary>
    public static OptionTable<CrlOptions> Table { get; } =
        new OptionTable<CrlOptions>("the algorithm crl", new())
            .Integer("latent", "numbers of a representation",
                options => options.Latent, (options, value) => options with { Latent = value },
                low: "coarse nearness", high: "slow; 512 as published")
            .Number("behaviour", "α: weight of staying near the recorded actions",
                options => options.Behaviour, (options, value) => options with { Behaviour = value },
                low: "trusts the value", high: "does what was recorded")
            .Number("actor-random", "share of the policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "0 as published", high: "0.5 for data to be stitched")
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// Contrastive RL (Eysenbach et al. 2022): a pair of state and action shall tell the goal that was reached after it
/// from those that were reached after others. No backup: the value is how likely the behaviour reaches the goal.
/// <code>
///   f(s, a, g) = φ(s, a) · ψ(g) / √d
///   L = mean over i, j of H(1(i = j), f(s_i, a_i, g_j))         g_i a geometric future of i
/// </code>
/// The goals j of a row are those of its shard: fewer than in a whole minibatch.
/// </summary>
static class Crl
{
    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    public static GoalAlgorithm Create(GoalProblem problem, CrlOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        var input = new GoalInput(data, options.Learning.Normalise);
        var sampler = new GoalSampler(data, options.Learning.Discount);
        var actorGoals = new GoalRule(0, options.ActorRandom, Geometric: false);
        var parameters = new ParameterSet();
        int D = input.StateWidth, G = input.GoalWidth, A = input.ActionWidth, d = options.Latent;
        var doing = new GoalCritics(parameters, "doing", D + A, options.Learning.Network(), seed, outputs: d);
        var goals = new GoalCritics(parameters, "goals", G, options.Learning.Network(), seed, outputs: d);
        var actor = new GoalActor(parameters, input, options.Learning.Network(outputGain: 0.01f), seed);
        float scale = 1 / MathF.Sqrt(d);
        Func<Tensor, Tensor> climbed = Least;
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss);
        return new GoalAlgorithm("crl", problem, updates, parameters, null, input, actor.Forward,
            (state, goal) => Least(Tensor.Concatenate(state, goal, actor.Best(state, goal))));

        void Draw(GoalBatch batch, int b, ref RandomSequence random)
        {
            int i = batch.Anchors[b] = sampler.Anchor(ref random);
            batch.Goals[b] = sampler.Future(i, geometric: true, ref random);
            batch.ActorGoals[b] = sampler.Goal(actorGoals, i, ref random);
        }

        Tensor Loss(GoalBatch batch)
        {
            int B = batch.Count;
            Tensor state = batch.Observations(batch.Anchors), action = batch.Actions(batch.Anchors);
            Tensor goal = batch.Representations(batch.Goals), own = batch.Diagonal();                   // [B, B]
            Tensor loss = batch.Tape.Constant(batch.Tape.Arena.Zeros(new Shape(1)));
            for (int e = 0; e < doing.Count; e++)
            {
                Tensor logits = doing.Logits(e, Tensor.Concatenate(state, action))
                    .MatMul(goals.Logits(e, goal), transposeB: true) * scale;                           // [B, B]
                Tensor rows = GoalObjectives.CrossEntropy(logits, own).SumOfColumns() * (1f / B);
                loss += batch.Note("critic_loss", batch.Mean(rows));
            }
            doing.Hold(batch.Tape);
            goals.Hold(batch.Tape);
            return loss + batch.Note("actor_loss", GoalExtraction.Climb(batch, actor, state,
                batch.Representations(batch.ActorGoals), action, options.Behaviour, climbed));
        }

        // The smallest f of all members, [B, 1].
        Tensor Least(Tensor question)
        {
            Tensor state = question.SliceColumns(0, D), goal = question.SliceColumns(D, G);
            Tensor pair = Tensor.Concatenate(state, question.SliceColumns(D + G, A)), least = default;
            for (int e = 0; e < doing.Count; e++)
            {
                Tensor f = (doing.Logits(e, pair) * goals.Logits(e, goal)).SumOfColumns() * scale;
                least = e == 0 ? f : Tensor.Min(least, f);
            }
            return least;
        }
    }
}
