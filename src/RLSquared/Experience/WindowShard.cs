using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Experience;

/// <summary>
/// A fixed share of the lanes of a <see cref="WindowCollector"/>: tasks in the middle of their trials, with all that
/// one thread needs to play on from there and to learn.
/// </summary>
internal sealed class WindowShard : IDisposable
{
    readonly TaskDistribution task;
    readonly int lanesOfAll;                                    // N: a lane's trials are numbered N apart
    readonly float[] observations, rewards, last;               // [B, Width], [B], [B, Width]
    readonly Endings[] endings;                                 // [B], of the last step
    readonly uint[] steps;                                      // [B], within the trial
    readonly bool[] allowed;                                    // [B, A], or nothing
    readonly List<int>[] choices;                               // [B], of each lane's trial so far
    readonly List<float>[] numbers;                             // [B], the same
    ActionBuffer previous;
    bool hasBegun;

    public WindowShard(TaskDistribution task, Policy policy, int first, int end, int lanesOfAll)
    {
        (this.task, First, Count, this.lanesOfAll) = (task, first, end - first, lanesOfAll);
        Lanes = task.CreateLanes(Count);
        Player = new PolicyPlayer(policy, Count) { KeepsLogProbabilities = true };
        observations = new float[Count * task.Observation.Width];
        last = new float[observations.Length];
        rewards = new float[Count];
        endings = new Endings[Count];
        steps = new uint[Count];
        allowed = new bool[task.Masks ? Count * task.Actions : 0];
        choices = [.. Enumerable.Range(0, Count).Select(_ => new List<int>())];
        numbers = [.. Enumerable.Range(0, Count).Select(_ => new List<float>())];
        previous = new ActionBuffer(task.Action, Count);
        Actions = new ActionBuffer(task.Action, Count);
        Trials = new ulong[Count];
        Totals = new double[Count];
        Bootstrapped = new bool[Count];
        NextValues = new float[Count];
        for (int i = 0; i < Count; i++)
            Trials[i] = (ulong)(first + i);
    }

    /// <summary>The number of the first lane.</summary>
    public int First { get; }

    /// <summary>Lanes, B.</summary>
    public int Count { get; }

    public Lanes Lanes { get; }

    public PolicyPlayer Player { get; }

    /// <summary>Where values are found and losses are computed.</summary>
    public Tape Tape { get; } = new(new Arena());

    /// <summary>The trial of each lane, [B].</summary>
    public ulong[] Trials { get; }

    /// <summary>What each lane's trial has brought so far, [B].</summary>
    public double[] Totals { get; }

    /// <summary>What was decided last.</summary>
    public ActionBuffer Actions { get; private set; }

    /// <summary>Lanes whose episode was cut at the last step, [B], and the values of their states at the cut.</summary>
    public bool[] Bootstrapped { get; }

    /// <summary>See <see cref="Bootstrapped"/>, [B].</summary>
    public float[] NextValues { get; }

    public ReadOnlySpan<float> Rewards => rewards;

    public ReadOnlySpan<Endings> Endings => endings;

    public ReadOnlySpan<bool> Allowed => allowed;

    /// <summary>What the policy saw when it decided last, until the step that follows.</summary>
    public Percept Seen => SeenIn(observations, previous);

    /// <summary>The number of each lane's step within its trial, [B].</summary>
    public ReadOnlySpan<uint> Steps => steps;

    /// <summary>The trials that ended in this window, and what they brought together.</summary>
    public (int Trials, double Total) Finished { get; private set; }

    /// <summary>Whether a lane's trial was over before the step that was taken last.</summary>
    public bool WasOver(int lane) => endings[lane] == Tasks.Endings.TrialEnded;

    /// <summary>Readies the player, with the weights as they are now, for steps from where the lanes are.</summary>
    public void BeginWindow(ulong seed)
    {
        Player.Begin(seed, 0);
        for (int i = 0; i < Count; i++)
            Player.BeginLane(i, Trials[i]);
        Finished = default;
        if (!hasBegun)
            BeginAll(seed);
        hasBegun = true;
    }

    /// <summary>All lanes begin the trials that they have by number.</summary>
    void BeginAll(ulong seed)
    {
        Lanes.Begin(seed, Trials[0], observations);
        for (int i = 0; i < Count; i++)
            NoteBeginning(i);
        Incoming.RequireObservations(task, observations, step: 0, First);
    }

