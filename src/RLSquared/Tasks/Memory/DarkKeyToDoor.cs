using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="DarkKeyToDoor"/>.</summary>
public sealed record DarkKeyToDoorOptions
{
    /// <summary>The cells of a side; 2 to 100. The usual room has 9.</summary>
    public int Size { get; init => field = Require.Within("size", value, 2, 100); } = 9;

    /// <summary>The episodes of a trial, all with the same key and door; 1 to 10,000.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 10;

    /// <summary>The steps of an episode; 1 to 100,000. The usual has 50.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 50;

    /// <summary>The options by name.</summary>
    public static OptionTable<DarkKeyToDoorOptions> Table { get; } =
        new OptionTable<DarkKeyToDoorOptions>("the task dark-key-to-door", new())
            .Integer("size", "cells of a side of the room",
                options => options.Size, (options, value) => options with { Size = value },
                low: "soon searched", high: "hard to find anything by chance")
            .Integer("episodes", "episodes of a trial, all with the same key and door",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "most of it is searching", high: "longer to learn from")
            .Integer("horizon", "steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "too short to get there at all", high: "found by chance");
}

/// <summary>
/// A dark room with a key and a door, neither of which is visible (Laskin et al. 2022, 'In-context reinforcement
/// learning with algorithm distillation'): the first step onto the key pays 1 in each episode, and a step onto the
/// door after that pays 1 more and terminates the episode. Where key and door are is drawn for each trial, so that
/// what the first episodes find the later ones can use: a test of memory and of search.
/// <para>
/// The observation is the number of the agent's cell, row by row; an episode begins in the middle. Actions: up (0),
/// down (1), left (2), right (3), stay (4); a move against a wall stays. An agent that knows both places earns 2 an
/// episode.
/// </para>
/// </summary>
/// <param name="options">Room and lengths.</param>
public sealed class DarkKeyToDoor(DarkKeyToDoorOptions options) : TaskDistribution
{
    /// <summary>9 × 9 cells, ten episodes of fifty steps.</summary>
    public DarkKeyToDoor() : this(new DarkKeyToDoorOptions()) { }

    /// <summary>Room and lengths.</summary>
    public DarkKeyToDoorOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "dark-key-to-door";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => DarkKeyToDoorOptions.Table.Show(Options);

    /// <summary>The number of the agent's cell.</summary>
    public override ObservationSpace Observation => ObservationSpace.Discrete(Options.Size * Options.Size);

    /// <summary>Up, down, left, right, stay.</summary>
    public override ActionSpace Action => 5;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int GoalEpisodes => Options.Episodes;

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.OfEachTrial("key and door known, out of reach",
        (lanes, lane) => Options.Episodes * ((DarkLanes)lanes).Best(lane));

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new DarkLanes(this, count);

    sealed class DarkLanes(DarkKeyToDoor task, int count)
        : EpisodicLanes(task, task.Options.Episodes, task.Options.Horizon, count)
    {
        readonly int size = task.Options.Size;
        readonly int[] cells = new int[count], keys = new int[count], doors = new int[count];
        readonly bool[] hasKey = new bool[count];

        int Middle => size / 2 * size + size / 2;

        /// <summary>What an episode brings to an agent that knows the places.</summary>
        public int Best(int lane)
        {
            int toKey = Math.Max(1, Steps(Middle, keys[lane])), toDoor = Steps(keys[lane], doors[lane]);
            return toKey > task.Options.Horizon ? 0 : toKey + toDoor > task.Options.Horizon ? 1 : 2;
        }

        protected override void BeginTrial(int lane, RandomKey key)
        {
            RandomSequence random = key.Sequence(0);
            keys[lane] = random.NextInt(size * size);
            int door = random.NextInt(size * size - 1);                 // any cell but the key's
            doors[lane] = door < keys[lane] ? door : door + 1;
        }

        protected override void BeginEpisode(int lane, ref RandomSequence random) =>
            (cells[lane], hasKey[lane]) = (Middle, false);

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            int cell = cells[lane], row = cell / size, column = cell % size;
            cells[lane] = cell = actions[lane] switch
            {
                0 => row > 0 ? cell - size : cell,
                1 => row < size - 1 ? cell + size : cell,
                2 => column > 0 ? cell - 1 : cell,
                3 => column < size - 1 ? cell + 1 : cell,
                _ => cell,
            };
            reward = 0;
            if (!hasKey[lane] && cell == keys[lane])
                (hasKey[lane], reward) = (true, 1);
            if (!hasKey[lane] || cell != doors[lane])
                return false;
            reward = 1;
            return true;
        }

        protected override void Observe(int lane, Span<float> observation) => observation[0] = cells[lane];

        int Steps(int from, int to) => Math.Abs(from / size - to / size) + Math.Abs(from % size - to % size);
    }
}
