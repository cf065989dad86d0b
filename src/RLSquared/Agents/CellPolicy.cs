using RLSquared.Tensors;
using RLSquared.Tensors.Kernels;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;

namespace RLSquared.Agents;

/// <summary>
/// A recurrent policy that knows one thing of tasks with a table inside: that the names of states and actions mean
/// nothing. Its hidden state is a cell for each pair of state and action, all with the same recurrent weights; a step
/// updates the cell of the pair that was just visited, from the same reward, ended flag and time to go that an ordinary
/// recurrent layer sees. The logits are read from the cells of the present state, each by the same small network, which
/// also sees the time. A permutation of the arms then permutes the policy, and what is learned of one cell is learned
/// of all (on this symmetry: Petrov, Vyas and Janson 2024).
/// <code>
///   cell[s, a] ← GRU(reward, ended, time | cell[s, a])          for the pair just visited
///   logit[a]   = w · tanh(R cell[s', a] + C clock + b)          for the state s' that is seen now
/// </code>
/// Where a task shows nothing there is one state, and the cells are the arms. All cells begin with what the first input
/// of the trial makes of zeros. The clock is the time to go, its logarithm, and the steps since the episode began.
/// </summary>
sealed class CellPolicy
{
    const int ClockWidth = 3;

    readonly Gru cell;
    readonly Linear read, clock, head;
    readonly int states, actions, trialLength, denseWidth;
    readonly bool timeToGo;

    public CellPolicy(
        ParameterSet parameters, int states, int actions, int trialLength, RecurrentNetworkOptions options,
        int denseWidth, RandomKey random)
    {
        (this.states, this.actions, this.trialLength, this.denseWidth) =
            (Math.Max(1, states), actions, trialLength, denseWidth);
        timeToGo = options.TimeToGo;
        int H = options.Cells;
        cell = new Gru(parameters, "policy.cell", denseWidth, H, random, options.Relu, options.WeightNorm);
        var layer = new LinearOptions { WeightNorm = options.WeightNorm };
        read = new Linear(parameters, "policy.read", H, H, random, layer with { Bias = false });
        clock = new Linear(parameters, "policy.clock", ClockWidth, H, random, layer);
        head = new Linear(parameters, "policy.head", H, 1, random, layer with { Gain = 0.01f, Bias = false });
    }

    /// <summary>The logits over whole trials, [T, B, A].</summary>
    public Tensor Forward(Tape tape, SequenceInput input)
    {
        int T = input.T, B = input.B, K = states * actions, G = input.Groups;
        ReadOnlySpan<int> seen = input.Indices.Span;                                            // [T, B, G]
        Indices sources = tape.Arena.AllocateIndices(T * B);
        Indices shown = tape.Arena.AllocateIndices(T * B * actions), rowOf = tape.Arena.AllocateIndices(shown.Count);
        // The row of the hidden states in which a lane's cell was last written, [B, K]; at first that of step 0.
        Span<int> written = tape.Arena.AllocateIndices(B * K).Span;
        for (int b = 0; b < B; b++)
            written.Slice(b * K, K).Fill(b);
        for (int t = 0, row = 0; t < T; t++)
        {
            for (int b = 0; b < B; b++, row++)
            {
                sources.Span[row] = -1;
                if (t > 0)
                {
                    ref int visited = ref written[b * K + Cell(seen.Slice((row - B) * G, G), seen.Slice(row * G, G))];
                    (sources.Span[row], visited) = (visited, row);
                }
                int state = G > 1 ? seen[row * G] : 0;
                for (int action = 0, at = row * actions; action < actions; action++, at++)
                {
                    shown.Span[at] = written[b * K + state * actions + action];
                    rowOf.Span[at] = row;
                }
            }
        }

        var numbers = new SequenceInput(T, B, input.Dense);
        Tensor cells = cell.ForwardAddressed(tape, numbers, sources);                           // [T, B, H]
        Tensor contents = read.Forward(cells).GatherRows(shown);                                // [T · B · A, H]
        Tensor times = clock.Forward(Clock(tape, input)).GatherRows(rowOf);
        return head.Forward((contents + times).Tanh()).Reshape(new Shape(T, B, actions));
    }

    /// <summary>The memory of N lanes while they play.</summary>
    public PolicyMemory CreateMemory(int lanes) => new Memory(this, lanes);

    // The pair that the last step visited: the state that was seen then, the action that is seen now.
    int Cell(ReadOnlySpan<int> before, ReadOnlySpan<int> now) =>
        (now.Length > 1 ? before[0] * actions : 0) + now[^1] - (now.Length > 1 ? states : 0);

