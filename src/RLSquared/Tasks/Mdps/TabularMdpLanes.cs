using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Tasks;

/// <summary>N trials of <see cref="TabularMdps"/> in lock-step.</summary>
public sealed class TabularMdpLanes : Lanes
{
    readonly float[] transitions;   // [N, S, A, S']: P(s' | s, a)
    readonly float[] means;         // [N, S, A]
    readonly float[] values;        // [N, T + 1, S]: V*, by the steps that are left in the episode, where solved
    readonly bool[] solved;         // [N]: whether someone has asked for this trial's values yet
    readonly int[] visits;          // [N, S, A]: how often each pair was visited in this trial
    readonly int[] states;          // [N]
    readonly int[] places;          // [N]: the pair s·A + a that the last step visited; −1 before the first
    // One lane's process and its backups while it is solved.
    readonly MdpLayout layout;
    readonly float[] transposed;    // [S', A, W]
    readonly float[] rewards;       // [A, W]
    readonly float[] qualities;     // [A, W]
    readonly float[] value;         // [W]
    readonly int S, A, T, trialLength;
    ulong seed, firstTrial;
    int step;

    internal TabularMdpLanes(TabularMdps task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        Count = count;
        (S, A, T, trialLength) = (task.States, task.Actions, task.Horizon, task.TrialLength);
        long most = Math.Max((long)S * A * S, (T + 1L) * S) * count;
        if (most > Array.MaxLength)
        {
            throw new OptionException("states", $"{count} lanes of {S} states, {A} actions and horizon {T} are " +
                $"{most} numbers, but one array holds {Array.MaxLength}; take fewer lanes or a smaller task");
        }
        transitions = new float[count * S * A * S];
        means = new float[count * S * A];
        values = new float[count * (T + 1) * S];
        solved = new bool[count];
        visits = new int[count * S * A];
        states = new int[count];
        places = new int[count];
        layout = new MdpLayout(S, A);
        transposed = new float[layout.Cells];
        rewards = new float[layout.Pairs];
        qualities = new float[layout.Pairs];
        value = new float[layout.Width];
        step = trialLength;         // nothing can be done before Begin
        Array.Fill(places, -1);
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <summary>A lane's true transition probabilities, [S, A, S'], which no agent sees.</summary>
    public ReadOnlySpan<float> Transitions(int lane) => transitions.AsSpan(lane * S * A * S, S * A * S);

    /// <summary>A lane's true mean rewards, [S, A], which no agent sees.</summary>
    public ReadOnlySpan<float> RewardMeans(int lane) => means.AsSpan(lane * S * A, S * A);

