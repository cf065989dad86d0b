using RLSquared.Datasets;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>
/// Reaches far goals over recorded places with a policy that knows near goals alone (after the search on the replay
/// buffer, Eysenbach, Salakhutdinov and Levine 2019). Values of hops between M landmarks that are at most so many steps
/// long are put together by the transitive operator on a table (<see cref="TransitiveBackup"/>):
/// <code>
///   W ← max over w of W(·, w) W(w, ·), log₂ M times          W(w, w′) = V(w, w′), 0 beyond a hop
///   aim at   argmax over w of V(s, w) max over w′ of W(w, w′) V(w′, g)
/// </code>
/// and at the goal itself where that is a hop away and no way over a landmark is shorter. A landmark that is not
/// reached in twice the steps of a hop is given up for the episode: the value that leads there is wrong, through a wall
/// perhaps.
/// </summary>
sealed class GoalPlanner
{
    /// <summary>Steps for which an aim is kept.</summary>
    const int Patience = 5;

    readonly GoalInput input;
    readonly Func<Tensor, Tensor, Tensor> policy, values;
    readonly Func<long> version;
    readonly Lock making = new();
    readonly float[] states, goals;             // the landmarks as networks see them, [M, D] and [M, G]
    readonly int M, mostTries;
    readonly double gamma, farthest, nearest;   // values of the longest and of the shortest hop
    readonly int[] first;                       // [M] zeros
    double[] ways = [];                         // [M, M]
    long waysVersion = -1;