    Tensor Clock(Tape tape, SequenceInput input)
    {
        int T = input.T, B = input.B;
        Tensor times = tape.Arena.Allocate(new Shape(T * B, ClockWidth));
        Span<int> since = tape.Arena.AllocateIndices(B).Span;
        since.Clear();
        for (int row = 0; row < T * B; row++)
        {
            ReadOnlySpan<float> numbers = input.Dense.Span.Slice(row * denseWidth, denseWidth);
            WriteClock(numbers, ref since[row % B], times.Span.Slice(row * ClockWidth, ClockWidth));
        }
        return tape.Constant(times);
    }

    // The numbers are the reward, whether an episode ended, and the share of the trial that is left.
    void WriteClock(ReadOnlySpan<float> numbers, ref int since, Span<float> times)
    {
        since = numbers[1] != 0 ? 0 : since + 1;
        float left = timeToGo ? numbers[2] : 0;
        times[0] = left;
        times[1] = MathF.Log(1 + left * trialLength) / MathF.Log(1 + trialLength);
        times[2] = since / (10f + since);
    }

    sealed unsafe class Memory : PolicyMemory
    {
        readonly CellPolicy policy;
        readonly Arena memory = new();
        readonly Tensor cells, contents;                // [N, K, H]: the states, and what is read from them
        readonly Tensor previous, next, gates;          // [N, H], [N, H], [N, 4H]
        readonly int[] states, since;                   // [N]
        readonly int lanes, K, H;
        GruWeights weights;
        bool first;

        public Memory(CellPolicy policy, int lanes)
        {
            (this.policy, this.lanes) = (policy, lanes);
            (K, H) = (policy.states * policy.actions, policy.cell.Hidden);
            cells = memory.Zeros(new Shape(lanes, K, H));
            contents = memory.Zeros(new Shape(lanes, K, H));
            previous = memory.Zeros(new Shape(lanes, H));
            next = memory.Zeros(new Shape(lanes, H));
            gates = memory.Zeros(new Shape(lanes, 4 * H));
            states = new int[lanes];
            since = new int[lanes];
        }

        public override void Begin(Tape weightTape)
        {
            weights = policy.cell.Pack(weightTape, groups: 0, policy.denseWidth);
            first = true;
            previous.Span.Clear();
            Array.Clear(since);
        }

        public override Tensor Step(Tape tape, ReadOnlySpan<int> indices, ReadOnlySpan<float> dense)
        {
            int A = policy.actions, G = indices.Length / lanes, D = policy.denseWidth;
            Span<float> states = cells.Span, readings = contents.Span;
            for (int lane = 0; lane < lanes && !first; lane++)
                states.Slice(Place(lane, indices), H).CopyTo(previous.Span[(lane * H)..]);
            fixed (float* numbers = dense)
                weights.Step(lanes, null, 0, numbers, D, null, previous.Data, gates.Data, next.Data);

            Span<float> read = policy.read.Forward(tape.Constant(next)).Span;                       // [N, H]
            Tensor times = tape.Arena.Allocate(new Shape(lanes, ClockWidth));
            Tensor shown = tape.Arena.Allocate(new Shape(lanes * A, H));
            for (int lane = 0; lane < lanes; lane++)
            {
                int from = first ? lane * K * H : Place(lane, indices), to = first ? from + K * H : from + H;
                for (int place = from; place < to; place += H)
                {
                    next.Span.Slice(lane * H, H).CopyTo(states[place..]);
                    read.Slice(lane * H, H).CopyTo(readings[place..]);
                }
                int state = this.states[lane] = G > 1 ? indices[lane * G] : 0;
                readings.Slice((lane * K + state * A) * H, A * H).CopyTo(shown.Span[(lane * A * H)..]);
                policy.WriteClock(
                    dense.Slice(lane * D, D), ref since[lane], times.Span.Slice(lane * ClockWidth, ClockWidth));
            }
            first = false;
            Span<float> clock = policy.clock.Forward(tape.Constant(times)).Span, sums = shown.Span;     // [N, H]
            for (int row = 0; row < lanes * A; row++)
            {
                Span<float> sum = sums.Slice(row * H, H);
                System.Numerics.Tensors.TensorPrimitives.Add(sum, clock.Slice(row / A * H, H), sum);
            }
            return policy.head.Forward(tape.Constant(shown).Tanh()).Reshape(new Shape(lanes, A));
        }

        public override void Dispose() => memory.Dispose();

        // Where the cell that the last step visited begins.
        int Place(int lane, ReadOnlySpan<int> indices)
        {
            int G = indices.Length / lanes;
            ReadOnlySpan<int> now = indices.Slice(lane * G, G), before = states.AsSpan(lane, 1);
            return (lane * K + policy.Cell(before, now)) * H;
        }
    }
}
