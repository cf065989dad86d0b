using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// A policy π(a | s, g) whose deviations are learned, too. Numbers: a = tanh(u), u normal; a choice: a softmax. When it
/// acts it takes tanh of the mean, or the likeliest.
/// </summary>
sealed class SquashedActor
{
    const float LeastLog = -5, MostLog = 2;
    static readonly float halfLogTwoPi = (float)(0.5 * Math.Log(2 * Math.PI)), logTwo = MathF.Log(2);

    readonly Mlp network;
    readonly GoalInput input;

    /// <summary>Adds <c>actor.0</c>, <c>actor.1</c>, ….</summary>
    /// <inheritdoc cref="GoalActor(ParameterSet, GoalInput, MlpOptions, ulong, int)"/>
    public SquashedActor(ParameterSet parameters, GoalInput input, MlpOptions options, ulong seed)
    {
        this.input = input;
        network = new Mlp(parameters, "actor", input.StateWidth + input.GoalWidth,
            input.Action.IsDiscrete ? input.ActionWidth : 2 * input.ActionWidth,
            new RandomKey(seed, RandomPurpose.Weights, 0), options);
    }

    /// <summary>Logits of the choice, [B, A], or means and logarithms of deviations of u, [B, 2 C].</summary>
    /// <param name="state">[B, D].</param>
    /// <param name="goal">[B, G].</param>
    public Tensor Forward(Tensor state, Tensor goal) => network.Forward(Tensor.Concatenate(state, goal));

    /// <summary>What it does when it is judged: logits, [B, A], or tanh of the means, [B, C].</summary>
    /// <param name="output">What <see cref="Forward"/> gave.</param>
    public Tensor Best(Tensor output) =>
        input.Action.IsDiscrete ? output : output.SliceColumns(0, input.ActionWidth).Tanh();

    /// <summary>An action of numbers, [B, C], and log π of it, [B, 1]; both can be differentiated.</summary>
    /// <param name="output">What <see cref="Forward"/> gave.</param>
    /// <param name="noise">Normal numbers, [B, C].</param>
    public (Tensor Action, Tensor LogProbability) Draw(Tensor output, Tensor noise)
    {
        int C = input.ActionWidth;
        Tensor logDeviation = output.SliceColumns(C, C).Clamp(LeastLog, MostLog);
        Tensor u = output.SliceColumns(0, C) + logDeviation.Exp() * noise;
        // log N(u) − log(1 − tanh² u), the latter as 2 (ln 2 − u − softplus(−2 u)), which no u overflows.
        Tensor normal = noise.Square() * -0.5f - logDeviation - halfLogTwoPi;
        Tensor squash = (logTwo - u - (u * -2).Softplus()) * 2;
        return (u.Tanh(), (normal - squash).SumOfColumns());
    }
}
