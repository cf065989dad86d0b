using RLSquared.Tasks;

namespace RLSquared.Agents;

/// <summary>
/// The only playing loop: an agent plays N trials in lock-step, for all who watch or learn from it: trainings,
/// evaluations, transcripts, replays. Who watches looks between the decision and the step that follows from it.
/// <code>
/// game.Begin(seed, firstTrial);
/// while (game.Decide())
///     game.Step();
/// </code>
/// Neither method allocates.
/// </summary>
/// <param name="task">What is played.</param>
/// <param name="agent">Who plays.</param>
/// <param name="lanes">N.</param>
/// <param name="checksActions">Whether what the agent decides is checked; a policy of ours decides what can be.</param>
/// <exception cref="NotSupportedException">The agent cannot play this task.</exception>
public sealed class Game(TaskDistribution task, Agent agent, int lanes, bool checksActions = true) : IDisposable
{
    readonly float[] observations = new float[lanes * task.Observation.Width], rewards = new float[lanes];
    readonly Endings[] endings = new Endings[lanes];
    readonly bool[] allowed = new bool[task.Masks ? lanes * task.Actions : 0];         // [N, A], or nothing
    readonly uint[] laneSteps = new uint[lanes];                                       // where lanes are apart
    ActionBuffer previous = new(task.Action, lanes);
    int firstLane;                                                                  // for messages

    /// <summary>
    /// Whether each lane is at a step of its own, so that the game goes on without end: whoever plays begins the next
    /// trial where one is over (<see cref="BeginLane"/>).
    /// </summary>
    internal bool LanesApart { get; init; }

    /// <summary>The trials.</summary>
    public Lanes Lanes { get; } = task.CreateLanes(lanes);

    /// <summary>The agent's memory of them.</summary>
    public Player Player { get; } = agent.CreatePlayer(task, lanes);

    /// <summary>Steps taken since the trials began, where they begin together.</summary>
    public int Steps { get; private set; }

    /// <summary>What was decided last.</summary>
    public ActionBuffer Actions { get; private set; } = new(task.Action, lanes);

    /// <summary>The present observations, [N, Width].</summary>
    public ReadOnlySpan<float> Observations => observations;

    /// <summary>What the last step brought, [N].</summary>
    public ReadOnlySpan<float> Rewards => rewards;

    /// <summary>What ended with the last step, [N].</summary>
    public ReadOnlySpan<Endings> Endings => endings;

    /// <summary>Which options may be chosen, [N, A]; empty where all of them always may.</summary>
    public ReadOnlySpan<bool> Allowed => allowed;

    /// <summary>What the agent saw when it decided last, until the step that follows.</summary>
    public Percept Seen => See(observations, previous);

    /// <summary>Where lanes are apart, the number of each one's step within its trial, [N].</summary>
    internal ReadOnlySpan<uint> LaneSteps => laneSteps;

    /// <summary>What the agent would see next if it were shown these observations, [N, Width].</summary>
    internal Percept Next(ReadOnlySpan<float> observations) => See(observations, Actions);

    Percept See(ReadOnlySpan<float> observations, ActionBuffer previous) => new()
    {
        Step = LanesApart ? 0 : Steps,
        LaneSteps = LanesApart ? laneSteps : default(ReadOnlySpan<uint>),
        Observations = observations,
        PreviousActions = previous.Span,
        PreviousRewards = rewards,
        PreviousEndings = endings,
        Allowed = allowed,
    };

    /// <summary>Begins a trial in each lane; lane i plays trial <paramref name="firstTrial"/> + i.</summary>
    /// <param name="seed">The seed of the trials, and of what the agent draws.</param>
    /// <param name="firstTrial">The number of lane 0's trial.</param>
    /// <param name="firstLane">What messages call lane 0, where these are some of many lanes.</param>
    /// <exception cref="NonFiniteException">An observation was a NaN or an infinity.</exception>
    /// <exception cref="InvalidDataException">An observation was not of its space.</exception>
    public void Begin(ulong seed, ulong firstTrial, int firstLane = 0)
    {
        this.firstLane = firstLane;
        Steps = 0;
        Actions.Clear();
        Array.Clear(rewards);
        Array.Clear(laneSteps);
        Array.Fill(endings, Tasks.Endings.Terminated);
        Lanes.Begin(seed, firstTrial, observations);
        Incoming.RequireObservations(task, observations, step: 0, firstLane);
        Player.Begin(seed, firstTrial);
    }