    /// <summary>Gives up the trials that are under way: a peer that plays them is gone. The next ones begin.</summary>
    public void Interrupt()
    {
        for (int i = 0; i < Count; i++)
            Trials[i] += (ulong)lanesOfAll;
        hasBegun = false;
    }

    // A lane at its trial's first step: nothing was done or paid, and an episode counts as ended.
    void NoteBeginning(int lane)
    {
        (steps[lane], rewards[lane], endings[lane], Totals[lane]) = (0, 0, Tasks.Endings.Terminated, 0);
        int K = task.Action.Choices, C = task.Action.Numbers;
        Actions.Choices.AsSpan(lane * K, K).Clear();
        Actions.Numbers.AsSpan(lane * C, C).Clear();
        choices[lane].Clear();
        numbers[lane].Clear();
    }

    /// <summary>Decides in all lanes.</summary>
    public void Decide()
    {
        if (task.Masks)
            ActionMasks.Ask(task, Lanes, endings, allowed, (int)steps[0], First);
        (previous, Actions) = (Actions, previous);
        Player.Act(Seen, steps, Actions.Span);
    }

    Percept SeenIn(float[] observations, ActionBuffer previous) => new()
    {
        Step = 0,
        Observations = observations,
        PreviousActions = previous.Span,
        PreviousRewards = rewards,
        PreviousEndings = endings,
        Allowed = allowed,
    };

    /// <summary>Does what was decided, and finds the values of states at which an episode was cut.</summary>
    /// <param name="policy">Who plays.</param>
    public void Step(Policy policy)
    {
        Lanes.Step(Actions.Span, observations, rewards, endings);
        RequireGood();
        int K = task.Action.Choices, C = task.Action.Numbers, W = task.Observation.Width;
        bool any = false;
        for (int i = 0; i < Count; i++)
        {
            Bootstrapped[i] = false;
            if (WasOver(i))
                continue;
            steps[i]++;
            Totals[i] += rewards[i];
            choices[i].AddRange(Actions.Choices.AsSpan(i * K, K));
            numbers[i].AddRange(Actions.Numbers.AsSpan(i * C, C));
            if ((endings[i] & Tasks.Endings.Truncated) != 0 && (endings[i] & Tasks.Endings.Terminated) == 0)
            {
                Bootstrapped[i] = any = true;
                if (Lanes.KnowsLastObservations)
                    Lanes.LastObservation(i, last.AsSpan(i * W, W));
            }
        }
        if (any && Lanes.KnowsLastObservations)
            Values(policy, last);
    }

    // All at once; what fails is looked at lane by lane, because each is at a step of its own.
    void RequireGood()
    {
        int W = task.Observation.Width;
        try
        {
            Incoming.RequireRewards(task, rewards, step: 0);
            Incoming.RequireObservations(task, observations, step: 0);
        }
        catch (Exception bad) when (bad is NonFiniteException or InvalidDataException)
        {
            for (int i = 0; i < Count; i++)
            {
                Incoming.RequireRewards(task, rewards.AsSpan(i, 1), (int)steps[i], First + i);
                Incoming.RequireObservations(task, observations.AsSpan(i * W, W), (int)steps[i], First + i);
            }
            throw;
        }
    }

    /// <summary>Finds the values of the states that all lanes are in, into <see cref="NextValues"/>.</summary>
    public void ValuesNow(Policy policy) => Values(policy, observations);

    // The values of what is seen in all lanes after the last step; only those that are asked for mean something.
    void Values(Policy policy, float[] seen)
    {
        Tape.Reset();
        Tape.Recording = false;
        int G = policy.Row.Groups, D = policy.Row.DenseWidth;
        Indices ones = Tape.Arena.AllocateIndices(Count * G);
        Tensor dense = D == 0 ? default : Tape.Arena.Allocate(new Shape(1, Count, D));
        policy.Row.Encode(SeenIn(seen, Actions), steps, task.TrialLength, ones.Span, D == 0 ? [] : dense.Span);
        var rows = new SequenceInput(1, Count, D == 0 ? default : Tape.Constant(dense), ones, G);
        policy.Values(Tape, new PolicyInput { Rows = rows }).CopyTo(NextValues);
    }

