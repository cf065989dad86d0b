using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="MazeRunner"/>.</summary>
public sealed record MazeRunnerOptions
{
    /// <summary>The squares of a side, walls included: an odd number from 5 to 101. The usual maze has 15.</summary>
    public int Size
    {
        get;
        init => field = Require.Within("size", value, 5, 101) % 2 == 1 ? value : throw new OptionException(
            "size", $"size {value} is even, and a maze has walls on both sides; {value - 1} and {value + 1} are odd");
    } = 15;

    /// <summary>
    /// The goals of an episode, to be reached one after the other; 1 to 100. Each pays 1; the last one terminates the
    /// episode.
    /// </summary>
    public int Goals { get; init => field = Require.Within("goals", value, 1, 100); } = 3;

    /// <summary>Whether the place of the present goal is observed. Without it the maze must be searched.</summary>
    public bool ShowsGoal { get; init; } = true;

    /// <summary>
    /// Whether the four actions are dealt to the four directions anew in each trial, so that an agent must first find
    /// out what its actions do.
    /// </summary>
    public bool Shuffled { get; init; } = true;

    /// <summary>The episodes of a trial, all in the same maze with the same goals; 1 to 10,000.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 2;

    /// <summary>The steps of an episode; 1 to 100,000.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 200;

    /// <summary>The options by name.</summary>
    public static OptionTable<MazeRunnerOptions> Table { get; } =
        new OptionTable<MazeRunnerOptions>("the task maze-runner", new())
            .Integer("size", "squares of a side with its walls, an odd number",
                options => options.Size, (options, value) => options with { Size = value },
                low: "soon searched", high: "long ways")
            .Integer("goals", "goals of an episode, one after the other",
                options => options.Goals, (options, value) => options with { Goals = value },
                low: "little to remember", high: "few episodes reach the last one")
            .Switch("shows-goal", "whether the place of the present goal is observed",
                options => options.ShowsGoal, (options, value) => options with { ShowsGoal = value },
                low: "the maze must be searched", high: "the way must be found")
            .Switch("shuffled", "whether actions are dealt to directions anew in each trial",
                options => options.Shuffled, (options, value) => options with { Shuffled = value },
                low: "the first action is up", high: "what actions do must be found out")
            .Integer("episodes", "episodes of a trial, all in the same maze with the same goals",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "nothing to remember", high: "longer to learn from")
            .Integer("horizon", "steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "often cut before the last goal", high: "longer to learn from");
}

/// <summary>
/// Goals to be reached one after the other in a maze that is new in each trial (after the MazeRunner of Grigsby et al.
/// 2023, 'AMAGO'; details and figures are this library's own). The agent measures the free squares in the four
/// directions, and knows its place and, unless that is hidden, the place of the present goal. What its actions do is
/// dealt anew in each trial. The map it must build in its memory; in the second episode it pays.
/// <para>
/// Observation, 9 numbers: free squares up, down, left and right, the agent's row and column, the goal's row and
/// column, all as shares of a side, and the share of the goals that are left. The goal's place is (0, 0), which is a
/// wall, where it is hidden. A move against a wall stays.
/// </para>
/// <para>Mazes are trees: a random walk that goes back where it is stuck (depth first) leaves exactly one way between
/// any two squares.</para>
/// </summary>
/// <param name="options">Maze, goals and lengths.</param>
public sealed class MazeRunner(MazeRunnerOptions options) : TaskDistribution
{
    /// <summary>15 × 15 squares, three goals, two episodes.</summary>
    public MazeRunner() : this(new MazeRunnerOptions()) { }

    /// <summary>Maze, goals and lengths.</summary>
    public MazeRunnerOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "maze-runner";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => MazeRunnerOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation => ObservationSpace.Vector(9);

    /// <summary>Four moves; which is which is dealt in each trial.</summary>
    public override ActionSpace Action => 4;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.OfEachTrial("maze and goals known, out of reach",
        (lanes, lane) => Options.Episodes * ((RunnerLanes)lanes).Best(lane));

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new RunnerLanes(this, count);

    internal sealed class RunnerLanes : EpisodicLanes
    {
        // Squares by direction: up, down, left, right.
        static readonly (int Row, int Column)[] directions = [(-1, 0), (1, 0), (0, -1), (0, 1)];

        readonly MazeRunnerOptions options;
        readonly int size, squares;
        readonly bool[] free;                   // [N, size · size]
        readonly int[] goals;                   // [N, goals]: squares
        readonly int[] starts, places, reached; // [N]
        readonly byte[] deals;                  // [N, 4]: the direction of each action
        readonly int[] stack, distances;        // scratch: the walk that digs, and the search that measures

