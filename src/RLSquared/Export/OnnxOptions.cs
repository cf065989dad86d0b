using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Export;

/// <summary>How a policy is written as an ONNX model.</summary>
public sealed record OnnxOptions
{
    /// <summary>Whose names the inputs and outputs have.</summary>
    public OnnxProfile Profile { get; init; } = OnnxProfile.Plain;

    /// <summary>What the recurrent layer is made of.</summary>
    public OnnxGru Gru { get; init; } = OnnxGru.Primitive;

    /// <summary>
    /// Whether the value is given out too, where the profile has a name for it and it sees no more than the policy. It
    /// is not needed to act; one with a recurrent layer of its own doubles the work and the state.
    /// </summary>
    public bool Value { get; init; } = true;

    /// <summary>
    /// The version of the set of operators, 13 to 21. Engines read all versions up to some newest one of theirs; 15 is
    /// old enough for all that are in use.
    /// </summary>
    public int Opset { get; init => field = Require.Within("opset", value, 13, 21); } = 15;

    /// <summary>
    /// The actions in the order in which the game names them, such as <c>numbers:2+choices:3</c>, as the task remote
    /// writes them. Only the profile Godot goes by it, for its plugin reads one action after the other; it is needed
    /// where there are choices and numbers.
    /// </summary>
    public string? Actions
    {
        get;
        init => field = value is null || SpaceText.TryReadActions(value, out _, out _) ? value : throw new
            OptionException("actions", "actions must be such as choices:3+numbers:2, in the order of the game, " +
                $"but is '{value}'");
    }
}

/// <summary>Whose names the inputs and outputs of a model have.</summary>
public enum OnnxProfile
{
    /// <summary>Our own: an input for each thing that an agent perceives, an output for each that it decides.</summary>
    Plain,
    /// <summary>Those of Unity's ML-Agents package.</summary>
    Unity,
    /// <summary>Those of the Godot RL Agents plugin.</summary>
    Godot,
}

/// <summary>What a recurrent layer is made of.</summary>
public enum OnnxGru
{
    /// <summary>Products, sums, sigmoids and the like, which every engine has.</summary>
    Primitive,
    /// <summary>The operator GRU with <c>linear_before_reset = 1</c>.</summary>
    Operator,
}

/// <summary>Where the weights of a model come from; it is written into the model.</summary>
/// <param name="Task">The task that was learned.</param>
/// <param name="Algorithm">What it was learned by.</param>
/// <param name="Steps">Environment steps of the training.</param>
public sealed record OnnxSource(string Task, string Algorithm, long Steps);