    /// <summary>Picks the landmarks.</summary>
    /// <param name="data">Where from.</param>
    /// <param name="input">What networks see.</param>
    /// <param name="policy">That of near goals: from states and goals to means of numbers, or logits.</param>
    /// <param name="values">V(s, g) = γ^steps of states and goals, [n, 1].</param>
    /// <param name="gamma">γ.</param>
    /// <param name="landmarks">M.</param>
    /// <param name="reach">The most steps of a hop.</param>
    /// <param name="version">Of the weights; the table is computed anew for another one.</param>
    /// <param name="seed">Of the landmarks.</param>
    public GoalPlanner(GoalDataset data, GoalInput input, Func<Tensor, Tensor, Tensor> policy,
        Func<Tensor, Tensor, Tensor> values, double gamma, int landmarks, int reach,
        Func<long> version, ulong seed)
    {
        (this.input, this.policy, this.values, this.gamma, this.version) = (input, policy, values, gamma, version);
        (M, first, mostTries) = (landmarks, new int[landmarks], Math.Max(1, 2 * reach / Patience));
        (farthest, nearest) = (Math.Pow(gamma, reach), Math.Pow(gamma, reach / 4.0));
        (states, goals) = (new float[M * input.StateWidth], new float[M * input.GoalWidth]);
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, ulong.MaxValue).Sequence(0);
        Rows = new int[M];
        for (int w = 0; w < M; w++)
        {
            int row = Rows[w] = random.NextInt(data.Rows);
            input.WriteState(data.ObservationOf(row), states.AsSpan(w * input.StateWidth, input.StateWidth));
            Span<float> goal = goals.AsSpan(w * input.GoalWidth, input.GoalWidth);
            if (data.HasGoals)
                input.WriteGoal(data.GoalOf(row), goal);
            else
                input.WriteState(data.GoalOf(row), goal);
        }
    }

    /// <summary>The rows of the set that are landmarks, [M].</summary>
    internal int[] Rows { get; }

    /// <summary>Whoever acts by it.</summary>
    /// <param name="represent">What matters of a goal; null for all of it.</param>
    /// <param name="lanes">The most lanes at once.</param>
    public GoalAct Act(GoalRepresent? represent, int lanes)
    {
        var eyes = new GoalEyes(input, represent, lanes);
        int G = input.GoalWidth;
        double[] onward = new double[lanes * M];        // the value of the best way from a landmark to a lane's goal
        float[] hops = new float[lanes * M], direct = new float[lanes], wanted = new float[lanes * G];
        float[] aims = new float[lanes * G], last = new float[M], fresh = new float[lanes * M], seen = [];
        int[] moved = new int[lanes], tries = new int[lanes * M];
        (int[] laneOf, int[] placeOf) = Pairs(lanes);
        return (in GoalPercept percept, ActionSpan actions) =>
        {
            int N = percept.Lanes, D = percept.Observations.Length / N;
            (Tensor state, Tensor goal) = eyes.See(in percept);
            goal.CopyTo(wanted.AsSpan(0, N * G));
            if (percept.Step == 0)
            {
                double[] known = Ways();
                Array.Clear(tries);
                for (int lane = 0; lane < N; lane++)
                    Onward(eyes.Tape, known, wanted.AsSpan(lane * G, G), last, onward.AsSpan(lane * M, M));
                (state, goal) = eyes.See(in percept);
            }
            if (percept.Step % Patience == 0)
            {
                // A lane that has not moved has the hops that it had: most are at their goals in the end.
                int count = 0;
                for (int lane = 0; lane < N; lane++)
                {
                    if (percept.Step > 0 && percept.Observations.Slice(lane * D, D)
                        .SequenceEqual(seen.AsSpan(lane * D, D)))
                    {
                        continue;
                    }
                    laneOf.AsSpan(count * M, M).Fill(lane);
                    moved[count++] = lane;
                }
                if (seen.Length < N * D)
                    seen = new float[N * D];
                percept.Observations.CopyTo(seen);
                values(state, goal).CopyTo(direct.AsSpan(0, N));
                if (count > 0)
                {
                    Hops(eyes.Tape, state, laneOf.AsSpan(0, count * M), placeOf.AsSpan(0, count * M)).CopyTo(
                        fresh.AsSpan(0, count * M));
                    for (int k = 0; k < count; k++)
                        fresh.AsSpan(k * M, M).CopyTo(hops.AsSpan(moved[k] * M, M));
                }
                for (int lane = 0; lane < N; lane++)
                {
                    Span<double> ahead = onward.AsSpan(lane * M, M);
                    int aim = Aim(hops.AsSpan(lane * M, M), ahead, direct[lane]);
                    GiveUp(aim, tries.AsSpan(lane * M, M), ahead);
                    (aim < 0 ? wanted.AsSpan(lane * G, G) : goals.AsSpan(aim * G, G))
                        .CopyTo(aims.AsSpan(lane * G, G));
                }
            }
            Tensor output = policy(state, eyes.Tape.Constant(new Shape(N, G), aims.AsSpan(0, N * G)));
            output.CopyTo(eyes.Output.AsSpan(0, (int)output.Shape.Count));
            for (int lane = 0; lane < N; lane++)
            {
                GoalActor.Decide(input.Action,
                    eyes.Output.AsSpan(lane * input.ActionWidth, input.ActionWidth), lane, actions);
            }
        };
    }

    /// <summary>The landmark to make for; −1 for the goal itself.</summary>
    /// <param name="hops">V(s, w), [M].</param>
    /// <param name="onward">The value of the best way from w to the goal, [M]; 0 where there is none.</param>
    /// <param name="direct">V(s, g).</param>
    internal int Aim(ReadOnlySpan<float> hops, ReadOnlySpan<double> onward, double direct)
    {
        int aim = -1, far = -1;
        double best = direct >= farthest ? direct : 0, farBest = 0;
        for (int w = 0; w < hops.Length; w++)
        {
            double way = hops[w] * onward[w];
            // Where a landmark is too near, the policy would stand still.
            if (hops[w] >= farthest && hops[w] <= nearest && way > best)
                (aim, best) = (w, way);
            if (hops[w] < farthest && way > farBest)
                (far, farBest) = (w, way);
        }
        return best > 0 ? aim : far;
    }

    /// <summary>Counts decisions for a landmark, and strikes it out for the episode after too many.</summary>
    /// <param name="aim">The landmark, or −1.</param>
    /// <param name="tries">Decisions for each, [M]; changed.</param>
    /// <param name="onward">As above; 0 from now on for a landmark that is given up.</param>
    internal void GiveUp(int aim, Span<int> tries, Span<double> onward)
    {
        if (aim >= 0 && ++tries[aim] >= mostTries)
            onward[aim] = 0;
    }

    /// <summary>max over w′ of W(w, w′) V(w′, g), [M]; and V(w′, g).</summary>
    internal void Onward(
        Tape tape, ReadOnlySpan<double> ways, ReadOnlySpan<float> goal, Span<float> last, Span<double> onward)
    {
        tape.Reset();
        Tensor places = tape.Constant(new Shape(M, input.StateWidth), states);
        Tensor goalRow = tape.Constant(new Shape(1, input.GoalWidth), goal);
        values(places, goalRow.GatherRows(tape.Arena.CopyIndices(first))).CopyTo(last);
        for (int w = 0; w < M; w++)
        {
            double best = 0;
            for (int end = 0; end < M; end++)
            {
                if (last[end] >= farthest)
                    best = Math.Max(best, ways[w * M + end] * last[end]);
            }
            onward[w] = best;
        }
    }

    /// <summary>V(s, w) of all lanes and landmarks, [N, M].</summary>
    Tensor Hops(Tape tape, Tensor state, ReadOnlySpan<int> laneOf, ReadOnlySpan<int> placeOf)
    {
        Tensor landmarks = tape.Constant(new Shape(M, input.GoalWidth), goals);
        return values(state.GatherRows(tape.Arena.CopyIndices(laneOf)),
            landmarks.GatherRows(tape.Arena.CopyIndices(placeOf)));
    }

    /// <summary>The lane and the landmark of each row of hops, [N · M] each.</summary>
    (int[] LaneOf, int[] PlaceOf) Pairs(int lanes)
    {
        int[] laneOf = new int[lanes * M], placeOf = new int[lanes * M];
        for (int row = 0; row < laneOf.Length; row++)
            (laneOf[row], placeOf[row]) = Math.DivRem(row, M);
        return (laneOf, placeOf);
    }

    /// <summary>W: the values of the best ways between landmarks, [M, M], by the weights as they are now.</summary>
    internal double[] Ways()
    {
        lock (making)
        {
            if (waysVersion == version())
                return ways;
            using var arena = new Arena();
            var tape = new Tape(arena) { Recording = false };
            double[] known = new double[M * M], next = new double[M * M];
            float[] row = new float[M];
            (int[] laneOf, int[] placeOf) = Pairs(1);
            for (int w = 0; w < M; w++)
            {
                tape.Reset();
                Hops(tape, tape.Constant(new Shape(1, input.StateWidth),
                    states.AsSpan(w * input.StateWidth, input.StateWidth)), laneOf, placeOf).CopyTo(row);
                for (int to = 0; to < M; to++)
                    known[w * M + to] = to == w ? 1 : row[to] >= farthest ? Math.Min(row[to], gamma) : 0;
            }
            for (int hops = 1; hops < M; hops *= 2)
            {
                TransitiveBackup.Sweep(known, next);
                (known, next) = (next, known);
            }
            (ways, waysVersion) = (known, version());
            return ways;
        }
    }
}
