using RLSquared.Tasks;
using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// What a policy is: it remembers while it plays (<see cref="CreateMemory"/>), and gives the distribution over actions,
/// and the values, of whole batches of what was played (<see cref="Forward"/>). What it reads at each step is its own
/// affair (<see cref="Row"/>): experience holds what happened, and each policy turns that into the numbers that it
/// wants.
/// <para>To add a policy: 1. derive from this class; 2. choose the input row; 3. write <see cref="CreateMemory"/> for
/// playing and the three methods for learning, over the same layers: what is played and what is learned must be the
/// same to the last bit, so that the ratio of both is 1 before the first update.</para>
/// </summary>
public abstract class Policy : IDisposable
{
    Parameter? logDeviation, rewardScale;

    /// <summary>A policy whose layers are yet to be made.</summary>
    /// <param name="spaces">What goes in and what comes out: a task's <see cref="TaskDistribution.Spaces"/>.</param>
    /// <param name="row">What it reads at each step.</param>
    /// <param name="parameters">Receives the parameters; owned from now on.</param>
    protected Policy(TaskSpaces spaces, InputRow row, ParameterSet parameters)
    {
        ArgumentNullException.ThrowIfNull(spaces);
        ArgumentNullException.ThrowIfNull(row);
        ArgumentNullException.ThrowIfNull(parameters);
        (Spaces, Row, Parameters) = (spaces, row, parameters);
    }

    /// <summary>A recurrent policy at its first weights: a GRU, or a table of cells.</summary>
    /// <param name="spaces">What goes in and what comes out.</param>
    /// <param name="options">Its shape.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="device">Where it computes; null for the processor.</param>
    /// <exception cref="OptionException">An option does not go with the task or with another option.</exception>
    /// <exception cref="NotSupportedException">Images are too small for the filters.</exception>
    public static Policy Recurrent(
        TaskSpaces spaces, RecurrentPolicyOptions options, ulong seed, Device? device = null) =>
        Recurrent(spaces, options, new ParameterSet(device), seed, hasValue: true);

    /// <summary>A feed-forward policy at its first weights, which remembers nothing.</summary>
    /// <param name="spaces">What goes in and what comes out.</param>
    /// <param name="options">Its shape.</param>
    /// <param name="seed">Of the weights.</param>
    /// <param name="device">Where it computes; null for the processor.</param>
    /// <exception cref="OptionException">An option does not go with the task or with another option.</exception>
    public static Policy FeedForward(
        TaskSpaces spaces, MlpPolicyOptions options, ulong seed, Device? device = null) =>
        new MlpPolicy(spaces, options, new ParameterSet(device), seed);

    /// <summary>
    /// A recurrent policy without the value that taught it, which is all that acting takes; or with it, where it can be
    /// asked without a simulator. The weights are yet to be read.
    /// </summary>
    internal static Policy ToAct(
        TaskSpaces spaces, RecurrentPolicyOptions options, ParameterSet parameters, bool withValue)
    {
        bool hasValue = withValue && options is { ValueCells: 0, PrivilegedValue: false };
        RecurrentPolicyOptions acting = hasValue ? options : options with { ValueCells = 0, PrivilegedValue = false };
        return Recurrent(spaces, acting, parameters, seed: 0, hasValue);
    }

    static Policy Recurrent(
        TaskSpaces spaces, RecurrentPolicyOptions options, ParameterSet parameters, ulong seed, bool hasValue)
    {
        ArgumentNullException.ThrowIfNull(spaces);
        ArgumentNullException.ThrowIfNull(options);
        options.RequireFit(spaces, parameters.Device);
        return options.Cells > 0 ? new CellPolicy(spaces, options, parameters, seed, hasValue)
            : new GruPolicy(spaces, options, parameters, seed, hasValue);
    }

    /// <summary>All that the policy and its value learn.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>What it must know of a task.</summary>
    public TaskSpaces Spaces { get; }

    /// <summary>What it reads at each step.</summary>
    public InputRow Row { get; }

    /// <summary>What it sees of a task.</summary>
    public ObservationSpace Observation => Spaces.Observation;

    /// <summary>What it decides.</summary>
    public ActionSpace Action => Spaces.Action;

    /// <summary>Whether it is told which options are allowed.</summary>
    public bool Masks => Spaces.Masks;

    /// <summary>The most steps of a trial in training.</summary>
    public int TrialLength => Spaces.TrialLength;

