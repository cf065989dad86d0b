using RLSquared.Tensors;
using RLSquared.Tensors.Devices;
using RLSquared.Tensors.Layers;
using RLSquared.Tensors.Random;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace RLSquared.Policies;

/// <summary>
/// A recurrent memory that knows one thing of tasks with a table inside: that the names of states and actions mean
/// nothing. Its hidden state is a cell for each pair of state and action, all with the same recurrent weights; a step
/// updates the cell of the pair that was just visited, from the same reward, ended flag and time to go that an ordinary
/// recurrent layer sees. What it shows are the cells of the present state, one row per action, with the time:
/// <code>
///   cell[s, a] ← GRU(reward, ended, time | cell[s, a])       for the pair just visited
///   y[a]       = R cell[s', a] + C clock + b                 for the state s' that is seen now
/// </code>
/// Where a task shows nothing there is one state, and the cells are the arms. All cells begin with what the first input
/// of the trial makes of zeros. The clock is the time to go, its logarithm, and the steps since the episode began.
/// </summary>
sealed class CellTable
{
    /// <summary>Numbers of the clock.</summary>
    public const int ClockWidth = 3;

    /// <summary>What the clock's logarithm is divided by: near 1 with a thousand steps to go.</summary>
    public const float LogScale = 7;

    /// <summary>The steps of an episode after which the clock shows that half of it has passed.</summary>
    public const float StepScale = 10;

    readonly Gru cell;
    readonly Linear read, clock;
    readonly int states, actions, trialLength, denseWidth;
    readonly bool timeToGo;

    /// <summary>A table of S·A cells of H units.</summary>
    public CellTable(Policy policy, string name, int units, bool timeToGo, bool relu, RandomKey random)
    {
        ParameterSet parameters = policy.Parameters;
        parameters.Device.RequireHost();                // reads and writes single cells
        (states, actions) = (Math.Max(1, policy.Row.States), policy.Action.Size);
        (trialLength, denseWidth) = (policy.TrialLength, policy.Row.DenseWidth);
        (H, this.timeToGo) = (units, timeToGo);
        cell = new Gru(parameters, $"{name}.cell", denseWidth, H, random, relu);
        read = new Linear(parameters, $"{name}.read", H, H, random, new LinearOptions { Bias = false });
        clock = new Linear(parameters, $"{name}.clock", ClockWidth, H, random);
    }

    /// <summary>Units of a cell.</summary>
    public int H { get; }

    /// <summary>What is done to a cell, to read it, and to the clock.</summary>
    public (Gru Cell, Linear Read, Linear Clock) Layers => (cell, read, clock);

    /// <summary>States, S, at least 1, and actions, A.</summary>
    public (int States, int Actions) Size => (states, actions);

    /// <summary>The index that names action 0 in an input row.</summary>
    public int FirstAction => states > 1 ? states : 0;

    /// <summary>Cells, K.</summary>
    public int Count => states * actions;

    // For a batch of trials: the earlier row t'·B + b in which the cell that a row visits was last written, [T, B], −1
    // at step 0; the row in which each cell that is seen was last written, [T, B, A]; and the row that sees it,
    // [T, B, A].
    (Indices Sources, Indices Shown, Indices Rows) Addresses(Tape tape, SequenceInput input)
    {
        int T = input.T, B = input.B, K = Count, G = input.Groups;
        ReadOnlySpan<int> seen = input.Indices.Span;                                            // [T, B, G]
        Indices sources = tape.Arena.AllocateIndices(T * B);
        Indices shown = tape.Arena.AllocateIndices(T * B * actions), rows = tape.Arena.AllocateIndices(shown.Count);
        Span<int> source = sources.Span, show = shown.Span, row = rows.Span;
        // The row of the hidden states in which a lane's cell was last written, [B, K]; at first that of step 0.
        Span<int> written = tape.Arena.AllocateIndices(B * K).Span;
        for (int b = 0; b < B; b++)
            written.Slice(b * K, K).Fill(b);
        for (int t = 0, r = 0; t < T; t++)
        {
            for (int b = 0; b < B; b++, r++)
            {
                source[r] = -1;
                if (t > 0)
                {
                    ref int visited = ref written[b * K + Cell(seen.Slice((r - B) * G, G), seen.Slice(r * G, G))];
                    (source[r], visited) = (visited, r);
                }
                int first = b * K + (G > 1 ? seen[r * G] * actions : 0);
                written.Slice(first, actions).CopyTo(show[(r * actions)..]);
                row.Slice(r * actions, actions).Fill(r);
            }
        }
        return (sources, shown, rows);
    }

