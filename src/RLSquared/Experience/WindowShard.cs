using RLSquared.Agents;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Experience;

/// <summary>
/// A <see cref="Shard"/> of a <see cref="WindowCollector"/>, whose lanes are in the middle of their trials: it begins
/// the next ones, and knows what was done in those under way, so that they can be saved.
/// </summary>
internal sealed class WindowShard : IDisposable
{
    readonly TaskDistribution task;
    readonly Policy policy;
    readonly Shard shard;
    readonly Game game;
    readonly int lanesOfAll;                                    // N: a lane's trials are numbered N apart
    readonly float[] last;                                      // [B, Width]
    readonly List<int>[] choices;                               // [B], of each lane's trial so far
    readonly List<float>[] numbers;                             // [B], the same
    bool hasBegun;

    public WindowShard(TaskDistribution task, Policy policy, int first, int end, int lanesOfAll)
    {
        (this.task, this.policy, this.lanesOfAll) = (task, policy, lanesOfAll);
        shard = new Shard(task, policy, first, end, lanesApart: true);
        game = shard.Game;
        last = new float[Count * task.Observation.Width];
        choices = [.. Enumerable.Range(0, Count).Select(_ => new List<int>())];
        numbers = [.. Enumerable.Range(0, Count).Select(_ => new List<float>())];
        Trials = new ulong[Count];
        Totals = new double[Count];
        Bootstrapped = new bool[Count];
        NextValues = new float[Count];
        for (int i = 0; i < Count; i++)
            Trials[i] = (ulong)(first + i);
    }

    /// <summary>The number of the first lane.</summary>
    public int First => shard.First;

    /// <summary>Lanes, B.</summary>
    public int Count => shard.Count;

    /// <summary>Where they are played.</summary>
    public Game Game => game;

    /// <summary>Who plays them.</summary>
    public PolicyPlayer Player => shard.Player;

    /// <summary>Where values are found and losses are computed.</summary>
    public Tape Tape => shard.Tape;

    /// <summary>The trial of each lane, [B].</summary>
    public ulong[] Trials { get; }

    /// <summary>What each lane's trial has brought so far, [B].</summary>
    public double[] Totals { get; }

    /// <summary>Lanes whose episode was cut at the last step, [B], and the values of their states at the cut.</summary>
    public bool[] Bootstrapped { get; }

    /// <summary>See <see cref="Bootstrapped"/>, [B].</summary>
    public float[] NextValues { get; }

    /// <summary>The trials that ended in this window, and what they brought together.</summary>
    public (int Trials, double Total) Finished { get; private set; }

    /// <summary>Readies the player, with the weights as they are now, for steps from where the lanes are.</summary>
    public void BeginWindow(ulong seed)
    {
        if (hasBegun)
            Player.Begin(seed, 0);
        else
            BeginAll(seed);
        hasBegun = true;
        for (int i = 0; i < Count; i++)
            Player.BeginLane(i, Trials[i]);
        Finished = default;
    }

    /// <summary>All lanes begin the trials that they have by number.</summary>
    void BeginAll(ulong seed)
    {
        game.Begin(seed, Trials[0], First);
        for (int i = 0; i < Count; i++)
            Forget(i);
    }

    void BeginLane(int lane)
    {
        game.BeginLane(lane, Trials[lane]);
        Forget(lane);
    }

    void Forget(int lane)
    {
        Totals[lane] = 0;
        choices[lane].Clear();
        numbers[lane].Clear();
    }

    /// <summary>Gives up the trials that are under way: a peer that plays them is gone. The next ones begin.</summary>
    public void Interrupt()
    {
        for (int i = 0; i < Count; i++)
            Trials[i] += (ulong)lanesOfAll;
        hasBegun = false;
    }

    /// <summary>Does what was decided, and finds the values of states at which an episode was cut.</summary>
    public void Step()
    {
        game.Step();
        int W = task.Observation.Width;
        bool any = false;
        for (int i = 0; i < Count; i++)
        {
            Bootstrapped[i] = false;
            if (game.WasOver(i))
                continue;
            NoteStep(i);
            Endings ending = game.Endings[i];
            if ((ending & Endings.Truncated) != 0 && (ending & Endings.Terminated) == 0)
            {
                Bootstrapped[i] = any = true;
                if (game.Lanes.KnowsLastObservations)
                    game.Lanes.LastObservation(i, last.AsSpan(i * W, W));
            }
        }
        if (any && game.Lanes.KnowsLastObservations)
            FindValues(last);
    }

    // What a lane has done, and what that brought.
    void NoteStep(int lane)
    {
        int K = task.Action.Choices, C = task.Action.Numbers;
        Totals[lane] += game.Rewards[lane];
        choices[lane].AddRange(game.Actions.Choices.AsSpan(lane * K, K));
        numbers[lane].AddRange(game.Actions.Numbers.AsSpan(lane * C, C));
    }

    /// <summary>Finds the values of the states that all lanes are in, into <see cref="NextValues"/>.</summary>
    public void FindValues() => FindValues(game.Observations);

    // The values of what is seen in all lanes after the last step; only those that are asked for mean something.
    void FindValues(ReadOnlySpan<float> seen)
    {
        Tape.Reset();
        Tape.Recording = false;
        int G = policy.Row.Groups, D = policy.Row.DenseWidth;
        Indices ones = Tape.Arena.AllocateIndices(Count * G);
        Tensor dense = D == 0 ? default : Tape.Arena.Allocate(new Shape(1, Count, D));
        policy.Row.Encode(
            game.Next(seen), game.LaneSteps, task.TrialLength, policy.RewardScaleOn(Tape), ones.Span,
            D == 0 ? [] : dense.Span);
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
            if ((game.Endings[i] & Endings.TrialEnded) == 0)
            {
                allOver = false;
                continue;
            }
            if (!game.WasOver(i))
                Finished = (Finished.Trials + 1, Finished.Total + Totals[i]);
            if (!game.Lanes.BeginsLanesApart)
                continue;
            Advance(i);
            BeginLane(i);
        }
        if (game.Lanes.BeginsLanesApart || !allOver)
            return;
        for (int i = 0; i < Count; i++)
            Trials[i] += (ulong)lanesOfAll;
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
            writer.Write(hasBegun ? (int)game.LaneSteps[i] : 0);
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
            for (int i = 0; i < Count && game.Lanes.BeginsLanesApart; i++)
            {
                if (ages[i] == 0 ? left == 0 || left == longest : left == longest || (left > 0 && left % ages[i] == 0))
                {
                    BeginLane(i);
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
        ActionSpan actions = game.BeginDecision();
        for (int i = 0; i < Count; i++)
        {
            Span<int> choice = actions.Choices.Slice(i * K, K);
            if (at[i] < ages[i])
            {
                chosen[i].AsSpan(at[i] * K, K).CopyTo(choice);
                drawn[i].AsSpan(at[i] * C, C).CopyTo(actions.Numbers[(i * C)..]);
                continue;
            }
            // A lane that is at its trial's beginning, or over: it does anything that is allowed.
            for (int k = 0; k < K; k++)
            {
                choice[k] = game.Allowed.IsEmpty ? 0 : game.Allowed.Slice(
                    i * task.Actions + task.Action.StartOf(k), task.Action.SizeOf(k)).IndexOf(true);
            }
        }
        game.Step();
        for (int i = 0; i < Count; i++)
        {
            if (at[i] < ages[i])
            {
                NoteStep(i);
                at[i]++;
            }
        }
    }

    /// <summary>Returns the memory.</summary>
    public void Dispose() => shard.Dispose();
}
