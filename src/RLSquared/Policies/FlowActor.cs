using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// A policy of numbers as a flow (Lipman et al. 2023): a velocity v(s, g, x, t) carries noise x₀ at time 0 to an action
/// at time 1. It copies the recorded actions with all their ways; a critic then picks the best of several draws.
/// </summary>
sealed class FlowActor
{
    readonly Mlp network;
    readonly GoalInput input;

    /// <summary>Adds <c>actor.0</c>, <c>actor.1</c>, ….</summary>
    /// <inheritdoc cref="GoalActor(ParameterSet, GoalInput, MlpOptions, ulong, int)"/>
    public FlowActor(ParameterSet parameters, GoalInput input, MlpOptions options, ulong seed)
    {
        this.input = input;
        network = new Mlp(parameters, "actor", input.StateWidth + input.GoalWidth + input.ActionWidth + 1,
            input.ActionWidth, new RandomKey(seed, RandomPurpose.Weights, 0), options);
    }

    /// <summary>
    /// The mean over numbers of (v − (a − x₀))² at x_t = (1 − t) x₀ + t a, [B, 1]: the velocity should be that of the
    /// straight way from the noise to the action.
    /// </summary>
    /// <param name="state">[B, D].</param>
    /// <param name="goal">[B, G].</param>
    /// <param name="action">a, [B, C].</param>
    /// <param name="noise">x₀, [B, C].</param>
    /// <param name="time">t, [B, 1], from 0 to 1.</param>
    public Tensor Loss(Tensor state, Tensor goal, Tensor action, Tensor noise, Tensor time)
    {
        Tensor way = action - noise;
        Tensor velocity = network.Forward(Tensor.Concatenate(state, goal, noise + way * time, time));
        return (velocity - way).Square().SumOfColumns() * (1f / input.ActionWidth);
    }

    /// <summary>Whoever acts by it: the best of several draws in the eyes of a critic.</summary>
    /// <param name="represent">What matters of a goal; null for all of it.</param>
    /// <param name="lanes">The most lanes at once.</param>
    /// <param name="draws">How many actions are drawn in each lane.</param>
    /// <param name="steps">Steps from noise to action.</param>
    /// <param name="score">
    /// One number for each row of states, goals and actions, [n, 1]: what all members of a critic say together.
    /// </param>
    public GoalAct Act(GoalRepresent? represent, int lanes, int draws, int steps,
        Func<Tensor, Tensor, Tensor, Tensor> score)
    {
        var eyes = new GoalEyes(input, represent, lanes);
        int C = input.ActionWidth;
        int[] repeated = new int[lanes * draws];
        float[] noise = new float[repeated.Length * C], scores = new float[repeated.Length];
        float[] drawn = new float[noise.Length];
        return (in GoalPercept percept, ActionSpan actions) =>
        {
            int N = percept.Lanes, rows = N * draws;
            (Tensor state, Tensor goal) = eyes.See(in percept);
            Tape tape = eyes.Tape;
            for (int lane = 0; lane < N; lane++)
            {
                RandomSequence random = percept.Random(lane);
                repeated.AsSpan(lane * draws, draws).Fill(lane);
                foreach (ref float number in noise.AsSpan(lane * draws * C, draws * C))
                    number = (float)random.NextNormal();
            }
            Indices index = tape.Arena.CopyIndices(repeated.AsSpan(0, rows));
            (state, goal) = (state.GatherRows(index), goal.GatherRows(index));
            Tensor x = tape.Constant(new Shape(rows, C), noise.AsSpan(0, rows * C));
            for (int step = 0; step < steps; step++)
            {
                Tensor time = tape.Constant(tape.Arena.Zeros(new Shape(rows, 1))) + (float)step / steps;
                x += network.Forward(Tensor.Concatenate(state, goal, x, time)) * (1f / steps);
            }
            x = x.Clamp(-1, 1);
            score(state, goal, x).CopyTo(scores.AsSpan(0, rows));
            x.CopyTo(drawn.AsSpan(0, rows * C));
            for (int lane = 0; lane < N; lane++)
            {
                int best = lane * draws + System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(
                    scores.AsSpan(lane * draws, draws));
                drawn.AsSpan(best * C, C).CopyTo(actions.Numbers.Slice(lane * C, C));
            }
        };
    }
}
