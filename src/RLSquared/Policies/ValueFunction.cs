using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// The value of a recurrent policy, V(history): the baseline that teaches it, and is thrown away after training.
/// </summary>
abstract class ValueFunction
{
    /// <summary>The value that the options ask for.</summary>
    /// <param name="policy">Whose value; its parameters receive the value's.</param>
    /// <param name="options">The shape.</param>
    /// <param name="random">The run's key for weights.</param>
    /// <param name="shared">The layer that the value shares where the options say so.</param>
    public static ValueFunction Create(
        Policy policy, RecurrentPolicyOptions options, RandomKey random, Gru? shared = null)
    {
        if (options.ValueCells > 0)
        {
            var table = new CellTable(policy, "value", options.ValueCells, options.TimeToGo, options.Relu, random);
            return new CellValue(policy.Parameters, table, policy.Action.Size, options.PrivilegedValue, random);
        }
        return options.Shared && shared is not null ? new SharedValue(policy, options, random, shared)
            : new GruValue(policy, options, random);
    }

    /// <summary>The values over whole trials, [T, B, 1].</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="rows">What the policy reads.</param>
    /// <param name="valueRows">What the value reads: the same, or more if it is privileged.</param>
    public abstract Tensor Forward(Tape tape, SequenceInput rows, SequenceInput valueRows);

    /// <summary>The value, where there must be one.</summary>
    public static ValueFunction Required(ValueFunction? value) => value ?? throw new InvalidOperationException(
        "this policy was loaded to act, without its value; load it with the value to ask for values");

    /// <summary>A first value near 0 is the mean of its targets.</summary>
    protected static Linear Head(Policy policy, RecurrentPolicyOptions options, RandomKey random) => new(
        policy.Parameters, "value.head", options.Hidden, 1, random,
        new LinearOptions { Gain = 0.01f, WeightNorm = options.WeightNorm });
}

/// <summary>A value with a recurrent layer of its own.</summary>
sealed class GruValue : ValueFunction
{
    readonly Gru layer;
    readonly LayerNorm? norm;
    readonly Linear head;

    public GruValue(Policy policy, RecurrentPolicyOptions options, RandomKey random)
    {
        layer = new Gru(policy.Parameters, "value.gru", policy.Row.Width + policy.PrivilegedWidth, options.Hidden,
            random, options.Relu, options.WeightNorm);
        norm = options.LayerNorm ? new LayerNorm(policy.Parameters, "value.norm", options.Hidden) : null;
        head = Head(policy, options, random);
    }

    /// <summary>A recurrent layer, a normalisation if any, and a head.</summary>
    public (Gru Layer, LayerNorm? Norm, Linear Head) Layers => (layer, norm, head);

    public override Tensor Forward(Tape tape, SequenceInput rows, SequenceInput valueRows)
    {
        Tensor hidden = layer.Forward(tape, valueRows);
        return head.Forward(norm?.Forward(hidden) ?? hidden);
    }
}

/// <summary>A value that is read from the policy's hidden state.</summary>
sealed class SharedValue(Policy policy, RecurrentPolicyOptions options, RandomKey random, Gru layer) : ValueFunction
{
    readonly Linear head = Head(policy, options, random);

    /// <summary>What reads it.</summary>
    public Linear Reader => head;

    /// <summary>The values [T, B, 1] of hidden states [T, B, H].</summary>
    public Tensor Of(Tensor hidden) => head.Forward(hidden);

    public override Tensor Forward(Tape tape, SequenceInput rows, SequenceInput valueRows) =>
        Of(layer.Forward(tape, rows));
}
