using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="RuleWorlds"/>.</summary>
public sealed record RuleWorldsOptions
{
    /// <summary>The cells of a side; 4 to 50.</summary>
    public int Size { get; init => field = Require.Within("size", value, 4, 50); } = 7;

    /// <summary>How far the agent sees in each direction, in cells; 1 to 10. At 2 it sees 5 × 5 cells.</summary>
    public int Sight { get; init => field = Require.Within("sight", value, 1, 10); } = 2;

    /// <summary>The kinds of objects that there are; 3 to 50. Many: rules seldom come twice in training.</summary>
    public int Kinds { get; init => field = Require.Within("kinds", value, 3, 50); } = 8;

    /// <summary>
    /// The most rules that must be used to make the wanted object; 0 to 10. Each trial has 0 … this many, all equally
    /// likely. At 0 the wanted object lies about from the start.
    /// </summary>
    public int Depth { get; init => field = Require.Within("depth", value, 0, 10); } = 1;

    /// <summary>Objects that are of no use; 0 to 20.</summary>
    public int Distractors { get; init => field = Require.Within("distractors", value, 0, 20); } = 2;

    /// <summary>The episodes of a trial, all with the same rules and goal; 1 to 10,000.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 4;

    /// <summary>The steps of an episode; 1 to 100,000.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 60;

    /// <summary>Objects that lie about when an episode of the deepest rules begins.</summary>
    internal int MostObjects => 1 + Depth + Distractors;

