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
    ActionBuffer previous = new(task.Action, lanes);
    int firstLane;                                                                  // for messages

    /// <summary>The trials.</summary>
    public Lanes Lanes { get; } = task.CreateLanes(lanes);

    /// <summary>The agent's memory of them.</summary>
    public Player Player { get; } = agent.CreatePlayer(task, lanes);

    /// <summary>Steps taken since the trials began.</summary>
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
    public Percept Seen => new()
    {
        Step = Steps,
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
        Array.Fill(endings, Tasks.Endings.Terminated);
        Lanes.Begin(seed, firstTrial, observations);
        Incoming.RequireObservations(task, observations, step: 0, firstLane);
        Player.Begin(seed, firstTrial);
    }

    /// <summary>Lets the agent decide; false when all trials are over.</summary>
    /// <exception cref="InvalidDataException">It decided what cannot be.</exception>
    public bool Decide()
    {
        if (Steps == task.TrialLength || AllAreOver())
            return false;
        if (task.Masks)
            ActionMasks.Ask(task, Lanes, endings, allowed, Steps, firstLane);
        (previous, Actions) = (Actions, previous);
        Player.Act(Seen, Actions.Span);
        if (checksActions)
            Incoming.RequireActions(agent, task.Action, Actions.Span, allowed, endings, Steps);
        return true;
    }

    /// <summary>Does what was decided.</summary>
    /// <exception cref="NonFiniteException">A reward or an observation was a NaN or an infinity.</exception>
    /// <exception cref="InvalidDataException">An observation was not of its space.</exception>
    public void Step()
    {
        Lanes.Step(Actions.Span, observations, rewards, endings);
        Incoming.RequireRewards(task, rewards, Steps, firstLane);
        Incoming.RequireObservations(task, observations, Steps, firstLane);
        Steps++;
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
