using System.Diagnostics;
using System.Globalization;
using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>Options of a <see cref="TaskCheck"/>.</summary>
public sealed record TaskCheckOptions
{
    /// <summary>The trials that are played side by side, N; at least 2.</summary>
    public int Lanes { get; init => field = Require.AtLeast("lanes", value, 2); } = 4;

    /// <summary>The seed of the trials and of the random actions.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The most steps of a trial that are played; at least 1. Few: what is wrong later is not seen.</summary>
    public int MaxSteps { get; init => field = Require.AtLeast("max-steps", value, 1); } = 10_000;
}

/// <summary>Something that a <see cref="TaskCheck"/> found.</summary>
/// <param name="IsError">Whether the task is broken; else it is merely worth knowing.</param>
/// <param name="Message">What is wrong, where, and what would be right.</param>
/// <param name="Failure">What the task threw, or null.</param>
public sealed record TaskFinding(bool IsError, string Message, Exception? Failure = null);

/// <summary>What a <see cref="TaskCheck"/> found.</summary>
/// <param name="Trials">The trials that were played with random actions.</param>
/// <param name="Steps">The first so many steps of each were played: all, unless a trial is longer than that.</param>
/// <param name="MeanReturn">The mean over trials of the sum of a trial's rewards.</param>
/// <param name="LowestReward">The lowest reward.</param>
/// <param name="HighestReward">The highest reward.</param>
/// <param name="StepsPerSecond">Steps of one lane per second, in one thread, without any agent.</param>
/// <param name="Findings">What was found; an error ends the check.</param>
public sealed record TaskReport(
    int Trials, int Steps, double MeanReturn, double LowestReward, double HighestReward, double StepsPerSecond,
    IReadOnlyList<TaskFinding> Findings)
{
    /// <summary>What is broken, or null.</summary>
    public TaskFinding? Error => Findings.FirstOrDefault(finding => finding.IsError);

    /// <summary>What is merely worth knowing.</summary>
    public IEnumerable<TaskFinding> Warnings => Findings.Where(finding => !finding.IsError);
}

/// <summary>
/// Tries a task out with random actions, for its author: whether it keeps to what
/// <see cref="TaskDistribution"/> and <see cref="Lanes"/> promise. The same trials are played in lock-step by N lanes,
/// by N more that have played something else before, and by lanes of one trial each. All must agree bit for bit, or
/// else a trial is no function of its seed and number, and no figure of it could be repeated.
/// </summary>
public static class TaskCheck
{
    /// <summary>Tries a task out.</summary>
    /// <param name="task">What is tried.</param>
    /// <param name="options">How much of it.</param>
    /// <param name="entry">The entry that made it, whose options it must be able to repeat; or null.</param>
    public static TaskReport Run(TaskDistribution task, TaskCheckOptions? options = null, TaskEntry? entry = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        var trial = new Rehearsal(task, options ?? new());
        try
        {
            trial.LookAtSpaces();
            trial.LookAtSettings(entry);
            trial.Play();
            trial.Measure();
        }
        catch (BrokenTaskException broken)
        {
            trial.Findings.Add(new TaskFinding(true, broken.Message, broken.InnerException));
        }
        return trial.Report();
    }
}

/// <summary>What is wrong with a task, in words for its author.</summary>
sealed class BrokenTaskException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The plays of one check.</summary>
sealed class Rehearsal(TaskDistribution task, TaskCheckOptions options)
{
    // A NaN that no arithmetic makes: where it still stands, nothing was written.
    const int unwritten = 0x7fc0_1e57;
    const Endings unwrittenEnding = (Endings)0xaa;
    const float large = 100;

    readonly int N = options.Lanes, W = task.Observation.Width, T = Math.Min(task.TrialLength, options.MaxSteps);
    double sum, lowest = double.PositiveInfinity, highest = double.NegativeInfinity, stepsPerSecond;
    float largestObservation;
    int played;

    public List<TaskFinding> Findings { get; } = [];

    public TaskReport Report() => new(
        played, T, played > 0 ? sum / played : 0, played > 0 ? lowest : 0, played > 0 ? highest : 0, stepsPerSecond,
        Findings);

    public void LookAtSpaces()
    {
        if (string.IsNullOrEmpty(task.Name))
            throw new BrokenTaskException("the task's Name is empty; give it one, such as my-maze");
        if (task.TrialLength < 1)
            throw new BrokenTaskException($"TrialLength is {task.TrialLength}; a trial has at least 1 step");
        if (task.Action.Size + task.Action.Numbers < 1 || task.Action.Choices > task.Action.Size)
        {
            throw new BrokenTaskException("Action leaves nothing to decide; return a number of actions, " +
                "ActionSpace.MultiDiscrete(…) or ActionSpace.Continuous(…)");
        }
        if (task.Observation.Kind != ObservationKind.Nothing && task.Observation.Size < 1)
        {
            throw new BrokenTaskException($"Observation has {task.Observation.Size} " +
                $"{(task.Observation.Kind == ObservationKind.Discrete ? "states" : "numbers")}; it needs at least 1, " +
                "or return ObservationSpace.Nothing");
        }
    }

