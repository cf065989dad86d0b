using System.Numerics;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="GridMazes"/>.</summary>
public sealed record GridMazesOptions
{
    /// <summary>The cells of a side; 3 to 100. The paper has 20.</summary>
    public int Size { get; init => field = Require.Within("size", value, 3, 100); } = 20;

    /// <summary>
    /// The share of the cells that are walls; 0 to 0.4. Few are no maze; from 0.4 on the field falls into pieces.
    /// </summary>
    public double Walls { get; init => field = Require.Within("walls", value, 0, 0.4); } = 0.25;

    /// <summary>
    /// The most steps between start and goal; 1 to 10,000. Low: soon found. The paper does not say.
    /// </summary>
    public int Distance { get; init => field = Require.Within("distance", value, 1, 10_000); } = 20;

    /// <summary>
    /// The episodes of a trial, all in the same maze with the same goal; 1 to 10,000. From the second on it pays to
    /// remember.
    /// </summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 5;

    /// <summary>The steps of an episode; 1 to 100,000.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 60;

    /// <summary>
    /// How many mazes there are, and of which number the first one is: trial i plays maze <see cref="First"/> + i
    /// modulo this. 0 to 1,000,000; 0: no end of them.
    /// </summary>
    public int Mazes { get; init => field = Require.Within("mazes", value, 0, 1_000_000); }

    /// <summary>The number of the first maze; from 0 on. Apart by as many as there are, two sets share none.</summary>
    public int First { get; init => field = Require.AtLeast("first", value, 0); }

    /// <summary>The options by name.</summary>
    public static OptionTable<GridMazesOptions> Table { get; } =
        new OptionTable<GridMazesOptions>("the task grid-mazes", new())
            .Integer("size", "cells of a side",
                options => options.Size, (options, value) => options with { Size = value },
                low: "soon searched", high: "a long search")
            .Number("walls", "share of the cells that are walls",
                options => options.Walls, (options, value) => options with { Walls = value },
                low: "an open field", high: "many dead ends")
            .Integer("distance", "most steps from start to goal",
                options => options.Distance, (options, value) => options with { Distance = value },
                low: "soon found", high: "hard to find by chance")
            .Integer("episodes", "episodes of a trial, all in the same maze",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "nothing to remember", high: "longer to learn from")
            .Integer("horizon", "steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "often cut before the goal", high: "longer to learn from")
            .Integer("mazes", "how many mazes there are, 0 for no end of them",
                options => options.Mazes, (options, value) => options with { Mazes = value },
                low: "learned by heart", high: "what is learned must be searching")
            .Integer("first", "number of the first maze",
                options => options.First, (options, value) => options with { First = value });
}

/// <summary>
/// Mazes in which a goal is to be found, and found again, by an agent that sees no farther than the next cell: the
/// second test of E-RL² and E-MAML (Stadie et al. 2018). Maze, start and goal are drawn for each trial; an episode
/// begins at the start and terminates at the goal. Actions: up (0), down (1), left (2), right (3); a move against a
/// wall stays.
/// <code>
///   reward = −1/T at each step, −0.001 more against a wall, 1 more at the goal;    T: the steps of an episode
/// </code>
/// so that an episode that reaches the goal at step t returns 1 − t/T and any other −1, less the cost of the walls. The
/// observation is the 3 × 3 cells around, 1 for walls and all outside, row by row; the previous action, the reward and
/// the end of an episode a recurrent network sees anyway. The authors' stored mazes were never published; these have
/// scattered walls, and a goal that can be reached.
/// </summary>
/// <param name="options">Size and lengths.</param>
public sealed class GridMazes(GridMazesOptions options) : TaskDistribution
{
    /// <summary>20 × 20 cells, five episodes of sixty steps.</summary>
    public GridMazes() : this(new GridMazesOptions()) { }

    /// <summary>Size and lengths.</summary>
    public GridMazesOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "grid-mazes";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => GridMazesOptions.Table.Show(Options);

    /// <summary>The 3 × 3 cells around: 1 for walls, 0 for what is free.</summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(9);

