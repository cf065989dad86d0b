using RLSquared.Datasets;
using RLSquared.Objectives;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;
using RLSquared.Tensors.Random;

namespace RLSquared.Policies;

/// <summary>
/// Reaches far goals over recorded places with a policy that knows near goals alone (after the search on the replay
/// buffer, Eysenbach, Salakhutdinov and Levine 2019). Values of hops between M landmarks that are at most so many steps
/// long are put together by the transitive operator on a table (<see cref="TransitiveBackup"/>):
/// <code>
///   W ← max over w of W(·, w) W(w, ·), log₂ M times          W(w, w′) = V(w, w′), 0 beyond a hop
///   aim at   argmax over w of V(s, w) max over w′ of W(w, w′) V(w′, g)
/// </code>
/// and at the goal itself where that is a hop away and no way over a landmark is shorter.
/// </summary>
sealed class GoalPlanner
{
    /// <summary>Steps for which an aim is kept.</summary>
    const int Patience = 5;

    readonly GoalInput input;
    readonly GoalActor actor;
    readonly Func<Tensor, Tensor, Tensor, Tensor> values;
    readonly Lock making = new();
    readonly float[] states, goals;             // the landmarks as networks see them, [M, D] and [M, G]
    readonly int M;
    readonly double gamma, farthest, nearest;   // values of the longest and of the shortest hop
    double[] ways = [];                         // [M, M]
    long waysVersion = -1;

    /// <summary>Picks the landmarks.</summary>
    /// <param name="data">Where from.</param>
    /// <param name="input">What networks see.</param>
    /// <param name="actor">The policy of near goals.</param>
    /// <param name="values">V of states, goals and actions, [n, 1].</param>
    /// <param name="gamma">γ.</param>
    /// <param name="landmarks">M.</param>
    /// <param name="reach">The most steps of a hop.</param>
    /// <param name="seed">Of the landmarks.</param>
    public GoalPlanner(GoalDataset data, GoalInput input, GoalActor actor,
        Func<Tensor, Tensor, Tensor, Tensor> values, double gamma, int landmarks, int reach, ulong seed)
    {
        (this.input, this.actor, this.values, this.gamma, M) = (input, actor, values, gamma, landmarks);
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
    /// <param name="version">Of the weights; the table is computed anew for another one.</param>
    public GoalAct Act(GoalRepresent? represent, int lanes, long version)
    {
        double[] ways = Ways(version);
        var eyes = new GoalEyes(input, represent, lanes);
        int G = input.GoalWidth;
        double[] onward = new double[lanes * M];        // the value of the best way from a landmark to a lane's goal
        float[] hops = new float[lanes * M], direct = new float[lanes], wanted = new float[lanes * G];
        float[] aims = new float[lanes * G];
        return (in GoalPercept percept, ActionSpan actions) =>
        {
            int N = percept.Lanes;
            (Tensor state, Tensor goal) = eyes.See(in percept);
            goal.CopyTo(wanted.AsSpan(0, N * G));
            if (percept.Step == 0)
            {
                for (int lane = 0; lane < N; lane++)
                    Onward(eyes.Tape, ways, wanted.AsSpan(lane * G, G), onward.AsSpan(lane * M, M));
                (state, goal) = eyes.See(in percept);
            }
            if (percept.Step % Patience == 0)
            {
                Value(state, goal).CopyTo(direct.AsSpan(0, N));
                Hops(eyes.Tape, state, hops.AsSpan(0, N * M));
                for (int lane = 0; lane < N; lane++)
                {
                    int aim = Aim(hops.AsSpan(lane * M, M), onward.AsSpan(lane * M, M), direct[lane]);
                    (aim < 0 ? wanted.AsSpan(lane * G, G) : goals.AsSpan(aim * G, G))
                        .CopyTo(aims.AsSpan(lane * G, G));
                }
            }
            Tensor output = actor.Forward(state, eyes.Tape.Constant(new Shape(N, G), aims.AsSpan(0, N * G)));
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

    /// <summary>max over w′ of W(w, w′) V(w′, g), [M].</summary>
    void Onward(Tape tape, ReadOnlySpan<double> ways, ReadOnlySpan<float> goal, Span<double> onward)
    {
        tape.Reset();
        Tensor places = tape.Constant(new Shape(M, input.StateWidth), states);
        Tensor goalRow = tape.Constant(new Shape(1, input.GoalWidth), goal);
        float[] last = new float[M];
        Value(places, goalRow.GatherRows(tape.Arena.CopyIndices(new int[M]))).CopyTo(last);
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
    void Hops(Tape tape, Tensor state, Span<float> hops)
    {
        int N = state.Shape.Rows;
        int[] lanes = new int[N * M], places = new int[N * M];
        for (int row = 0; row < lanes.Length; row++)
            (lanes[row], places[row]) = Math.DivRem(row, M);
        Tensor landmarks = tape.Constant(new Shape(M, input.GoalWidth), goals);
        Value(state.GatherRows(tape.Arena.CopyIndices(lanes)),
            landmarks.GatherRows(tape.Arena.CopyIndices(places))).CopyTo(hops);
    }

    Tensor Value(Tensor state, Tensor goal) => values(state, goal, actor.Best(state, goal));

    /// <summary>W: the values of the best ways between landmarks, [M, M], by the weights of this version.</summary>
    internal double[] Ways(long version)
    {
        lock (making)
        {
            if (waysVersion == version)
                return ways;
            using var arena = new Arena();
            var tape = new Tape(arena) { Recording = false };
            double[] known = new double[M * M], next = new double[M * M];
            float[] row = new float[M];
            for (int w = 0; w < M; w++)
            {
                tape.Reset();
                Hops(tape, tape.Constant(new Shape(1, input.StateWidth),
                    states.AsSpan(w * input.StateWidth, input.StateWidth)), row);
                for (int to = 0; to < M; to++)
                    known[w * M + to] = to == w ? 1 : row[to] >= farthest ? Math.Min(row[to], gamma) : 0;
            }
            for (int hops = 1; hops < M; hops *= 2)
            {
                TransitiveBackup.Sweep(known, next);
                (known, next) = (next, known);
            }
            (ways, waysVersion) = (known, version);
            return ways;
        }
    }
}
