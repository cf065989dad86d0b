using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tensors.Devices;

namespace RLSquared.Tasks;

/// <summary>
/// What is to be learned: a distribution of tasks, of which each trial plays one for a number of episodes.
/// The primitive is not one environment but N lanes of it in lock-step (<see cref="CreateLanes"/>).
/// <para>To add a task: 1. derive from this class and from <see cref="Lanes"/> in one file under <c>Tasks/</c>;
/// 2. list it in <see cref="TaskCatalogue"/>; 3. add its known answers under <c>tests/RLSquared.Tests/Tasks</c>;
/// 4. give it a page under <c>docs/</c>.</para>
/// </summary>
public abstract class TaskDistribution : Problem
{
    /// <inheritdoc/>
    public override string Kind => "a task that an agent plays step by step";

    /// <summary>What an agent sees at each step.</summary>
    public abstract ObservationSpace Observation { get; }

    /// <summary>What an agent decides at each step.</summary>
    public abstract ActionSpace Action { get; }

    /// <summary>
    /// The options of all choices together, A: the number of actions where there is one choice and nothing else.
    /// </summary>
    public int Actions => Action.Size;

    /// <summary>Whether some options are at times not allowed (<see cref="Lanes.Allowed"/>).</summary>
    public virtual bool Masks => false;

    /// <summary>The most steps that one trial takes, T: the rollout's length.</summary>
    public abstract int TrialLength { get; }

    /// <summary>
    /// Numbers per lane, P, in which the simulator can tell a value network what no agent sees of the task
    /// (<see cref="Lanes.Privileged"/>); 0 where there is nothing to tell.
    /// </summary>
    public virtual int PrivilegedWidth => 0;

    /// <summary>
    /// The episodes of a trial, k: each is over when it terminates or is cut, and the next one plays the same task; 1
    /// where a trial is a single episode.
    /// </summary>
    public virtual int Episodes => Math.Max(1, GoalEpisodes);

    /// <summary>
    /// The episodes of a trial, if each of them looks for something that terminates it, so that it is worth knowing how
    /// often and how soon that was found; else 0.
    /// </summary>
    public virtual int GoalEpisodes => 0;

    /// <summary>
    /// The most lanes that there can be, <see cref="int.MaxValue"/> where a lane is nothing but memory. Where there is
    /// a limit, all lanes that are made share the same few: to begin trials ends those of the other lanes, so one
    /// after the other plays, on one thread.
    /// </summary>
    public virtual int MaxLanes => int.MaxValue;

    /// <summary>What a network must know of the task.</summary>
    public TaskSpaces Spaces => new()
    {
        Task = Name,
        Observation = Observation,
        Action = Action,
        Masks = Masks,
        TrialLength = TrialLength,
        PrivilegedWidth = PrivilegedWidth,
    };

    /// <summary>
    /// What no agent, or nearly none, can exceed on this task; null where nothing is known. Evaluations show it beside
    /// the agents.
    /// </summary>
    public virtual TaskCeiling? Ceiling => null;

    /// <summary>
    /// The hand-designed agents that can play this task besides the random one: its opponents in evaluations. Those of
    /// the library are named in <see cref="AgentCatalogue"/>; your own task may bring its own.
    /// </summary>
    public virtual IEnumerable<AgentEntry> Opponents => [];

    // A game takes its time, and an evaluation must not take longer than the training did.
    /// <inheritdoc/>
    public override int EvaluationInstances => MaxLanes == int.MaxValue ? base.EvaluationInstances : 100;

    /// <summary>Lanes whose numbers lie on a device; null where the task has none for it.</summary>
    /// <param name="device">The device.</param>
    /// <param name="count">N, at least 1.</param>
    public virtual DeviceLanes? CreateDeviceLanes(Device device, int count) => null;

    /// <summary>Room for N trials in lock-step.</summary>
    /// <param name="count">N, from 1 to <see cref="MaxLanes"/>.</param>
    public abstract Lanes CreateLanes(int count);

    /// <summary>
    /// Makes a task of an ordinary environment with reset and step:
    /// <code>
    /// var task = TaskDistribution.FromEnvironment(
    ///     "my-maze", ObservationSpace.Vector(4), actions: 3, episodes: 5, maxStepsPerEpisode: 100,
    ///     () => new MyMaze());
    /// </code>
    /// A trial is over after its last episode; until the rollout ends, that lane's actions are then ignored, its
    /// rewards and observations are 0 and its ending is <see cref="Endings.TrialEnded"/> alone. An episode that takes
    /// the most steps without terminating is truncated. A reward or an observation that is not finite stops everything.
    /// </summary>
    /// <param name="name">The task's name.</param>
    /// <param name="observation">What the environment shows.</param>
    /// <param name="actions">What an agent decides; a whole number stands for so many actions.</param>
    /// <param name="episodes">The episodes of a trial, n, at least 1.</param>
    /// <param name="maxStepsPerEpisode">The steps after which an episode is cut, at least 1.</param>
    /// <param name="create">Makes one environment; called once for each lane.</param>
    /// <param name="masks">
    /// Whether the environment says at each step which options are allowed (<see cref="SingleEnvironment.Allowed"/>).
    /// </param>
    /// <exception cref="OptionException">A number is too small.</exception>
    public static TaskDistribution FromEnvironment(
        string name, ObservationSpace observation, ActionSpace actions, int episodes, int maxStepsPerEpisode,
        Func<SingleEnvironment> create, bool masks = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(create);
        Require.AtLeast("episodes", episodes, 1);
        Require.AtLeast("maxStepsPerEpisode", maxStepsPerEpisode, 1);
        return new EnvironmentTask(name, observation, actions, episodes, maxStepsPerEpisode, create, masks);
    }
}