    public void LookAtSettings(TaskEntry? entry)
    {
        if (entry is null || entry.Options.Settings.Count == 0)
            return;
        foreach (Setting setting in entry.Options.Settings)
        {
            if (!task.Settings.Any(assignment => assignment.Key == setting.Name))
            {
                throw new BrokenTaskException($"Settings does not tell the option {setting.Name}, so that a run " +
                    "could not be resumed with it; return Table.Show(Options)");
            }
        }
        if (!entry.Create(task.Settings).Settings.SequenceEqual(task.Settings))
        {
            throw new BrokenTaskException("a task that is made again from its Settings has others; " +
                "make it from exactly the options that Settings shows");
        }
    }

    /// <summary>Plays the same trials in all ways at once.</summary>
    public void Play()
    {
        Group main = Make(N), again = Make(N);
        Group[] alone = [.. Enumerable.Range(0, N).Select(_ => Make(1))];
        var player = new RandomAgent().CreatePlayer(task, N);

        // What was played before must not show.
        PlayAll(again, player, firstTrial: 1000);

        Begin(main, firstTrial: 0);
        Begin(again, firstTrial: 0);
        for (int lane = 0; lane < N; lane++)
            Begin(alone[lane], firstTrial: (ulong)lane);
        Compare(main, again, alone, -1);
        var actions = new ActionBuffer(task.Action, N);
        var previous = new ActionBuffer(task.Action, N);
        bool[] over = new bool[N], allowed = new bool[task.Masks ? N * task.Actions : 0];
        player.Begin(options.Seed, 0);
        for (int t = 0; t < T && over.Contains(false); t++)
        {
            Decide(main, player, previous, actions, allowed, t);
            Step(main, actions.Span, over, t);
            Step(again, actions.Span, over, t);
            for (int lane = 0; lane < N; lane++)
                Step(alone[lane], ((ReadOnlyActionSpan)actions.Span).Lane(lane, task.Action), [over[lane]], t);
            Compare(main, again, alone, t);
            for (int lane = 0; lane < N; lane++)
            {
                sum += main.Rewards[lane];
                lowest = over[lane] ? lowest : Math.Min(lowest, main.Rewards[lane]);
                highest = over[lane] ? highest : Math.Max(highest, main.Rewards[lane]);
                over[lane] |= (main.Endings[lane] & Endings.TrialEnded) != 0;
            }
            if (t == task.TrialLength - 1 && Array.IndexOf(over, false) is >= 0 and var left)
            {
                throw new BrokenTaskException($"the trial of lane {left} goes on after {task.TrialLength} steps, its " +
                    "TrialLength; add Endings.TrialEnded to its last step, or return a longer TrialLength");
            }
            (previous, actions) = (actions, previous);
        }
        played = N;
    }

    /// <summary>Plays once more, to find what a step costs.</summary>
    public void Measure()
    {
        Group group = Make(N);
        var player = new RandomAgent().CreatePlayer(task, N);
        PlayAll(group, player, firstTrial: 2000);
        (long bytes, long ticks, long steps) = PlayAll(group, player, firstTrial: 3000);
        stepsPerSecond = steps * N / Math.Max(1e-9, Stopwatch.GetElapsedTime(0, ticks).TotalSeconds);
        if (bytes / steps > 0)
        {
            Warn($"a step of {N} lanes allocates {bytes / steps:N0} bytes, which costs speed; " +
                "keep arrays and lists in fields, and avoid LINQ, closures and boxing in Step");
        }
        double largestReward = Math.Max(Math.Abs(lowest), Math.Abs(highest));
        if (largestReward > large)
        {
            Warn($"rewards are as large as {Text(largestReward)}; networks see the last reward as it is and learn " +
                "best from numbers around 1, so divide it, or train rl2 with normalise-reward-inputs=true");
        }
        if (largestObservation > large && task.Observation.Kind == ObservationKind.Vector)
        {
            Warn($"observations are as large as {Text(largestObservation)}; networks see them as they are and learn " +
                "best from numbers around 1, so divide them");
        }
    }

    void Warn(string message) => Findings.Add(new TaskFinding(false, message));

    Group Make(int count)
    {
        Lanes? lanes = Try("CreateLanes", null, () => task.CreateLanes(count));
        if (lanes is null)
            throw new BrokenTaskException($"CreateLanes({count}) returns null; return the lanes");
        return lanes.Count == count ? new Group(lanes, W) : throw new BrokenTaskException(
            $"CreateLanes({count}) returns lanes whose Count is {lanes.Count}; it must be {count}");
    }