        public RunnerLanes(MazeRunner task, int count)
            : base(task, task.Options.Episodes, task.Options.Horizon, count)
        {
            (options, size) = (task.Options, task.Options.Size);
            squares = size * size;
            free = new bool[count * squares];
            goals = new int[count * options.Goals];
            (starts, places, reached) = (new int[count], new int[count], new int[count]);
            deals = new byte[count * 4];
            (stack, distances) = (new int[squares], new int[squares]);
        }

        /// <summary>Whether a square of a lane's maze is free.</summary>
        public bool IsFree(int lane, int row, int column) => free[lane * squares + row * size + column];

        /// <summary>The goals that an episode reaches at best.</summary>
        public int Best(int lane)
        {
            int steps = 0, place = starts[lane];
            for (int goal = 0; goal < options.Goals; goal++)
            {
                int next = goals[lane * options.Goals + goal];
                steps += Distance(lane, place, next);
                if (steps > options.Horizon)
                    return goal;
                place = next;
            }
            return options.Goals;
        }

        protected override void BeginTrial(int lane, RandomKey key)
        {
            RandomSequence random = key.Sequence(0);
            Dig(lane, ref random);
            starts[lane] = Anywhere(ref random);
            int before = starts[lane];
            for (int goal = 0; goal < options.Goals; goal++)
            {
                int square;
                do
                    square = Anywhere(ref random);
                while (square == before);
                goals[lane * options.Goals + goal] = before = square;
            }
            Span<byte> deal = deals.AsSpan(lane * 4, 4);
            for (int action = 0; action < 4; action++)
                deal[action] = (byte)action;
            if (options.Shuffled)
                random.Shuffle(deal);
        }

        protected override void BeginEpisode(int lane, ref RandomSequence random) =>
            (places[lane], reached[lane]) = (starts[lane], 0);

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            (int row, int column) = directions[deals[lane * 4 + actions[lane]]];
            int next = places[lane] + row * size + column;
            if (free[lane * squares + next])
                places[lane] = next;
            reward = places[lane] == goals[lane * options.Goals + reached[lane]] ? 1 : 0;
            if (reward > 0)
                reached[lane]++;
            return reached[lane] == options.Goals;
        }

        protected override void Observe(int lane, Span<float> observation)
        {
            for (int direction = 0; direction < 4; direction++)
            {
                (int row, int column) = directions[direction];
                int step = row * size + column, square = lane * squares + places[lane], seen = 0;
                while (free[square += step])
                    seen++;
                observation[direction] = (float)seen / size;
            }
            (observation[4], observation[5]) = Share(places[lane]);
            (observation[6], observation[7]) = options.ShowsGoal && reached[lane] < options.Goals
                ? Share(goals[lane * options.Goals + reached[lane]]) : (0, 0);
            observation[8] = (float)(options.Goals - reached[lane]) / options.Goals;
        }

        (float Row, float Column) Share(int square) => ((float)(square / size) / size, (float)(square % size) / size);

        // The squares with odd row and column are always free; a wall of one square is between two of them.
        int Anywhere(ref RandomSequence random)
        {
            int rooms = size / 2;
            return (2 * random.NextInt(rooms) + 1) * size + 2 * random.NextInt(rooms) + 1;
        }

        void Dig(int lane, ref RandomSequence random)
        {
            Span<bool> maze = free.AsSpan(lane * squares, squares);
            maze.Clear();
            int depth = 0;
            stack[0] = Anywhere(ref random);
            maze[stack[0]] = true;
            Span<int> ways = stackalloc int[4];
            while (depth >= 0)
            {
                int square = stack[depth], count = 0;
                foreach ((int row, int column) in directions)
                {
                    (int r, int c) = (square / size + 2 * row, square % size + 2 * column);
                    if (r > 0 && r < size && c > 0 && c < size && !maze[r * size + c])
                        ways[count++] = row * size + column;
                }
                if (count == 0)
                {
                    depth--;
                    continue;
                }
                int way = ways[random.NextInt(count)];
                maze[square + way] = maze[square + 2 * way] = true;
                stack[++depth] = square + 2 * way;
            }
        }

        // Steps on the shortest way, breadth first.
        int Distance(int lane, int from, int to)
        {
            Array.Fill(distances, -1);
            (distances[from], stack[0]) = (0, from);
            for (int head = 0, tail = 1; head < tail && distances[to] < 0; head++)
            {
                foreach ((int row, int column) in directions)
                {
                    int next = stack[head] + row * size + column;
                    if (!free[lane * squares + next] || distances[next] >= 0)
                        continue;
                    distances[next] = distances[stack[head]] + 1;
                    stack[tail++] = next;
                }
            }
            return distances[to];
        }
    }
}
