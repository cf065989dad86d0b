using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Devices;

namespace RLSquared.Policies;

/// <summary>The shape of a recurrent policy and of its value.</summary>
public sealed record RecurrentPolicyOptions
{
    /// <summary>
    /// Units of each recurrent layer, H. Few (32) learn quickly and remember little; many (256) remember long trials
    /// and cost as their square. The paper uses 256.
    /// </summary>
    public int Hidden { get; init => field = Require.AtLeast("hidden", value, 1); } = 64;

    /// <summary>
    /// Units of a cell, when the policy's memory is a table with a recurrent cell for each pair of state and action,
    /// all with the same weights (<c>CellTable</c>), instead of one layer of H units. 16 to 64; 0, as in the paper: one
    /// layer. The policy sees nothing more than it would with a layer, but knows that names mean nothing.
    /// </summary>
    public int Cells { get; init => field = Require.AtLeast("cells", value, 0); }

    /// <summary>
    /// The same for the value, with a table of its own: units of a cell, 0 for one layer. The value is thrown away
    /// after training, so this changes no agent, only how well it is taught.
    /// </summary>
    public int ValueCells { get; init => field = Require.AtLeast("value-cells", value, 0); }

    /// <summary>
    /// Whether policy and value share one recurrent layer. Shared is half the work and was found more stable where
    /// observations are images; apart, the value's errors cannot disturb the policy. The paper: apart, but for mazes.
    /// </summary>
    public bool Shared { get; init; }

    /// <summary>
    /// Whether the hidden state is normalised before the heads. Steadier at high learning rates, a little
    /// slower.
    /// </summary>
    public bool LayerNorm { get; init; }

    /// <summary>
    /// Whether the candidate of the recurrent layer is a relu, as in the paper; else tanh, which cannot blow
    /// up.
    /// </summary>
    public bool Relu { get; init; }

    /// <summary>
    /// Whether all weight matrices are normalised (direction and length learned apart), as in the paper. Makes the step
    /// size independent of the weights' scale; costs a little time.
    /// </summary>
    public bool WeightNorm { get; init; }

    /// <summary>
    /// Whether the network sees what share of the trial is left. A value without it must count for itself, which is
    /// slow to learn when γ is 1. The paper's network does not see it.
    /// </summary>
    public bool TimeToGo { get; init; } = true;

    /// <summary>
    /// Whether the value also sees what only the simulator knows of the task
    /// (<see cref="TaskDistribution.PrivilegedWidth"/>). The value is a baseline that is thrown away after training, so
    /// the agent stays what it was; its advantages have less noise. Needs a value layer of its own. The paper: no.
    /// </summary>
    public bool PrivilegedValue { get; init; }

    /// <summary>
    /// Filters of both layers that look at an image; only images need them. 16, the paper's, fill one vector of the
    /// processor, so that fewer save nothing.
    /// </summary>
    public int Filters { get; init => field = Require.AtLeast("filters", value, 1); } = 16;

    /// <summary>Features that an image is turned into. Few are quick; the paper has 256.</summary>
    public int Features { get; init => field = Require.AtLeast("features", value, 1); } = 128;

    /// <summary>
    /// Length of the vector as which the previous action joins an image before the dense layer; the paper has 256. 0:
    /// it does not, for the recurrent layer sees it anyway.
    /// </summary>
    public int ActionEmbedding { get; init => field = Require.AtLeast("action-embedding", value, 0); }

    /// <summary>
    /// The first standard deviation of each number that the policy draws, where actions have numbers (from −1 to 1). It
    /// is learned, the same for all states. Small (0.2) explores near the mean; large (1) hits the limits often.
    /// </summary>
    public float Deviation { get; init => field = Require.Above("deviation", value, 0); } = 0.6f;

    /// <summary>
    /// Whether the numbers of a vector are brought to mean 0 and deviation 1 in front of the first layer, as in
    /// <see cref="MlpPolicyOptions.Normalise"/>. No paper's network does it.
    /// </summary>
    public bool Normalise { get; init; }

    /// <summary>
    /// Whether the previous reward that the network sees is divided by the root mean square of all rewards so far, and
    /// limited to ±10, by a parameter <c>normaliser.reward_scale</c> that the algorithm sets from what it has played.
    /// For tasks whose rewards are far from 1: a recurrent layer is saturated by them. The paper's network sees them as
    /// they are.
    /// </summary>
    public bool NormaliseRewardInputs { get; init; }

    /// <summary>What a recurrent policy reads at each step.</summary>
    internal InputRow RowOf(TaskSpaces spaces) => new(spaces.Observation, spaces.Action, TimeToGo, features: Features);

    /// <summary>Checks the options against the task and against each other.</summary>
    /// <exception cref="OptionException">They do not go together; the message says what would.</exception>
    internal void RequireFit(TaskSpaces spaces, Device device)
    {
        ObservationSpace seen = spaces.Observation;
        if (PrivilegedValue && (Shared || spaces.PrivilegedWidth == 0))
        {
            throw new OptionException("privileged-value", Shared
                ? "a value that sees more than the policy needs a layer of its own; set shared=false"
                : $"the task {spaces.Task} has nothing to tell a value; set privileged-value=false");
        }
        if (seen.Kind == ObservationKind.Image && ActionEmbedding > 0 && !spaces.Action.IsDiscrete)
        {
            throw new OptionException("action-embedding", "one action can join an image, but the task " +
                $"{spaces.Task} has {spaces.Action}; set action-embedding=0");
        }
        if (Cells + ValueCells == 0)
            return;

        string option = Cells > 0 ? "cells" : "value-cells";
        if (!device.IsHost)
        {
            throw new OptionException(option, "cells are computed on the processor, not on the device " +
                $"'{device}'; set cells=0 and value-cells=0");
        }
        if (Shared)
            throw new OptionException(option, "a layer that is shared leaves no room for cells; set shared=false");
        if (seen.Kind is not (ObservationKind.Nothing or ObservationKind.Discrete))
        {
            throw new OptionException(option, "cells need states with numbers, but the task " +
                $"{spaces.Task} shows vectors or images; set cells=0 and value-cells=0");
        }
        if (!spaces.Action.IsDiscrete)
        {
            throw new OptionException(option, "there is a cell for each action, but the task " +
                $"{spaces.Task} has {spaces.Action}; set cells=0 and value-cells=0");
        }
        if (LayerNorm || WeightNorm)
        {
            throw new OptionException(LayerNorm ? "layer-norm" : "weight-norm",
                "cells are not normalised; set layer-norm=false and weight-norm=false, or cells=0 and value-cells=0");
        }
        if (ValueCells > 0 && PrivilegedValue && spaces.PrivilegedWidth != spaces.Action.Size)
        {
            throw new OptionException("value-cells", "cells can be told one number for each action, but the task " +
                $"{spaces.Task} tells {spaces.PrivilegedWidth}; set value-cells=0 or privileged-value=false");
        }
    }
}
