using System.Numerics;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="FourRooms"/>.</summary>
public sealed record FourRoomsOptions
{
    /// <summary>
    /// The number of the goal's cell, 0 to 103, counted row by row; or −1, where each trial draws one of the
    /// candidates 68, 80, 90 and 103, or of all cells.
    /// </summary>
    public int Goal { get; init => field = Require.Within("goal", value, -1, FourRooms.Cells - 1); } = -1;

    /// <summary>
    /// Whether a trial draws its goal from all 104 cells but the start, and not from the four candidates. More goals
    /// than skills are what makes skills general. It bears on nothing where <see cref="Goal"/> names a cell.
    /// </summary>
    public bool Anywhere { get; init; }

    /// <summary>
    /// A candidate that no trial draws, so that it is new to an agent that has learned the others; −1 for none. It
    /// bears on nothing where <see cref="Goal"/> names a cell.
    /// </summary>
    public int Unseen { get; init => field = Require.Within("unseen", value, -1, FourRooms.Cells - 1); } = -1;

    /// <summary>
    /// The chance that a move is followed by a jump to a random free neighbour; 0 to 1. The paper's code has 1/3.
    /// </summary>
    public double Slip { get; init => field = Require.Within("slip", value, 0, 1); } = 1.0 / 3;

    /// <summary>The episodes of a trial, all with the same goal; 1 to 10,000.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 1;

    /// <summary>The steps of an episode; 1 to 100,000. The paper has 100.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 100;

    /// <summary>The options by name.</summary>
    public static OptionTable<FourRoomsOptions> Table { get; } =
        new OptionTable<FourRoomsOptions>("the task four-rooms", new())
            .Integer("goal", "cell of the goal, or -1 for one of four drawn for each trial",
                options => options.Goal, (options, value) => options with { Goal = value })
            .Switch("anywhere", "whether a trial draws its goal from all cells but the start",
                options => options.Anywhere, (options, value) => options with { Anywhere = value },
                low: "the paper's four goals", high: "skills must be general")
            .Integer("unseen", "one of them that no trial draws, or -1",
                options => options.Unseen, (options, value) => options with { Unseen = value })
            .Number("slip", "chance that a move is followed by a random one",
                options => options.Slip, (options, value) => options with { Slip = value },
                low: "goes where it wants", high: "is driven about")
            .Integer("episodes", "episodes of a trial, all with the same goal",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "most of it is finding out", high: "longer to learn from")
            .Integer("horizon", "steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "far goals cannot be reached", high: "more of it at the goal");
}

/// <summary>
/// Four rooms joined by doors (Sutton, Precup and Singh 1999), as in 'Meta learning shared hierarchies' (Frans et al.
/// 2018): 104 free cells, a start in the door between the rooms on the right, and a goal that the trial draws and
/// nothing shows. Each step that ends in the goal brings 1; no episode terminates. Actions: up (0), down (1), left (2),
/// right (3). A move against a wall stays where it is, without noise; any other is followed, with the slip's
/// probability, by a jump to a free neighbour drawn at random.
/// <para>
/// Goals differ a great deal: beside a wall, one can be held by pushing into the wall (97.2 of 100 for cell 68, 94.5
/// for 103); within a room none can (37.3 for cell 80, 37.9 for 90). Compare a return with <see cref="BestReturn"/> of
/// its goal before averaging.
/// </para>
/// </summary>
public sealed class FourRooms : TaskDistribution
{
    internal const int Cells = 104, Start = 62;
    internal static readonly int[] Candidates = [68, 80, 90, 103];

    const string Map = """
        #############
        #     #     #
        #     #     #
        #           #
        #     #     #
        #     #     #
        ## ####     #
        #     ### ###
        #     #     #
        #     #     #
        #           #
        #     #     #
        #############
        """;

    static readonly byte[] moves = ReadMap();           // [cell, action]: where a move leads, the cell itself at walls

    readonly int[] candidates;                          // without the unseen one
    readonly Lazy<double>?[] best = new Lazy<double>?[Cells];

    /// <summary>The paper's: a hundred steps, one of four goals.</summary>
    public FourRooms() : this(new FourRoomsOptions()) { }

    /// <summary>Four rooms with other goals or lengths.</summary>
    public FourRooms(FourRoomsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        candidates = [.. (options.Anywhere ? Enumerable.Range(0, Cells).Where(cell => cell != Start) : Candidates)
            .Where(cell => cell != options.Unseen)];
        for (int cell = 0; cell < Cells; cell++)
        {
            int goal = cell;
            best[cell] = new(() => Solve(goal));
        }
    }

    /// <summary>Goal, noise and lengths.</summary>
    public FourRoomsOptions Options { get; }

    /// <inheritdoc/>
    public override string Name => "four-rooms";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => FourRoomsOptions.Table.Show(Options);

    /// <summary>The number of the cell.</summary>
    public override ObservationSpace Observation => ObservationSpace.Discrete(Cells);