    void Begin(Group group, ulong firstTrial)
    {
        Array.Fill(group.Observations, BitConverter.Int32BitsToSingle(unwritten));
        Array.Clear(group.Rewards);
        Array.Fill(group.Endings, Endings.Terminated);
        Try("Begin", null, () =>
        {
            group.Lanes.Begin(options.Seed, firstTrial, group.Observations);
            return 0;
        });
        for (int lane = 0; lane < group.Lanes.Count; lane++)
            LookAtObservation(group, lane, "Begin");
    }

    void Decide(Group group, Player player, ActionBuffer previous, ActionBuffer actions, bool[] allowed, int t)
    {
        if (task.Masks)
        {
            try
            {
                Try("Allowed", t, () =>
                {
                    ActionMasks.Ask(task, group.Lanes, group.Endings, allowed, t);
                    return 0;
                });
            }
            catch (BrokenTaskException broken) when (broken.InnerException is InvalidDataException { Message: var why })
            {
                throw new BrokenTaskException(why);
            }
        }
        player.Act(new Percept
        {
            Step = t,
            Observations = group.Observations,
            PreviousActions = previous.Span,
            PreviousRewards = group.Rewards,
            PreviousEndings = group.Endings,
            Allowed = allowed,
        }, actions.Span);
    }

    void Step(Group group, ReadOnlyActionSpan actions, ReadOnlySpan<bool> over, int t)
    {
        Array.Fill(group.Observations, BitConverter.Int32BitsToSingle(unwritten));
        Array.Fill(group.Rewards, BitConverter.Int32BitsToSingle(unwritten));
        Array.Fill(group.Endings, unwrittenEnding);
        try
        {
            group.Lanes.Step(actions, group.Observations, group.Rewards, group.Endings);
        }
        catch (Exception failure)
        {
            throw Threw("Step", t, failure);
        }
        for (int lane = 0; lane < group.Lanes.Count; lane++)
        {
            LookAtReward(group, lane, over[lane], t);
            LookAtEnding(group, lane, over[lane], t);
            if ((group.Endings[lane] & Endings.TrialEnded) == 0)
                LookAtObservation(group, lane, $"Step {t}");
        }
    }

    // Without a look at anything but the cost.
    (long Bytes, long Ticks, long Steps) PlayAll(Group group, Player player, ulong firstTrial)
    {
        ActionBuffer previous = new(task.Action, N), actions = new(task.Action, N);
        bool[] allowed = new bool[task.Masks ? N * task.Actions : 0];
        Begin(group, firstTrial);
        player.Begin(options.Seed, firstTrial);
        (long bytes, long ticks, int t) = (0, 0, 0);
        while (t < T && group.Endings.Any(ending => (ending & Endings.TrialEnded) == 0))
        {
            Decide(group, player, previous, actions, allowed, t);
            long before = GC.GetAllocatedBytesForCurrentThread(), start = Stopwatch.GetTimestamp();
            try
            {
                group.Lanes.Step(actions.Span, group.Observations, group.Rewards, group.Endings);
            }
            catch (Exception failure)
            {
                throw Threw("Step", t, failure);
            }
            (ticks, bytes) = (ticks + Stopwatch.GetTimestamp() - start,
                bytes + GC.GetAllocatedBytesForCurrentThread() - before);
            (previous, actions, t) = (actions, previous, t + 1);
        }
        return (bytes, ticks, Math.Max(1, t));
    }

    void LookAtObservation(Group group, int lane, string where)
    {
        ReadOnlySpan<float> numbers = group.Observations.AsSpan(lane * W, W);
        for (int i = 0; i < W; i++)
        {
            float number = numbers[i];
            string which = $"number {i} of the {W} that lane {lane} shows";
            if (BitConverter.SingleToInt32Bits(number) == unwritten)
                throw new BrokenTaskException($"{where} does not write {which}; write all of them each time");
            if (!float.IsFinite(number))
            {
                throw new BrokenTaskException(
                    $"{where} writes {Text(number)} as {which}; only finite numbers can be seen");
            }
            int limit = task.Observation.Kind switch
            {
                ObservationKind.Discrete => task.Observation.Size - 1,
                ObservationKind.Image => 255,
                _ => -1,
            };
            if (limit >= 0 && (number != MathF.Floor(number) || number < 0 || number > limit))
            {
                throw new BrokenTaskException(
                    $"{where} writes {Text(number)} as {which}; it must be a whole number from 0 to {limit}");
            }
            largestObservation = Math.Max(largestObservation, Math.Abs(number));
        }
    }

