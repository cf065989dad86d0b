using RLSquared.Datasets;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>What <see cref="Coe"/> can be told.</summary>
public sealed record CoeOptions
{
    /// <summary>Networks, minibatches and steps.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    /// <summary>α, the weight of staying near the recorded actions. Low trusts the value, high copies.</summary>
    public float Behaviour { get; init => field = Require.AtLeast("behaviour", value, 0); } = 0.1f;

    /// <summary>The share of the policy's goals that are any row, 0 to 1; the rest lie ahead of the anchor.</summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>The options by name.</summary>
    public static OptionTable<CoeOptions> Table { get; } =
        new OptionTable<CoeOptions>("the algorithm coe", new())
            .Number("behaviour", "α: weight of staying near the recorded actions",
                options => options.Behaviour, (options, value) => options with { Behaviour = value },
                low: "trusts the value", high: "does what was recorded")
            .Number("actor-random", "share of the policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "only goals that were reached", high: "acts by the value alone")
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });
}

/// <summary>
/// The compositional optimality equation (Piękos et al. 2023), in its form for networks: a network proposes the middle
/// of a way, freely, and learns to propose what the values multiply to the most. The value is the best of that and of
/// a one-step backup.
/// <code>
///   y = γ                                                              where g is the next row
///   y = max(γ Q̄(s′, π(s′, g), g),  Q̄(s, a, w) · Q̄(w, π(w, g), g))         else; w = μ(s, a, g)
///   μ climbs  Q(s, a, w) · Q(w, π(w, g), g)
/// </code>
/// A middle is kept within the range of the data, or is a mixture of states where these are numbered; Q̄ is the least
/// of the members.
/// </summary>
static class Coe
{
    /// <summary>The algorithm at its first weights.</summary>
    /// <inheritdoc cref="TransitiveRl(GoalProblem, TransitiveRlOptions, ulong, Workers)"/>
    public static GoalAlgorithm Create(GoalProblem problem, CoeOptions options, ulong seed, Workers workers)
    {
        var data = problem.Data(workers);
        var input = new GoalInput(data, options.Learning.Normalise);
        float gamma = options.Learning.Discount;
        var sampler = new GoalSampler(data, gamma);
        var actorGoals = new GoalRule(0, options.ActorRandom, Geometric: false);
        ParameterSet parameters = new(), following = new();
        int D = input.StateWidth, A = input.ActionWidth, question = 2 * D + A;
        MlpOptions small = options.Learning.Network(outputGain: 0.01f);
        var critics = new GoalCritics(parameters, "critic", question, options.Learning.Network(), seed);
        var targets = new GoalCritics(following, "critic", question, options.Learning.Network(), seed);
        var actor = new GoalActor(parameters, input, small, seed);
        var middles = new GoalCritics(parameters, "middle", question, small, seed, members: 1, outputs: D);
        (float[] centre, float[] reach) = RangeOf(data, input);
        Following.Begin(following, critics.Group);
        var updates = new GoalUpdates(data, options.Learning, parameters, seed, workers, Draw, Loss,
            () => Following.Step(following, critics.Group, options.Learning.Follow));
        return new GoalAlgorithm("coe", problem, updates, parameters, following, input, actor.Forward,
            (state, goal) => critics.Mean(Tensor.Concatenate(state, goal, actor.Best(state, goal))));

        void Draw(GoalBatch batch, int b, ref RandomSequence random)
        {
            int i = batch.Anchors[b] = sampler.Anchor(ref random);
            // Next rows are known; without enough of them nothing is.
            batch.Goals[b] = random.NextUniform() < 0.3 ? i + 1
                : random.NextUniform() < 0.5 ? sampler.Future(i, geometric: true, ref random)
                : random.NextInt(data.Rows);
            batch.ActorGoals[b] = sampler.Goal(actorGoals, i, ref random);
        }

        Tensor Loss(GoalBatch batch)
        {
            Tensor state = batch.Observations(batch.Anchors), action = batch.Actions(batch.Anchors);
            Tensor goal = batch.Observations(batch.Goals), named = batch.Representations(batch.Goals);
            Tensor way = Tensor.Concatenate(state, goal, action);
            Tensor middle = Middle(way), after = batch.Observations(GoalSteps.After(batch));
            Tensor backup = Reached(batch, targets, after, goal, named).Detach() * gamma;
            Tensor composed = targets.Least(Tensor.Concatenate(state, middle, action)).Detach()
                * Reached(batch, targets, middle, goal, named).Detach();
            Tensor target = Target(batch, data, backup, composed, gamma);
            batch.Note("composed", batch.Mean(composed));
            Tensor loss = GoalObjectives.Fit(batch, critics, way, target);

            critics.Hold(batch.Tape);
            Tensor wanted = batch.Observations(batch.ActorGoals);
            loss += batch.Note("actor_loss", GoalExtraction.Climb(batch, actor, state,
                batch.Representations(batch.ActorGoals), action, options.Behaviour,
                asked => critics.Mean(GoalExtraction.AskOf(asked, state, wanted, A))));

            actor.Hold(batch.Tape);
            Tensor proposed = critics.Mean(Tensor.Concatenate(state, middle, action))
                * Reached(batch, critics, middle, goal, named);
            return loss - batch.Note("middle_value", batch.Mean(proposed));
        }

        // μ(s, a, g), [B, D], of states, goals and actions side by side.
        Tensor Middle(Tensor way)
        {
            Tensor output = middles.Logits(0, way);
            if (data.Observation.Kind == ObservationKind.Discrete)
                return output.Softmax();
            Tape tape = output.Tape!;
            return output.Tanh() * tape.Constant(new Shape(D), reach) + tape.Constant(new Shape(D), centre);
        }

        // Q(s, π(s, g), g), the least of the members, [B, 1]; an expectation for a choice.
        Tensor Reached(GoalBatch batch, GoalCritics judges, Tensor state, Tensor goal, Tensor named)
        {
            Tensor output = actor.Forward(state, named);
            return input.Action.IsDiscrete
                ? GoalExtraction.Expected(batch, output, state, goal, judges.Least)
                : judges.Least(Tensor.Concatenate(state, goal, output.Clamp(-1, 1)));
        }
    }

    /// <summary>y: γ for the next row, else the larger of the backup and the composed way, [B, 1].</summary>
    /// <param name="batch">Its anchors and goals.</param>
    /// <param name="data">The set.</param>
    /// <param name="backup">γ times the value of the next state, [B, 1].</param>
    /// <param name="composed">The product over the middle, [B, 1].</param>
    /// <param name="gamma">γ.</param>
    internal static Tensor Target(GoalBatch batch, GoalDataset data, Tensor backup, Tensor composed, float gamma) =>
        GoalSteps.KnownOneAway(batch, data, Tensor.Max(backup, composed), gamma);

    // The middle and half of the range of what networks see of states, [D] each.
    static (float[] Centre, float[] Reach) RangeOf(GoalDataset data, GoalInput input)
    {
        int D = input.StateWidth;
        float[] least = new float[D], most = new float[D], row = new float[D];
        for (int i = 0; i < data.Rows; i++)
        {
            input.WriteState(data.ObservationOf(i), row);
            for (int c = 0; c < D; c++)
            {
                least[c] = i == 0 ? row[c] : Math.Min(least[c], row[c]);
                most[c] = i == 0 ? row[c] : Math.Max(most[c], row[c]);
            }
        }
        return ([.. least.Zip(most, (low, high) => (low + high) / 2)],
            [.. least.Zip(most, (low, high) => (high - low) / 2)]);
    }
}
