using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>The shape of a policy that adapts to a task by gradient steps.</summary>
public sealed record AdaptivePolicyOptions
{
    /// <summary>Units of each hidden layer. Low: adapts in few directions; high: costs its square.</summary>
    public int Hidden { get; init => field = Require.AtLeast("hidden", value, 1); } = 64;

    /// <summary>Hidden layers. 0 leaves one linear map; two are usual.</summary>
    public int Layers { get; init => field = Require.Within("layers", value, 0, 16); } = 2;

    /// <summary>The first standard deviation of an action's numbers.</summary>
    public float Deviation { get; init => field = Require.Above("deviation", value, 0); } = 1;

    /// <summary>
    /// Below which deviation a number's density is not made narrower, above 0. An adaptation that narrowed it without
    /// limit would end exploration in one step.
    /// </summary>
    public float LeastDeviation { get; init => field = Require.Above("least-deviation", value, 0); } = 1e-3f;
}

/// <summary>
/// A feed-forward policy without memory: what it knows of a task is in its weights, which a gradient step moves
/// (<see cref="Algorithms.Maml"/>). Its layers have derivatives of any order. Where a tape binds its parameters to
/// other tensors, it computes with these.
/// </summary>
sealed class AdaptivePolicy : IDisposable
{
    readonly Mlp layers;
    readonly Parameter? logDeviations;
    readonly float leastLogDeviation;

    /// <summary>A policy at its first weights.</summary>
    /// <param name="spaces">What it sees and decides.</param>
    /// <param name="options">Its shape.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="parameters">Receives the parameters; owned from now on. Null for a new set.</param>
    /// <exception cref="OptionException">The task shows images.</exception>
    public AdaptivePolicy(
        TaskSpaces spaces, AdaptivePolicyOptions options, ulong seed, ParameterSet? parameters = null)
    {
        if (spaces.Observation.Kind == ObservationKind.Image)
        {
            throw new OptionException("task", $"{spaces.Task} shows images, and a policy that adapts by gradients " +
                "sees states and vectors; rl2 looks at images");
        }
        (Spaces, leastLogDeviation) = (spaces, MathF.Log(options.LeastDeviation));
        Width = Math.Max(1, spaces.Observation.Size);
        Parameters = parameters ?? new ParameterSet();
        var random = new RandomKey(seed, RandomPurpose.Weights, 0);
        layers = new Mlp(Parameters, "policy", Width, spaces.Action.Size + spaces.Action.Numbers, random,
            new MlpOptions { Hidden = [.. Enumerable.Repeat(options.Hidden, options.Layers)], OutputGain = 0.01f });
        if (spaces.Action.Numbers > 0)
        {
            logDeviations = Parameters.Add("policy.log_deviation", new Shape(spaces.Action.Numbers));
            logDeviations.SetAll(MathF.Log(options.Deviation));
        }
        Adapted = [.. Parameters.All];
    }

    /// <summary>What it sees and decides.</summary>
    public TaskSpaces Spaces { get; }

    /// <summary>All that is learned; an algorithm may add to it.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>What an adaptation moves: layers and deviations.</summary>
    public IReadOnlyList<Parameter> Adapted { get; }

    /// <summary>
    /// Numbers of an input row, D: of a vector, of a state one-hot, or a single 1 where nothing is shown.
    /// </summary>
    public int Width { get; }

    /// <summary>The distributions over actions at M steps.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="rows">The input rows, [M, D].</param>
    /// <param name="forbidden">What is added to the logits, [M, A]; the default for nothing.</param>
    public PolicyDistribution Forward(Tape tape, Tensor rows, Tensor forbidden = default) =>
        new(Spaces.Action, layers.Forward(rows), LogDeviations(tape), forbidden);

    /// <summary>log σ, [C], not below its limit; the default where no numbers are decided.</summary>
    public Tensor LogDeviations(Tape tape) => logDeviations is null ? default
        : tape.Watch(logDeviations).Clamp(leastLogDeviation, float.MaxValue);

    /// <summary>Writes observations as input rows.</summary>
    /// <param name="observations">[N, Width of the observation].</param>
    /// <param name="rows">Receives [N, D].</param>
    /// <exception cref="ArgumentException">A number is none of the states.</exception>
    public void Encode(ReadOnlySpan<float> observations, Span<float> rows)
    {
        switch (Spaces.Observation.Kind)
        {
            case ObservationKind.Nothing:
                rows.Fill(1);
                break;
            case ObservationKind.Vector:
                observations.CopyTo(rows);
                break;
            default:
                rows.Clear();
                for (int i = 0; i < observations.Length; i++)
                {
                    int state = (int)observations[i];
                    if (state != observations[i] || (uint)state >= (uint)Width)
                    {
                        throw new ArgumentException(
                            $"the state of lane {i} is {observations[i]}, and must be a whole number from 0 to " +
                            $"{Width - 1}");
                    }
                    rows[i * Width + state] = 1;
                }
                break;
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => Parameters.Dispose();
}