    /// <summary>What the table holds and shows over whole trials.</summary>
    /// <param name="tape">The tape of the step.</param>
    /// <param name="input">What the agent sees.</param>
    /// <param name="numbers">A number for each cell that is shown, [T · B · A]; the default for none.</param>
    /// <param name="weights">How much it counts in each unit, [H].</param>
    public CellContents Forward(Tape tape, SequenceInput input, Tensor numbers = default, Tensor weights = default)
    {
        (Indices sources, Indices shown, Indices rows) = Addresses(tape, input);
        var seen = new SequenceInput(input.T, input.B, input.Dense);
        Tensor cells = cell.ForwardAddressed(tape, seen, sources);                              // [T, B, H]
        Tensor now = Clock(tape, input), times = clock.Forward(now);                            // [T · B, 3], then H
        Tensor contents = read.Forward(cells).Reshape(times.Shape);
        return new CellContents
        {
            Written = cells.Reshape(times.Shape),
            Sources = sources,
            Clock = now,
            Shown = contents.TanhOfSums(shown, times, rows, numbers, weights),
            Rows = rows,
        };
    }

    /// <summary>The memory of N lanes while they play.</summary>
    public CellMemory CreateMemory(int lanes, int trialLength) => new(this, lanes, trialLength);

    // The pair that the last step visited: the state that was seen then, the action that is seen now.
    int Cell(ReadOnlySpan<int> before, ReadOnlySpan<int> now) =>
        now.Length > 1 ? before[0] * actions + now[^1] - states : now[^1];

    Tensor Clock(Tape tape, SequenceInput input)
    {
        int rows = input.T * input.B;
        Tensor times = tape.Arena.Allocate(new Shape(rows, ClockWidth));
        ReadOnlySpan<float> numbers = input.Dense.Span;
        Span<float> clocks = times.Span;
        Span<int> since = tape.Arena.AllocateIndices(input.B).Span;
        since.Clear();
        for (int row = 0; row < rows; row++)
        {
            WriteClock(numbers.Slice(row * denseWidth, denseWidth), trialLength, ref since[row % input.B],
                clocks.Slice(row * ClockWidth, ClockWidth));
        }
        return tape.Constant(times);
    }

    // The numbers are the reward, whether an episode ended, and the share of the trial that is left.
    void WriteClock(ReadOnlySpan<float> numbers, int trialLength, ref int since, Span<float> times)
    {
        since = numbers[1] != 0 ? 0 : since + 1;
        float left = timeToGo ? numbers[2] : 0;
        times[0] = left;
        times[1] = MathF.Log(1 + left * trialLength) / LogScale;
        times[2] = since / (StepScale + since);
    }

    /// <summary>The cells of N trials while they are played.</summary>
    public sealed unsafe class CellMemory : IDisposable
    {
        readonly CellTable table;
        readonly Arena memory = new();
        readonly Tensor cells, contents;                // [N, K, H]: the states, and what is read from them
        readonly Tensor previous, next, gates;          // [N, H], [N, H], [N, 4H]
        readonly int[] states, since;                   // [N]
        readonly int lanes, trialLength, K, H;
        readonly bool[] first;                          // [N]: whether the lane's next step is its trial's first
        GruWeights weights;

        public CellMemory(CellTable table, int lanes, int trialLength)
        {
            (this.table, this.lanes, this.trialLength) = (table, lanes, trialLength);
            (K, H) = (table.Count, table.H);
            cells = memory.Zeros(new Shape(lanes, K, H));
            contents = memory.Zeros(new Shape(lanes, K, H));
            previous = memory.Zeros(new Shape(lanes, H));
            next = memory.Zeros(new Shape(lanes, H));
            gates = memory.Zeros(new Shape(lanes, 4 * H));
            states = new int[lanes];
            since = new int[lanes];
            first = new bool[lanes];
        }