    /// <summary>
    /// Begins the next trial where one is over: at once, or where all are if they only begin together.
    /// </summary>
    public void BeginNext(ulong seed)
    {
        bool allOver = true;
        for (int i = 0; i < Count; i++)
        {
            if ((endings[i] & Tasks.Endings.TrialEnded) == 0)
            {
                allOver = false;
                continue;
            }
            if (!WasOver(i))
                Finished = (Finished.Trials + 1, Finished.Total + Totals[i]);
            if (!Lanes.BeginsLanesApart)
                continue;
            Advance(i);
            Lanes.BeginLane(i, Trials[i], observations);
            NoteBeginning(i);
        }
        if (Lanes.BeginsLanesApart || !allOver)
            return;
        for (int i = 0; i < Count; i++)
            Advance(i);
        BeginAll(seed);
    }

    void Advance(int lane)
    {
        Trials[lane] += (ulong)lanesOfAll;
        Player.BeginLane(lane, Trials[lane]);
    }

    /// <summary>Where the lanes are: each one's trial, and what was done in it so far.</summary>
    public void Write(BinaryWriter writer)
    {
        for (int i = 0; i < Count; i++)
        {
            writer.Write(Trials[i]);
            writer.Write(hasBegun ? (int)steps[i] : 0);
            foreach (int choice in choices[i])
                writer.Write(choice);
            foreach (float number in numbers[i])
                writer.Write(number);
        }
    }

    /// <summary>
    /// Brings the lanes to where others were: what happens in a trial depends on (seed, trial) and on what is done, so
    /// it is enough to do the same again. A lane that has fewer steps behind it than another does its own several
    /// times, and begins anew each time, so that it is done when all are.
    /// </summary>
    /// <exception cref="InvalidDataException">These are no such lanes.</exception>
    public void Read(BinaryReader reader, ulong seed)
    {
        int K = task.Action.Choices, C = task.Action.Numbers, longest = 0;
        int[] ages = new int[Count], at = new int[Count];
        int[][] chosen = new int[Count][];
        float[][] drawn = new float[Count][];
        for (int i = 0; i < Count; i++)
        {
            (Trials[i], ages[i]) = (reader.ReadUInt64(), reader.ReadInt32());
            if (ages[i] < 0 || ages[i] > task.TrialLength)
                throw new InvalidDataException($"lane {First + i} cannot be {ages[i]} steps into its trial");
            chosen[i] = new int[ages[i] * K];
            drawn[i] = new float[ages[i] * C];
            foreach (ref int choice in chosen[i].AsSpan())
                choice = reader.ReadInt32();
            foreach (ref float number in drawn[i].AsSpan())
                number = reader.ReadSingle();
            longest = Math.Max(longest, ages[i]);
        }
        hasBegun = longest > 0 && task.MaxLanes == int.MaxValue;        // games of other processes cannot be repeated
        if (!hasBegun)
            return;
        BeginAll(seed);
        for (int left = longest; left >= 0; left--)
        {
            for (int i = 0; i < Count && Lanes.BeginsLanesApart; i++)
            {
                if (ages[i] == 0 ? left == 0 || left == longest : left == longest || (left > 0 && left % ages[i] == 0))
                {
                    Lanes.BeginLane(i, Trials[i], observations);
                    NoteBeginning(i);
                    at[i] = 0;
                }
            }
            if (left == 0)
                return;
            Repeat(chosen, drawn, ages, at);
        }
    }

    void Repeat(int[][] chosen, float[][] drawn, int[] ages, int[] at)
    {
        int K = task.Action.Choices, C = task.Action.Numbers;
        if (task.Masks)
            ActionMasks.Ask(task, Lanes, endings, allowed, (int)steps[0], First);
        for (int i = 0; i < Count; i++)
        {
            Span<int> choice = Actions.Choices.AsSpan(i * K, K);
            Span<float> number = Actions.Numbers.AsSpan(i * C, C);
            if (at[i] < ages[i])
            {
                chosen[i].AsSpan(at[i] * K, K).CopyTo(choice);
                drawn[i].AsSpan(at[i]++ * C, C).CopyTo(number);
                choices[i].AddRange(choice);
                numbers[i].AddRange(number);
                steps[i]++;
            }
            else
            {
                // A lane that is at its trial's beginning, or over: it does anything that is allowed.
                for (int k = 0; k < K; k++)
                {
                    choice[k] = allowed.Length == 0 ? 0 : allowed.AsSpan(
                        i * task.Actions + task.Action.StartOf(k), task.Action.SizeOf(k)).IndexOf(true);
                }
            }
        }
        Lanes.Step(Actions.Span, observations, rewards, endings);
        for (int i = 0; i < Count; i++)
            Totals[i] += rewards[i];
    }

    public void Dispose()
    {
        Player.Dispose();
        Tape.Arena.Dispose();
    }
}