    /// <summary>Begins a trial in one lane while the others go on.</summary>
    /// <param name="lane">0 … N − 1.</param>
    /// <param name="trial">The number of the trial.</param>
    /// <exception cref="NonFiniteException">An observation was a NaN or an infinity.</exception>
    /// <exception cref="InvalidDataException">An observation was not of its space.</exception>
    internal void BeginLane(int lane, ulong trial)
    {
        int K = task.Action.Choices, C = task.Action.Numbers, W = task.Observation.Width;
        Lanes.BeginLane(lane, trial, observations);
        Incoming.RequireObservations(task, observations.AsSpan(lane * W, W), step: 0, firstLane + lane);
        (laneSteps[lane], rewards[lane], endings[lane]) = (0, 0, Tasks.Endings.Terminated);
        Actions.Choices.AsSpan(lane * K, K).Clear();
        Actions.Numbers.AsSpan(lane * C, C).Clear();
    }

    /// <summary>Lets the agent decide; false when all trials are over.</summary>
    /// <exception cref="InvalidDataException">It decided what cannot be.</exception>
    public bool Decide()
    {
        if (!LanesApart && (Steps == task.TrialLength || AllAreOver()))
            return false;
        ActionSpan actions = BeginDecision();
        Player.Act(Seen, actions);
        if (checksActions)
            Incoming.RequireActions(agent, task.Action, actions, allowed, endings, Steps);
        return true;
    }

    /// <summary>What <see cref="Decide"/> does before it asks the agent: room for the caller's own decision.</summary>
    internal ActionSpan BeginDecision()
    {
        if (task.Masks)
            ActionMasks.Ask(task, Lanes, endings, allowed, LanesApart ? (int)laneSteps[0] : Steps, firstLane);
        (previous, Actions) = (Actions, previous);
        return Actions.Span;
    }

    /// <summary>Does what was decided.</summary>
    /// <exception cref="NonFiniteException">A reward or an observation was a NaN or an infinity.</exception>
    /// <exception cref="InvalidDataException">An observation was not of its space.</exception>
    public void Step()
    {
        Lanes.Step(Actions.Span, observations, rewards, endings);
        try
        {
            Incoming.RequireRewards(task, rewards, Steps, firstLane);
            Incoming.RequireObservations(task, observations, Steps, firstLane);
        }
        catch (Exception bad) when (LanesApart && bad is NonFiniteException or InvalidDataException)
        {
            RequireEachLane();
            throw;
        }
        if (!LanesApart)
        {
            Steps++;
            return;
        }
        for (int lane = 0; lane < laneSteps.Length; lane++)
            laneSteps[lane] += WasOver(lane) ? 0u : 1;
    }

    /// <summary>Whether a lane's trial was over before the step that was taken last.</summary>
    internal bool WasOver(int lane) => endings[lane] == Tasks.Endings.TrialEnded;

    // What fails is found lane by lane, so that the message names the lane's own step.
    void RequireEachLane()
    {
        int W = task.Observation.Width;
        for (int lane = 0; lane < laneSteps.Length; lane++)
        {
            int step = (int)laneSteps[lane];
            Incoming.RequireRewards(task, rewards.AsSpan(lane, 1), step, firstLane + lane);
            Incoming.RequireObservations(task, observations.AsSpan(lane * W, W), step, firstLane + lane);
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => (Player as IDisposable)?.Dispose();

    bool AllAreOver()
    {
        foreach (Endings ending in endings)
        {
            if ((ending & Tasks.Endings.TrialEnded) == 0)
                return false;
        }
        return true;
    }
}