        /// <summary>A new trial begins in each lane.</summary>
        public void Begin(Tape weightTape)
        {
            weights = table.cell.Pack(weightTape, groups: 0, table.denseWidth);
            for (int lane = 0; lane < lanes; lane++)
                Forget(lane);
        }

        /// <summary>A new trial begins in one lane.</summary>
        public void Forget(int lane)
        {
            (first[lane], since[lane]) = (true, 0);
            previous.Span.Slice(lane * H, H).Clear();
        }

        /// <summary>One step: what the table shows, [N · A, H].</summary>
        public Tensor Step(Tape tape, ReadOnlySpan<int> indices, ReadOnlySpan<float> dense)
        {
            int A = table.actions, G = indices.Length / lanes, D = table.denseWidth;
            // A span is checked each time that a tensor gives it, so each is asked for once.
            Span<float> written = cells.Span, readings = contents.Span, before = previous.Span, now = next.Span;
            for (int lane = 0; lane < lanes; lane++)
            {
                if (!first[lane])
                    written.Slice(Place(lane, indices, G), H).CopyTo(before[(lane * H)..]);
            }
            fixed (float* numbers = dense)
                weights.Step(lanes, null, 0, numbers, D, null, previous.Data, gates.Data, next.Data);

            Tensor times = tape.Arena.Allocate(new Shape(lanes, ClockWidth));
            Span<float> clocks = times.Span;
            for (int lane = 0; lane < lanes; lane++)
            {
                table.WriteClock(dense.Slice(lane * D, D), trialLength, ref since[lane],
                    clocks.Slice(lane * ClockWidth, ClockWidth));
            }
            Span<float> read = table.read.Forward(tape.Constant(next)).Span;                        // [N, H]
            Span<float> clock = table.clock.Forward(tape.Constant(times)).Span;                     // [N, H]
            Tensor shown = tape.Arena.Allocate(new Shape(lanes * A, H));
            Span<float> sums = shown.Span;
            for (int lane = 0; lane < lanes; lane++)
            {
                // The first input is written to all cells, any other to the one that was visited.
                bool all = first[lane];
                int from = all ? lane * K * H : Place(lane, indices, G), end = from + (all ? K * H : H);
                for (int place = from; place < end; place += H)
                {
                    now.Slice(lane * H, H).CopyTo(written[place..]);
                    read.Slice(lane * H, H).CopyTo(readings[place..]);
                }
                states[lane] = G > 1 ? indices[lane * G] : 0;
                for (int action = 0; action < A; action++)
                {
                    TensorPrimitives.Add(
                        readings.Slice((lane * K + states[lane] * A + action) * H, H), clock.Slice(lane * H, H),
                        sums.Slice((lane * A + action) * H, H));
                }
            }
            Array.Clear(first);
            return tape.Constant(shown);
        }

        /// <summary>Returns the memory.</summary>
        public void Dispose() => memory.Dispose();

        // Where the cell that the last step visited begins.
        int Place(int lane, ReadOnlySpan<int> indices, int groups) =>
            (lane * K + table.Cell(states.AsSpan(lane, 1), indices.Slice(lane * groups, groups))) * H;
    }
}

/// <summary>What a table of cells holds and shows over T steps of B trials.</summary>
readonly struct CellContents
{
    /// <summary>The cell that each row wrote, [T · B, H].</summary>
    public required Tensor Written { get; init; }

    /// <summary>The earlier row that had written the same cell, [T · B]; −1 at step 0, which writes all.</summary>
    public required Indices Sources { get; init; }

    /// <summary>The time, [T · B, 3].</summary>
    public required Tensor Clock { get; init; }

    /// <summary>The tanh of what is read from the cells of the present state with the time, [T · B · A, H].</summary>
    public required Tensor Shown { get; init; }

    /// <summary>The row to which each of these belongs, [T · B · A].</summary>
    public required Indices Rows { get; init; }
}
