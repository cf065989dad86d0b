using RLSquared.Settings;
using RLSquared.Tensors.Layers;

namespace RLSquared.Policies;

/// <summary>The shape of a feed-forward policy and of its value.</summary>
public sealed record MlpPolicyOptions
{
    /// <summary>Units of each hidden layer. Few (32) learn quickly; many (256) can say more and cost more.</summary>
    public int Hidden { get; init => field = Require.AtLeast("hidden", value, 1); } = 64;

    /// <summary>Hidden layers, at least 1. Two are usual.</summary>
    public int Layers { get; init => field = Require.AtLeast("layers", value, 1); } = 2;

    /// <summary>What follows each hidden layer. Tanh is usual on vectors; relu is cheaper.</summary>
    public Activation Activation { get; init; } = Activation.Tanh;

    /// <summary>
    /// Whether policy and value share the hidden layers. Half the work; apart, the value's errors cannot disturb the
    /// policy, which is usual.
    /// </summary>
    public bool Shared { get; init; }

    /// <summary>
    /// Whether the previous action, its reward and the end of an episode are seen too, as a recurrent policy sees them.
    /// </summary>
    public bool History { get; init; }

    /// <summary>
    /// Whether the numbers of a vector are brought to mean 0 and deviation 1 in front of the first layer, by parameters
    /// <c>normaliser.mean</c> and <c>normaliser.scale</c> that the algorithm sets from what it has played.
    /// </summary>
    public bool Normalise { get; init; }

    /// <summary>
    /// Whether the share of the trial that is left is seen. Returns to a fixed end depend on it.
    /// </summary>
    public bool TimeToGo { get; init; }

    /// <summary>
    /// The first standard deviation of each number that the policy draws, where actions have numbers (from −1 to 1). It
    /// is learned, the same for all states. Small (0.2) explores near the mean; large (1) hits the limits often.
    /// </summary>
    public float Deviation { get; init => field = Require.Above("deviation", value, 0); } = 0.6f;
}