/// <summary>
/// N trials in lock-step. The caller owns all buffers; the lanes write into them. Neither method allocates.
/// </summary>
public abstract class Lanes
{
    /// <summary>The number of lanes, N.</summary>
    public abstract int Count { get; }

    /// <summary>
    /// Begins a new trial in every lane. Lane i plays the trial numbered <paramref name="firstTrial"/> + i of the
    /// seed: its task and all that its environment draws are functions of (seed, trial) alone.
    /// </summary>
    /// <param name="seed">The seed of the run or of the evaluation.</param>
    /// <param name="firstTrial">The number of lane 0's trial.</param>
    /// <param name="observations">Receives the first observations, [N, Width].</param>
    public abstract void Begin(ulong seed, ulong firstTrial, Span<float> observations);

    /// <summary>Takes one step in every lane.</summary>
    /// <param name="actions">What was decided in each lane, as the task's <see cref="TaskDistribution.Action"/> says;
    /// with one choice, <c>actions[lane]</c> is 0 … A − 1.</param>
    /// <param name="observations">
    /// Receives the next observations, [N, Width]; after an episode's last step, the next episode's first.
    /// </param>
    /// <param name="rewards">Receives the rewards, [N].</param>
    /// <param name="endings">
    /// Receives what ended, [N]. A lane whose trial is over keeps <see cref="Endings.TrialEnded"/> until the next trial
    /// begins; its rewards are 0 and its actions are ignored.
    /// </param>
    public abstract void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings);

    /// <summary>
    /// Which options may be chosen next: asked for before each step where the task's
    /// <see cref="TaskDistribution.Masks"/> is true, and nowhere else. Each choice of a lane whose trial goes on must
    /// have an option left.
    /// </summary>
    /// <param name="allowed">Receives [N, A]; holds true everywhere before.</param>
    public virtual void Allowed(Span<bool> allowed)
    {
    }

    /// <summary>Whether <see cref="Regrets"/> can be asked for.</summary>
    public virtual bool KnowsRegrets => false;

    /// <summary>
    /// What the last step's action cost against the best play by someone who knows the task, without the luck of the
    /// reward and of the next state: V*(s) − Q*(s, a), where V* and Q* are the known task's best expected rewards to
    /// the end of the episode. A lane whose trial is over has 0.
    /// <para>In expectation, and without discount, the regrets of a trial add up to the best possible total less the
    /// total reward (the performance-difference lemma, Kakade and Langford 2002), so to minimise the one
    /// maximises the other; but the differences between easy and hard tasks, and most of the luck, are gone. For
    /// training only; no agent sees them.</para>
    /// </summary>
    /// <param name="regrets">Receives the regrets, [N], at least 0.</param>
    /// <exception cref="NotSupportedException"><see cref="KnowsRegrets"/> is false.</exception>
    public virtual void Regrets(Span<float> regrets) =>
        throw new NotSupportedException("these lanes cannot say what an action cost");

    /// <summary>
    /// Whether a lane can begin its next trial while the others go on with theirs (<see cref="BeginLane"/>).
    /// </summary>
    public virtual bool BeginsLanesApart => false;

    /// <summary>
    /// Begins a new trial in one lane alone, of the seed with which all began. An algorithm that learns from windows
    /// of steps goes on this way, without waiting for the longest trial.
    /// </summary>
    /// <param name="lane">0 … N − 1.</param>
    /// <param name="trial">The number of the trial.</param>
    /// <param name="observations">[N, Width], of which the lane's own row receives the first observation.</param>
    /// <exception cref="NotSupportedException"><see cref="BeginsLanesApart"/> is false.</exception>
    public virtual void BeginLane(int lane, ulong trial, Span<float> observations) =>
        throw new NotSupportedException("these lanes begin their trials all at once");

    /// <summary>Whether <see cref="LastObservation"/> can be asked for.</summary>
    public virtual bool KnowsLastObservations => false;

    /// <summary>
    /// What the episode that ended with a lane's last step would have shown next. <see cref="Step"/> already shows the
    /// next episode there; an algorithm that bootstraps at a limit of time needs the state at the cut.
    /// </summary>
    /// <param name="lane">A lane whose episode ended with the last step.</param>
    /// <param name="observation">Receives it, [Width].</param>
    /// <exception cref="NotSupportedException"><see cref="KnowsLastObservations"/> is false.</exception>
    public virtual void LastObservation(int lane, Span<float> observation) =>
        throw new NotSupportedException("these lanes do not keep the last observation of an episode");

    /// <summary>
    /// What the simulator knows of the task before the next action and no agent sees, such as what each action would
    /// cost. For value networks in training only: a baseline may know anything but the action itself. Where there are
    /// as many numbers as actions, they are what each action would cost.
    /// </summary>
    /// <param name="numbers">Receives [N, P], P the task's <see cref="TaskDistribution.PrivilegedWidth"/>.</param>
    public virtual void Privileged(Span<float> numbers)
    {
    }
}