    /// <summary>
    /// The most that anyone who knows a lane's process can expect of the rest of an episode, [S]: V* with
    /// <paramref name="stepsLeft"/> of its T steps to go; from state 0 with all T it is the value of an episode.
    /// </summary>
    public ReadOnlySpan<float> Values(int lane, int stepsLeft)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)stepsLeft, (uint)T, nameof(stepsLeft));
        if (!solved[lane])
            Solve(lane);
        return values.AsSpan((lane * (T + 1) + stepsLeft) * S, S);
    }

    /// <inheritdoc/>
    public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        (this.seed, this.firstTrial, step) = (seed, firstTrial, 0);
        Array.Clear(visits);
        Array.Clear(solved);
        Array.Clear(states);
        Array.Fill(places, -1);
        observations[..Count].Clear();
        for (int lane = 0; lane < Count; lane++)
        {
            Draw(new RandomKey(seed, RandomPurpose.Task, firstTrial + (ulong)lane),
                transitions.AsSpan(lane * S * A * S, S * A * S), means.AsSpan(lane * S * A, S * A));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The trial is over; call <see cref="Begin"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such action.</exception>
    public override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        int N = Count;
        ReadOnlySpan<int> chosen = actions.Choices[..N];
        observations = observations[..N];
        rewards = rewards[..N];
        endings = endings[..N];
        if (step == trialLength)
        {
            throw new InvalidOperationException(
                $"a trial has {trialLength} steps and all are done; begin the next trial");
        }
        bool episodeEnds = ++step % T == 0;
        Endings ending = !episodeEnds ? Endings.None
            : step == trialLength ? Endings.Terminated | Endings.TrialEnded : Endings.Terminated;
        for (int lane = 0; lane < N; lane++)
        {
            int action = chosen[lane];
            if ((uint)action >= (uint)A)
                ThrowNoSuchAction(action, lane);
            int pair = states[lane] * A + action, place = lane * S * A + pair;
            var key = new RandomKey(seed, RandomPurpose.Environment, firstTrial + (ulong)lane);
            (uint forState, uint forRadius, uint forAngle, _) = key.Words((uint)visits[place]++, (uint)pair);
            rewards[lane] = means[place] + Normal(forRadius, forAngle);
            int next = episodeEnds ? 0 : Pick(transitions.AsSpan(place * S, S), forState);
            states[lane] = next;
            places[lane] = pair;
            observations[lane] = next;
            endings[lane] = ending;
        }
    }

    /// <inheritdoc/>
    public override bool KnowsRegrets => true;

    /// <inheritdoc/>
    public override void Regrets(Span<float> regrets)
    {
        regrets = regrets[..Count];
        int left = T - 1 - (step + T - 1) % T;          // after the last step, in its episode
        for (int lane = 0; lane < Count; lane++)
        {
            int pair = places[lane];
            if (pair < 0)
            {
                regrets[lane] = 0;                      // no step has been taken
                continue;
            }
            int place = lane * S * A + pair;
            float quality = means[place]
                + TensorPrimitives.Dot<float>(transitions.AsSpan(place * S, S), Values(lane, left));
            regrets[lane] = Math.Max(0, Values(lane, left + 1)[pair / A] - quality);
        }
    }

    /// <summary>What each action would cost in the present state, [N, A]: V* − Q*.</summary>
    public override void Privileged(Span<float> numbers)
    {
        int left = T - step % T;
        for (int lane = 0; lane < Count; lane++)
        {
            ReadOnlySpan<float> after = Values(lane, left - 1);
            float best = Values(lane, left)[states[lane]];
            for (int action = 0; action < A; action++)
            {
                int place = (lane * S + states[lane]) * A + action;
                float quality = means[place] + TensorPrimitives.Dot(transitions.AsSpan(place * S, S), after);
                numbers[lane * A + action] = Math.Max(0, best - quality);
            }
        }
    }

    /// <summary>Draws one process: flat Dirichlet rows, [S, A, S'], and mean rewards, [S, A].</summary>
    static void Draw(RandomKey key, Span<float> transitions, Span<float> means)
    {
        int pairs = means.Length, S = transitions.Length / pairs;
        // Exponential variables over their sum are flat Dirichlet; the uniforms are in (0, 1].
        RandomSequence random = key.Sequence(step: 0);
        for (int i = 0; i < transitions.Length; i++)
            transitions[i] = ((random.NextWord() >> 8) + 0.5f) * (1f / (1 << 24));
        TensorPrimitives.Log(transitions, transitions);
        for (int pair = 0; pair < pairs; pair++)
        {
            Span<float> row = transitions.Slice(pair * S, S);
            TensorPrimitives.Multiply(row, 1 / TensorPrimitives.Sum<float>(row), row);
        }
        random = key.Sequence(step: 1);
        for (int pair = 0; pair < pairs; pair++)
            means[pair] = (float)(TabularMdps.PriorMean + random.NextNormal());
    }

    // Put off until someone asks: training on regrets and ceilings do, agents that are merely played do not.
    void Solve(int lane)
    {
        ReadOnlySpan<float> own = Transitions(lane), ownMeans = RewardMeans(lane);
        for (int state = 0; state < S; state++)
        {
            for (int action = 0; action < A; action++)
            {
                int pair = state * A + action, place = layout.Pair(state, action);
                rewards[place] = ownMeans[pair];
                for (int next = 0; next < S; next++, place += layout.Pairs)
                    transposed[place] = own[pair * S + next];
            }
        }
        Array.Clear(value);
        Span<float> table = values.AsSpan(lane * (T + 1) * S, (T + 1) * S);
        table[..S].Clear();
        for (int left = 1; left <= T; left++)
        {
            MdpBackup.Apply(layout, transposed, rewards, value, qualities, value);
            value.AsSpan(0, S).CopyTo(table[(left * S)..]);
        }
        solved[lane] = true;
    }

    // The first state at which the summed probabilities pass a uniform number on [0, 1); the last one that can follow
    // if rounding leaves the sum of the row below it.
    static int Pick(ReadOnlySpan<float> row, uint word)
    {
        float rest = (word >> 8) * (1f / (1 << 24));
        int state = 0;
        while (state < row.Length - 1 && (rest -= row[state]) >= 0)
            state++;
        return state;
    }

    // Box and Muller; the first uniform is in (0, 1].
    static float Normal(uint forRadius, uint forAngle)
    {
        double radius = Math.Sqrt(-2 * Math.Log((forRadius + 1.0) * (1.0 / (1UL << 32))));
        return (float)(radius * Math.Cos(forAngle * (2 * Math.PI / (1UL << 32))));
    }

    void ThrowNoSuchAction(int action, int lane) => throw new ArgumentOutOfRangeException(
        nameof(action), action, $"lane {lane} takes action {action}, but the actions are 0 … {A - 1}");
}