    /// <summary>Up, down, left, right.</summary>
    public override ActionSpace Action => 4;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int GoalEpisodes => Options.Episodes;

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.OfEachTrial("maze and goal known, out of reach",
        (lanes, lane) => Options.Episodes * Earned(((MazeLanes)lanes).Distance(lane)));

    // What the way of so many steps earns.
    double Earned(int steps) => steps <= Options.Horizon ? 1 - (double)steps / Options.Horizon : -1;

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new MazeLanes(this, count);

    sealed class MazeLanes : EpisodicLanes, IDrawnLanes
    {
        readonly GridMazesOptions options;
        readonly int side;                              // with a wall all around
        readonly bool[] walls;                          // [N, side, side]
        readonly int[] starts, goals, places, distances;                                            // [N]
        readonly int[] queue, steps;                    // of a search, [side · side]

        public MazeLanes(GridMazes task, int count)
            : base(task, task.Options.Episodes, task.Options.Horizon, count)
        {
            options = task.Options;
            side = options.Size + 2;
            walls = new bool[checked(count * side * side)];
            (starts, goals, places, distances) = (new int[count], new int[count], new int[count], new int[count]);
            (queue, steps) = (new int[side * side], new int[side * side]);
        }

        /// <summary>The steps from start to goal.</summary>
        public int Distance(int lane) => distances[lane];

        /// <inheritdoc/>
        public WorldView Draw(int lane)
        {
            string Row(int row) => string.Concat(walls.AsSpan(lane * side * side + row * side, side).ToArray()
                .Select(wall => wall ? '#' : ' '));
            return new WorldView(
                Middle(places[lane]), [new WorldMark(Middle(goals[lane]), 0.3f, true)],
                [.. Enumerable.Range(0, side).Select(Row)]);

            Vector2 Middle(int cell) => new(cell % side + 0.5f, cell / side + 0.5f);
        }

        protected override void BeginTrial(int lane, RandomKey key)
        {
            // A maze is of its own number alone, so that all runs with as many mazes meet the same.
            if (options.Mazes > 0)
            {
                key = new RandomKey(0, RandomPurpose.Task,
                    (ulong)options.First + TrialOf(lane) % (ulong)options.Mazes);
            }
            RandomSequence random = key.Sequence(0);
            do
                Build(lane, ref random);
            while (distances[lane] == 0);
        }

        protected override void BeginEpisode(int lane, ref RandomSequence random) => places[lane] = starts[lane];

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            int next = places[lane] + Ahead(actions[lane]);
            reward = -1f / options.Horizon;
            if (walls[lane * side * side + next])
                reward -= 0.001f;
            else
                places[lane] = next;
            if (places[lane] != goals[lane])
                return false;
            reward++;
            return true;
        }

        protected override void Observe(int lane, Span<float> observation)
        {
            int first = lane * side * side + places[lane] - side - 1;
            for (int i = 0; i < 9; i++)
                observation[i] = walls[first + i / 3 * side + i % 3] ? 1 : 0;
        }

        int Ahead(int action) => action switch { 0 => -side, 1 => side, 2 => -1, _ => 1 };

        // Walls, a start, and a goal of all cells that can be reached within the distance, each as likely.
        void Build(int lane, ref RandomSequence random)
        {
            Span<bool> maze = walls.AsSpan(lane * side * side, side * side);
            maze.Fill(true);
            for (int row = 1; row <= options.Size; row++)
            {
                for (int column = 1; column <= options.Size; column++)
                    maze[row * side + column] = random.NextUniform() < options.Walls;
            }
            int start = (1 + random.NextInt(options.Size)) * side + 1 + random.NextInt(options.Size);
            maze[start] = false;
            steps.AsSpan().Fill(-1);
            (queue[0], steps[start]) = (start, 0);
            int found = 1;
            for (int at = 0; at < found && steps[queue[at]] < options.Distance; at++)
            {
                for (int a = 0; a < 4; a++)
                {
                    int next = queue[at] + Ahead(a);
                    if (maze[next] || steps[next] >= 0)
                        continue;
                    steps[next] = steps[queue[at]] + 1;
                    queue[found++] = next;
                }
            }
            starts[lane] = start;
            goals[lane] = found > 1 ? queue[1 + random.NextInt(found - 1)] : start;
            distances[lane] = steps[goals[lane]];
        }
    }
}