    /// <summary>Up, down, left, right.</summary>
    public override ActionSpace Action => 4;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.OfEachTrial("goal known, out of reach",
        (lanes, lane) => Options.Episodes * BestReturn(((FourRoomsLanes)lanes).Goal(lane)));

    /// <summary>For <c>mlsh</c>, four skills of 25 steps, as in the paper, and a large step size.</summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
        algorithm != "mlsh" || Options.Horizon % 25 != 0 ? []
            : Assignment.ParseAll(["skills=4", "interval=25", "plays=20", "learning-rate=2e-3"]);

    /// <summary>The goal of a trial, which no agent sees.</summary>
    /// <param name="seed">The seed of the run or of the evaluation.</param>
    /// <param name="trial">The number of the trial.</param>
    public int GoalOf(ulong seed, ulong trial) => GoalOf(new RandomKey(seed, RandomPurpose.Task, trial));

    /// <summary>What an episode brings on average to an agent that knows the goal, exactly.</summary>
    /// <param name="goal">The cell of the goal, 0 to 103.</param>
    public double BestReturn(int goal)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(goal);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(goal, Cells);
        return best[goal]!.Value;
    }

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new FourRoomsLanes(this, count);

    int GoalOf(RandomKey key) =>
        Options.Goal >= 0 ? Options.Goal : candidates[(int)(key.Uniform(0) * candidates.Length)];

    // V_t(s) = max_a [at wall: r(s) + V(s);  else (1 − p)(r + V)(s′) + p · mean over the neighbours of s′ of (r + V)].
    double Solve(int goal)
    {
        double[] value = new double[Cells], worth = new double[Cells], after = new double[Cells];
        for (int left = 0; left < Options.Horizon; left++)
        {
            for (int cell = 0; cell < Cells; cell++)
                worth[cell] = value[cell] + (cell == goal ? 1 : 0);
            for (int cell = 0; cell < Cells; cell++)
            {
                double sum = 0;
                int free = 0;
                for (int a = 0; a < 4; a++)
                {
                    int next = moves[cell * 4 + a];
                    (sum, free) = next == cell ? (sum, free) : (sum + worth[next], free + 1);
                }
                after[cell] = (1 - Options.Slip) * worth[cell] + Options.Slip * sum / free;
            }
            for (int cell = 0; cell < Cells; cell++)
            {
                double most = 0;
                for (int a = 0; a < 4; a++)
                {
                    int next = moves[cell * 4 + a];
                    most = Math.Max(most, next == cell ? worth[cell] : after[next]);
                }
                value[cell] = most;
            }
        }
        return value[Start];
    }

    static byte[] ReadMap()
    {
        string[] rows = Map.Split('\n');
        byte[] number = new byte[13 * 13], moves = new byte[Cells * 4];
        byte count = 0;
        for (int place = 0; place < number.Length; place++)
        {
            if (rows[place / 13][place % 13] == ' ')
                number[place] = count++;
        }
        ReadOnlySpan<int> ahead = [-13, 13, -1, 1];
        for (int place = 0; place < number.Length; place++)
        {
            for (int a = 0; a < 4 && rows[place / 13][place % 13] == ' '; a++)
            {
                int next = place + ahead[a];
                bool isFree = rows[next / 13][next % 13] == ' ';
                moves[number[place] * 4 + a] = number[isFree ? next : place];
            }
        }
        return moves;
    }

    sealed class FourRoomsLanes(FourRooms task, int count)
        : EpisodicLanes(task, task.Options.Episodes, task.Options.Horizon, count), IDrawnLanes
    {
        static readonly string[] rows = Map.Split('\n');

        // Where each cell lies.
        static readonly Vector2[] places = [.. Enumerable.Range(0, 13 * 13).Where(i => rows[i / 13][i % 13] == ' ')
            .Select(i => new Vector2(i % 13 + 0.5f, i / 13 + 0.5f))];

        readonly int[] cells = new int[count], goals = new int[count];

        public int Goal(int lane) => goals[lane];

        public WorldView Draw(int lane) =>
            new(places[cells[lane]], [new WorldMark(places[goals[lane]], 0.3f, true)], rows);

        protected override void BeginTrial(int lane, RandomKey key) => goals[lane] = task.GoalOf(key);

        protected override void BeginEpisode(int lane, ref RandomSequence random) => cells[lane] = Start;

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            int next = moves[cells[lane] * 4 + actions[lane]];
            if (next != cells[lane] && random.NextUniform() < task.Options.Slip)
                next = Neighbour(next, ref random);
            cells[lane] = next;
            reward = next == goals[lane] ? 1 : 0;
            return false;
        }

        protected override void Observe(int lane, Span<float> observation) => observation[0] = cells[lane];

        static int Neighbour(int cell, ref RandomSequence random)
        {
            ReadOnlySpan<byte> next = moves.AsSpan(cell * 4, 4);
            int free = 4 - next.Count((byte)cell);
            for (int a = 0, skip = random.NextInt(free); ; a++)
            {
                if (next[a] != cell && skip-- == 0)
                    return next[a];
            }
        }
    }
}
