using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// A policy π(a | s, g). Numbers: a normal distribution with the network's output as its mean and a deviation of 1; a
/// choice: the softmax of the network's output. When it acts it takes the mean, or the likeliest.
/// </summary>
sealed class GoalActor
{
    static readonly double logRootTwoPi = 0.5 * Math.Log(2 * Math.PI);

    readonly Mlp network;
    readonly ParameterGroup group;

    /// <summary>Adds <c>actor.0</c>, <c>actor.1</c>, ….</summary>
    /// <param name="parameters">Where to add them.</param>
    /// <param name="input">What it sees and decides.</param>
    /// <param name="options">The shape; the last layer begins small.</param>
    /// <param name="seed">Of the first weights.</param>
    /// <param name="goalWidth">G, the numbers of a goal; 0 for those of the input.</param>
    public GoalActor(ParameterSet parameters, GoalInput input, MlpOptions options, ulong seed, int goalWidth = 0)
    {
        Input = input;
        network = new Mlp(parameters, "actor", input.StateWidth + (goalWidth > 0 ? goalWidth : input.GoalWidth),
            input.ActionWidth, new RandomKey(seed, RandomPurpose.Weights, 0), options);
        group = parameters.Group("actor");
    }

    /// <summary>What it sees and decides.</summary>
    public GoalInput Input { get; }

    /// <summary>Means of the numbers, [B, C], or logits of the choice, [B, A].</summary>
    /// <param name="state">[B, D].</param>
    /// <param name="goal">[B, G].</param>
    public Tensor Forward(Tensor state, Tensor goal) => network.Forward(Tensor.Concatenate(state, goal));

    /// <summary>What it does: means of the numbers within their limits, or the chances of the choice, [B, A + C].
    /// </summary>
    /// <param name="state">[B, D].</param>
    /// <param name="goal">[B, G].</param>
    public Tensor Best(Tensor state, Tensor goal) =>
        Input.Action.IsDiscrete ? Forward(state, goal).Softmax() : Forward(state, goal).Clamp(-1, 1);

    /// <summary>log π(a | s, g), [B, 1].</summary>
    /// <param name="output">What <see cref="Forward"/> gave.</param>
    /// <param name="actions">The actions as networks see them, [B, A + C].</param>
    public Tensor LogProbability(Tensor output, Tensor actions) => Input.Action.IsDiscrete
        ? (output.LogSoftmax() * actions).SumOfColumns()
        : (output - actions).Square().SumOfColumns() * -0.5f - (float)(Input.Action.Numbers * logRootTwoPi);

    /// <summary>From now on, until the tape's next step, no gradient flows to these weights.</summary>
    public void Hold(Tape tape)
    {
        foreach (Parameter parameter in group.All)
            tape.Bind(parameter, tape.Constant(parameter.Value));
    }

    /// <summary>The play of this policy in evaluations; it shares the weights.</summary>
    /// <param name="represent">What matters of a goal, from observation to representation; null for all of it.</param>
    /// <param name="lanes">The most lanes at once.</param>
    public GoalAct Act(GoalRepresent? represent, int lanes) => Act(Input, Forward, represent, lanes);

    /// <summary>The play of a network that gives means of numbers, or logits of a choice.</summary>
    /// <param name="input">What it sees and decides.</param>
    /// <param name="forward">From states [N, D] and goals [N, G] to [N, A + C].</param>
    /// <param name="represent">What matters of a goal, from observation to representation; null for all of it.</param>
    /// <param name="lanes">The most lanes at once.</param>
    public static GoalAct Act(
        GoalInput input, Func<Tensor, Tensor, Tensor> forward, GoalRepresent? represent, int lanes)
    {
        var eyes = new GoalEyes(input, represent, lanes);
        return (in GoalPercept percept, ActionSpan actions) =>
        {
            (Tensor state, Tensor goal) = eyes.See(in percept);
            Tensor output = forward(state, goal);
            output.CopyTo(eyes.Output.AsSpan(0, (int)output.Shape.Count));
            for (int lane = 0; lane < percept.Lanes; lane++)
                Decide(input.Action, eyes.Output.AsSpan(lane * input.ActionWidth, input.ActionWidth), lane, actions);
        };
    }

    /// <summary>What is done in a lane: the means within their limits, or the likeliest choice.</summary>
    /// <param name="space">What an action is.</param>
    /// <param name="output">Means, or logits of the choice, [A + C].</param>
    /// <param name="lane">The lane.</param>
    /// <param name="actions">Receives the action.</param>
    public static void Decide(ActionSpace space, ReadOnlySpan<float> output, int lane, ActionSpan actions)
    {
        if (space.IsDiscrete)
        {
            actions.Choices[lane] = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(output);
            return;
        }
        for (int c = 0; c < output.Length; c++)
            actions.Numbers[lane * output.Length + c] = Math.Clamp(output[c], -1, 1);
    }
}

/// <summary>What matters of an observation that is a goal.</summary>
/// <param name="observation">The observation, [D].</param>
/// <param name="goal">Receives the representation, [G].</param>
delegate void GoalRepresent(ReadOnlySpan<float> observation, Span<float> goal);

/// <summary>Turns what lanes show into what networks see; memory of one evaluation's part.</summary>
/// <param name="input">What networks see.</param>
/// <param name="represent">What matters of a goal; null for all of it.</param>
/// <param name="lanes">The most lanes at once.</param>
sealed class GoalEyes(GoalInput input, GoalRepresent? represent, int lanes)
{
    readonly float[] states = new float[lanes * input.StateWidth], goals = new float[lanes * input.GoalWidth];

    /// <summary>Where networks compute.</summary>
    public Tape Tape { get; } = new(new Arena()) { Recording = false };

    /// <summary>Room for what they put out, [N, A + C].</summary>
    public float[] Output { get; } = new float[lanes * input.ActionWidth];

    /// <summary>States [N, D] and goals [N, G] of a percept; what was computed before is forgotten.</summary>
    public (Tensor State, Tensor Goal) See(in GoalPercept percept)
    {
        Tape.Reset();
        int N = percept.Lanes, D = percept.Observations.Length / N, G = percept.Goals.Length / N;
        for (int lane = 0; lane < N; lane++)
        {
            input.WriteState(percept.Observations.Slice(lane * D, D),
                states.AsSpan(lane * input.StateWidth, input.StateWidth));
            ReadOnlySpan<float> goal = percept.Goals.Slice(lane * G, G);
            Span<float> to = goals.AsSpan(lane * input.GoalWidth, input.GoalWidth);
            if (represent is null)
            {
                input.WriteState(goal, to);
                continue;
            }
            represent(goal, to);
            input.WriteGoal(to, to);
        }
        return (Tape.Constant(new Shape(N, input.StateWidth), states.AsSpan(0, N * input.StateWidth)),
            Tape.Constant(new Shape(N, input.GoalWidth), goals.AsSpan(0, N * input.GoalWidth)));
    }
}