    /// <summary>Whether what it did and saw before bears on what it does, for longer than the row shows.</summary>
    public virtual bool Remembers => true;

    /// <summary>Numbers that only the value sees, P: 0, or the task's.</summary>
    public virtual int PrivilegedWidth => 0;

    /// <summary>What brings observations to scale in front of the first layer; null where nothing does.</summary>
    internal virtual InputNormaliser? Normaliser => null;

    /// <summary>
    /// What the rewards that it sees are multiplied with, [1], which no optimiser moves; null where it sees them as
    /// they are.
    /// </summary>
    internal Parameter? RewardScale => rewardScale;

    /// <summary>The scale of the rewards that it sees, on a tape; null where it sees them as they are.</summary>
    internal float? RewardScaleOn(Tape tape) => rewardScale is null ? null : tape.Watch(rewardScale).Read();

    /// <summary>Room for the memory of N trials that are played.</summary>
    /// <param name="lanes">N.</param>
    /// <param name="trialLength">The most steps of these trials.</param>
    public abstract PolicyMemory CreateMemory(int lanes, int trialLength);

    /// <summary>The distributions at T · B steps, and the values there, [T, B, 1].</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">What was seen.</param>
    public abstract (PolicyDistribution Policy, Tensor Values) Forward(Tape tape, in PolicyInput input);

    /// <summary>The distributions alone, at T · B steps.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">What was seen.</param>
    public abstract PolicyDistribution Distribution(Tape tape, in PolicyInput input);

    /// <summary>The values alone, [T, B, 1].</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">What was seen.</param>
    public abstract Tensor Values(Tape tape, in PolicyInput input);

    /// <summary>log σ of the numbers that are drawn, [C]; the default where there are none.</summary>
    /// <param name="tape">Shows the weights.</param>
    public Tensor LogDeviations(Tape tape)
    {
        ArgumentNullException.ThrowIfNull(tape);
        return logDeviation is null ? default : tape.Watch(logDeviation);
    }

    /// <summary>Copies log σ of the numbers, [C].</summary>
    internal void CopyLogDeviations(Span<float> copy) => logDeviation?.Value.CopyTo(copy);

    /// <summary>
    /// The features [M, F] of M images, where <see cref="InputRow.Features"/> are part of the row.
    /// </summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="images">The images.</param>
    /// <param name="previousActions">The actions before them, [M].</param>
    protected internal virtual Tensor See(Tape tape, Images images, Indices previousActions) =>
        throw new NotSupportedException($"the policy of {Spaces.Task} looks at no images");

    /// <summary>
    /// Lays out the weights once for all who play them, since they will not change any more.
    /// </summary>
    internal virtual void FixWeights()
    {
    }

    /// <summary>
    /// Adds <c>policy.log_deviation</c>, log σ of the numbers that are drawn, where the task wants numbers.
    /// </summary>
    /// <param name="deviation">The first σ, above 0.</param>
    protected void AddLogDeviations(float deviation)
    {
        if (Action.Numbers == 0)
            return;
        logDeviation = Parameters.Add("policy.log_deviation", new Shape(Action.Numbers));
        logDeviation.SetAll(MathF.Log(deviation));
    }

    /// <summary>
    /// Adds <c>normaliser.reward_scale</c>, what the rewards that it sees are multiplied with. It is 0 until a reward
    /// was seen, so that none of any size gets in before its scale is known.
    /// </summary>
    private protected void AddRewardScale()
    {
        rewardScale = Parameters.Add("normaliser.reward_scale", new Shape(1));
        rewardScale.Group.Frozen = true;
    }

    /// <summary>The distributions that the last layer's outputs stand for.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="outputs">A logits and C means in each row, [..., A + C].</param>
    /// <param name="input">What was seen: it says what was allowed.</param>
    protected PolicyDistribution DistributionOf(Tape tape, Tensor outputs, in PolicyInput input) =>
        new(Action, outputs, LogDeviations(tape), input.Forbidden);

    /// <summary>The key that first weights are drawn by.</summary>
    /// <param name="seed">The seed of the run.</param>
    protected static RandomKey WeightKey(ulong seed) => new(seed, RandomPurpose.Weights, 0);

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Returns the memory of a derived class too.</summary>
    /// <param name="disposing">True; there is no finaliser.</param>
    protected virtual void Dispose(bool disposing) => Parameters.Dispose();
}