    static void LookAtReward(Group group, int lane, bool over, int t)
    {
        float reward = group.Rewards[lane];
        if (BitConverter.SingleToInt32Bits(reward) == unwritten)
            throw Unwritten(t, "reward", lane);
        if (!float.IsFinite(reward))
        {
            throw new BrokenTaskException(
                $"Step {t} gives lane {lane} the reward {Text(reward)}; only finite rewards can be learned from");
        }
        if (over && reward != 0)
        {
            throw new BrokenTaskException($"Step {t} gives lane {lane} the reward {Text(reward)} after its trial is " +
                "over; it must be 0 until the next trial begins");
        }
    }

    static void LookAtEnding(Group group, int lane, bool over, int t)
    {
        Endings ending = group.Endings[lane];
        if ((ending & ~(Endings.EpisodeEnded | Endings.TrialEnded)) != 0)
            throw Unwritten(t, "ending", lane);
        if (over && ending != Endings.TrialEnded)
        {
            throw new BrokenTaskException($"Step {t} gives lane {lane} the ending {ending} after its trial is over; " +
                "it must be TrialEnded alone until the next trial begins");
        }
        if (!over && (ending & Endings.EpisodeEnded) == Endings.EpisodeEnded)
        {
            throw new BrokenTaskException($"Step {t} says that the episode of lane {lane} both terminated and was " +
                "truncated; it is one of them: Terminated by the task's rules, Truncated by a limit of time");
        }
        if (!over && ending == Endings.TrialEnded)
        {
            throw new BrokenTaskException($"Step {t} ends the trial of lane {lane} and not its episode; " +
                "write Endings.Terminated | Endings.TrialEnded, or Truncated in place of Terminated");
        }
    }

    void Compare(Group main, Group again, Group[] alone, int t)
    {
        string when = t < 0 ? "at the beginning" : $"after step {t}";
        for (int lane = 0; lane < N; lane++)
        {
            if (Difference(main, lane, again, lane) is { } difference)
            {
                throw new BrokenTaskException($"the same seed and trial play differently a second time: {when}, lane " +
                    $"{lane}, {difference}; draw from (seed, trial) alone, and let Begin forget all that was before");
            }
        }
        for (int lane = 0; lane < N; lane++)
        {
            if (Difference(main, lane, alone[lane], 0) is { } difference)
            {
                throw new BrokenTaskException($"trial {lane} plays differently alone than as lane {lane} of {N}: " +
                    $"{when}, {difference}; lanes must share nothing, and lane i plays trial firstTrial + i");
            }
        }
    }

    string? Difference(Group one, int lane, Group other, int otherLane)
    {
        (float reward, float otherReward) = (one.Rewards[lane], other.Rewards[otherLane]);
        if (BitConverter.SingleToInt32Bits(reward) != BitConverter.SingleToInt32Bits(otherReward))
            return $"the reward is {Text(reward)} and {Text(otherReward)}";
        (Endings ending, Endings otherEnding) = (one.Endings[lane], other.Endings[otherLane]);
        if (ending != otherEnding)
            return $"the ending is {ending} and {otherEnding}";
        if ((ending & Endings.TrialEnded) != 0)
            return null;
        ReadOnlySpan<float> seen = one.Observations.AsSpan(lane * W, W);
        ReadOnlySpan<float> otherSeen = other.Observations.AsSpan(otherLane * W, W);
        int place = seen.CommonPrefixLength(otherSeen);
        return place == W ? null
            : $"number {place} of the observation is {Text(seen[place])} and {Text(otherSeen[place])}";
    }

    static BrokenTaskException Unwritten(int t, string what, int lane) =>
        new($"Step {t} does not write the {what} of lane {lane}; write one for each lane");

    static TResult Try<TResult>(string where, int? t, Func<TResult> call)
    {
        try
        {
            return call();
        }
        catch (Exception failure)
        {
            throw Threw(where, t, failure);
        }
    }

    // What is not finite has been found and named already.
    static BrokenTaskException Threw(string where, int? t, Exception failure) => new(
        failure is NonFiniteException ? failure.Message
        : $"{where} throws {failure.GetType().Name}{(t is { } step ? $" at step {step}" : "")}: " +
        failure.Message.TrimEnd('.'), failure);

    static string Text(double number) => number.ToString("G6", CultureInfo.InvariantCulture);

    /// <summary>Lanes with their buffers, each exactly as long as the lanes may write.</summary>
    sealed class Group(Lanes lanes, int width)
    {
        public Lanes Lanes => lanes;
        public float[] Observations { get; } = new float[lanes.Count * width];
        public float[] Rewards { get; } = new float[lanes.Count];
        public Endings[] Endings { get; } = new Endings[lanes.Count];
    }
}