    /// <summary>Checks what no option can check alone.</summary>
    /// <exception cref="OptionException">There are fewer kinds than a trial needs, or fewer cells.</exception>
    internal void Validate()
    {
        int needed = 1 + 2 * Depth + Distractors;
        if (Kinds < needed)
        {
            throw new OptionException("kinds", $"kinds={Kinds} is too few: depth {Depth} with {Distractors} " +
                $"distractors needs {needed} kinds");
        }
        if (Size * Size <= MostObjects)
        {
            throw new OptionException("size",
                $"{MostObjects} objects and the agent do not fit into {Size} × {Size} cells; make size larger");
        }
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<RuleWorldsOptions> Table { get; } =
        new OptionTable<RuleWorldsOptions>("the task rule-worlds", new())
            .Integer("size", "cells of a side",
                options => options.Size, (options, value) => options with { Size = value },
                low: "objects are soon found", high: "long ways")
            .Integer("sight", "cells that the agent sees in each direction",
                options => options.Sight, (options, value) => options with { Sight = value },
                low: "it must remember what lies where", high: "it sees everything at once")
            .Integer("kinds", "kinds of objects",
                options => options.Kinds, (options, value) => options with { Kinds = value },
                low: "rules are soon known by heart", high: "wide observations")
            .Integer("depth", "most rules that lead to the wanted object",
                options => options.Depth, (options, value) => options with { Depth = value },
                low: "the wanted object lies about", high: "seldom found by chance")
            .Integer("distractors", "objects that are of no use",
                options => options.Distractors, (options, value) => options with { Distractors = value },
                low: "everything is of use", high: "much to try")
            .Integer("episodes", "episodes of a trial, all with the same rules and goal",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "most of it is finding out", high: "longer to learn from")
            .Integer("horizon", "steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "too short to find anything out", high: "found by chance");
}

/// <summary>
/// A grid world whose rules change from trial to trial, in the manner of XLand-MiniGrid (Nikulin et al. 2024); the
/// details are this library's own. Objects of several kinds lie about. A trial has a wanted kind, and rules of the
/// form: where a and b lie side by side, both vanish and c is there. Neither is told: the agent finds out by carrying
/// objects about, and in the next episode, with the objects elsewhere, can use what it knows.
/// <code>
///   a₁ + b₁ → c₁      c₁ + b₂ → c₂      …      the last c is the wanted kind
/// </code>
/// <para>
/// Actions: up (0), down (1), left (2), right (3), and 4 to pick up what lies in the agent's cell, or to put down what
/// it carries where nothing lies. A rule is applied when an object is put down beside another. Picking up the wanted
/// kind terminates the episode and pays 1 − 0.9 · (steps so far) / horizon; nothing else pays.
/// </para>
/// <para>
/// Observation: for each of the cells within sight, row by row, one number for a wall and one for each kind of object;
/// then one for each kind that may be carried.
/// </para>
/// </summary>
public sealed class RuleWorlds : TaskDistribution
{
    /// <summary>The default: 7 × 7 cells, at most one rule, four episodes.</summary>
    public RuleWorlds() : this(new RuleWorldsOptions()) { }

    /// <summary>A distribution of worlds.</summary>
    /// <param name="options">Size, rules and lengths.</param>
    /// <exception cref="OptionException">Kinds or cells are too few.</exception>
    public RuleWorlds(RuleWorldsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
    }

    /// <summary>Size, rules and lengths.</summary>
    public RuleWorldsOptions Options { get; }

    /// <inheritdoc/>
    public override string Name => "rule-worlds";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => RuleWorldsOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation => ObservationSpace.Vector(
        (2 * Options.Sight + 1) * (2 * Options.Sight + 1) * (Options.Kinds + 1) + Options.Kinds);

    /// <summary>Four moves, and to pick up or put down.</summary>
    public override ActionSpace Action => 5;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int GoalEpisodes => Options.Episodes;

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new RuleLanes(this, count);

    /// <summary>What is in force in a lane's trial.</summary>
    /// <param name="First">One of the objects.</param>
    /// <param name="Second">The other.</param>
    /// <param name="Product">What comes of them.</param>
    internal readonly record struct Rule(byte First, byte Second, byte Product)
    {
        public bool Takes(byte one, byte other) =>
            (one == First && other == Second) || (one == Second && other == First);
    }

    internal sealed class RuleLanes : EpisodicLanes
    {
        const byte Nothing = 0;                         // kinds are 1, 2, …

        readonly RuleWorldsOptions options;
        readonly int size, cells;
        readonly byte[] board;                          // [N, size · size]: what lies where
        readonly Rule[] rules;                          // [N, depth]
        readonly byte[] objects;                        // [N, most objects]: what lies about at first
        readonly int[] ruleCounts, objectCounts;        // [N]
        readonly byte[] wanted, carried;                // [N]
        readonly int[] places;                          // [N]
        readonly byte[] kinds;                          // scratch: an order of the kinds

        public RuleLanes(RuleWorlds task, int count)
            : base(task, task.Options.Episodes, task.Options.Horizon, count)
        {
            (options, size) = (task.Options, task.Options.Size);
            cells = size * size;
            board = new byte[count * cells];
            rules = new Rule[count * options.Depth];
            objects = new byte[count * options.MostObjects];
            (ruleCounts, objectCounts) = (new int[count], new int[count]);
            (wanted, carried, places) = (new byte[count], new byte[count], new int[count]);
            kinds = new byte[options.Kinds];
        }

        /// <summary>The rules of a lane's trial.</summary>
        public ReadOnlySpan<Rule> RulesOf(int lane) => rules.AsSpan(lane * options.Depth, ruleCounts[lane]);

        /// <summary>The wanted kind of a lane's trial.</summary>
        public byte WantedOf(int lane) => wanted[lane];

        /// <summary>What lies where in a lane, row by row; 0 for nothing.</summary>
        public Span<byte> BoardOf(int lane) => board.AsSpan(lane * cells, cells);

        /// <summary>The cell of a lane's agent.</summary>
        public ref int PlaceOf(int lane) => ref places[lane];

        /// <summary>What a lane's agent carries; 0 for nothing.</summary>
        public byte CarriedBy(int lane) => carried[lane];

        protected override void BeginTrial(int lane, RandomKey key)
        {
            RandomSequence random = key.Sequence(0);
            for (int kind = 0; kind < kinds.Length; kind++)
                kinds[kind] = (byte)(kind + 1);
            random.Shuffle(kinds.AsSpan());
            int depth = random.NextInt(options.Depth + 1), next = 0, count = 0;
            Span<byte> first = objects.AsSpan(lane * options.MostObjects, options.MostObjects);
            byte made = kinds[next++];
            first[count++] = made;
            for (int rule = 0; rule < depth; rule++)
            {
                (byte other, byte product) = (kinds[next++], kinds[next++]);
                first[count++] = other;
                rules[lane * options.Depth + rule] = new Rule(made, other, product);
                made = product;
            }
            for (int distractor = 0; distractor < options.Distractors; distractor++)
                first[count++] = kinds[next++];
            (wanted[lane], ruleCounts[lane], objectCounts[lane]) = (made, depth, count);
        }

        protected override void BeginEpisode(int lane, ref RandomSequence random)
        {
            Span<byte> board = BoardOf(lane);
            board.Clear();
            places[lane] = random.NextInt(cells);
            carried[lane] = Nothing;
            foreach (byte kind in objects.AsSpan(lane * options.MostObjects, objectCounts[lane]))
            {
                int cell;
                do
                    cell = random.NextInt(cells);
                while (cell == places[lane] || board[cell] != Nothing);
                board[cell] = kind;
            }
        }

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            reward = 0;
            ref int place = ref places[lane];
            (int row, int column) = (place / size, place % size);
            switch (actions[lane])
            {
                case 0 when row > 0: place -= size; break;
                case 1 when row < size - 1: place += size; break;
                case 2 when column > 0: place--; break;
                case 3 when column < size - 1: place++; break;
                case 4: Use(lane, place); break;
            }
            if (carried[lane] != wanted[lane])
                return false;
            reward = 1 - 0.9f * (StepsInEpisode(lane) + 1) / options.Horizon;
            return true;
        }

        void Use(int lane, int place)
        {
            Span<byte> board = BoardOf(lane);
            if (carried[lane] == Nothing)
            {
                (carried[lane], board[place]) = (board[place], Nothing);
            }
            else if (board[place] == Nothing)
            {
                (board[place], carried[lane]) = (carried[lane], Nothing);
                (int row, int column) = (place / size, place % size);
                bool done = row > 0 && Combine(lane, place, place - size);
                done = done || (row < size - 1 && Combine(lane, place, place + size));
                done = done || (column > 0 && Combine(lane, place, place - 1));
                _ = done || (column < size - 1 && Combine(lane, place, place + 1));
            }
        }

        // Applies the rule that takes the objects of both cells, if there is one.
        bool Combine(int lane, int place, int beside)
        {
            Span<byte> board = BoardOf(lane);
            foreach (Rule rule in RulesOf(lane))
            {
                if (!rule.Takes(board[place], board[beside]))
                    continue;
                (board[place], board[beside]) = (rule.Product, Nothing);
                return true;
            }
            return false;
        }

        protected override void Observe(int lane, Span<float> observation)
        {
            observation.Clear();
            int sight = options.Sight, width = options.Kinds + 1, at = 0;
            (int row, int column) = (places[lane] / size, places[lane] % size);
            ReadOnlySpan<byte> board = BoardOf(lane);
            for (int r = row - sight; r <= row + sight; r++)
            {
                for (int c = column - sight; c <= column + sight; c++, at += width)
                {
                    if ((uint)r >= (uint)size || (uint)c >= (uint)size)
                        observation[at] = 1;
                    else if (board[r * size + c] is not Nothing and var kind)
                        observation[at + kind] = 1;
                }
            }
            if (carried[lane] != Nothing)
                observation[at + carried[lane] - 1] = 1;
        }
    }
}
