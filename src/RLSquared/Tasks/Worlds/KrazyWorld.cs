using System.Collections.Concurrent;
using System.Numerics;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>
/// Krazy World (Stadie et al. 2018, 'Some considerations on learning to explore via meta-reinforcement learning'): a
/// grid of tiles of which each world has its own map, shows kinds of tiles under its own numbers and lets actions mean
/// its own directions, so that an agent must find out what is what before it can collect goals. The authors'
/// world was never published, and their re-implementation has faults; this is a frozen specification
/// (<c>docs/krazy-world.md</c>), with their presets beside it.
/// <para>
/// One step: the move costs 1 of the energy, if there is an end to it. It leads to the next cell, unless that is
/// outside, a wall or a lock without key. There: death ends the episode; a goal pays 1 and is gone; an energy tile
/// gives energy and is gone; a key opens locks for the rest of the episode; a teleporter leads to the other one; on ice
/// the same move goes on, at no cost. Without energy the episode ends. The world is whole again in the next episode.
/// </para>
/// <para>
/// The observation is the 3 × 3 cells around, each as one of nine kinds one-hot, [81]; then the share of the energy
/// that is left and whether the key was found. The position in the world is not observed.
/// </para>
/// </summary>
public sealed class KrazyWorld : TaskDistribution
{
    readonly ConcurrentDictionary<ulong, int> best = new();

    /// <summary>The frozen specification, with the 32 worlds to train on.</summary>
    public KrazyWorld() : this(new KrazyWorldOptions()) { }

    /// <summary>Other worlds.</summary>
    /// <exception cref="OptionException">There is not room for all that is to be placed.</exception>
    public KrazyWorld(KrazyWorldOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        int placed = KrazyMap.Placed(options), cells = options.Size * options.Size;
        if (placed > cells)
        {
            throw new OptionException("size",
                $"a world of {options.Size} × {options.Size} cells has no room for {placed} tiles that are not " +
                "plain; make size larger, or death, ice, energy-tiles or goals smaller");
        }
        Options = options;
    }

    /// <summary>What worlds are made of.</summary>
    public KrazyWorldOptions Options { get; }

    /// <inheritdoc/>
    public override string Name => "krazy-world";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => KrazyWorldOptions.Table.Show(Options);

    /// <summary>The 3 × 3 cells around as kinds, one-hot, then energy and key.</summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(9 * KrazyMap.Kinds + 2);

    /// <summary>Four directions, in an order of the world's own.</summary>
    public override ActionSpace Action => 4;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <summary>Known where the search is not too large: goals and energy tiles are at most 16 together.</summary>
    public override TaskCeiling? Ceiling => !KrazySearch.CanSolve(Options) ? null : TaskCeiling.OfEachTrial(
        "world known, out of reach", (lanes, lane) => Options.Episodes * BestGoals(((KrazyLanes)lanes).World(lane)));

    /// <summary>
    /// The most goals that an episode in a world can bring, exactly, to an agent that knows the world: the result of
    /// an exhaustive search.
    /// </summary>
    /// <param name="world">The number of the world, such as 0 to 31 in training.</param>
    public int BestGoals(ulong world) => best.GetOrAdd(world, number => KrazySearch.MostGoals(Options, Draw(number)));

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new KrazyLanes(this, count);

    // A world is of its own number alone, so that all runs meet the same.
    internal KrazyMap Draw(ulong world)
    {
        var map = new KrazyMap(Options.Size);
        map.Draw(Options, new RandomKey(0, RandomPurpose.Task, world));
        return map;
    }
}

/// <summary>N worlds in lock-step.</summary>
internal sealed class KrazyLanes : EpisodicLanes, IDrawnLanes
{
    readonly KrazyWorldOptions options;
    readonly KrazyMap[] maps;                                       // [N]
    readonly KrazyTile[] tiles;                                     // [N, S, S], as they are in this episode
    readonly int[] cells, energies, deaths, goals, visited;         // [N]
    readonly bool[] hasKey;                                         // [N]
    readonly ulong[] worlds;                                        // [N]

    public KrazyLanes(KrazyWorld task, int count) : base(task, task.Options.Episodes, task.Options.Horizon, count)
    {
        options = task.Options;
        maps = [.. Enumerable.Range(0, count).Select(_ => new KrazyMap(options.Size))];
        tiles = new KrazyTile[checked(count * options.Size * options.Size)];
        (cells, energies, deaths, goals) = (new int[count], new int[count], new int[count], new int[count]);
        (visited, hasKey, worlds) = (new int[count], new bool[count], new ulong[count]);
    }

    /// <summary>The number of a lane's world.</summary>
    public ulong World(int lane) => worlds[lane];

    /// <summary>How many kinds of tiles were stepped on in this trial, of those that the world has.</summary>
    public double VisitedShare(int lane) =>
        (double)int.PopCount(visited[lane]) / Math.Max(1, int.PopCount(maps[lane].Present));

    /// <summary>How many of this trial's episodes ended on a tile that kills.</summary>
    public int Deaths(int lane) => deaths[lane];

    /// <summary>The goals that were reached in this trial.</summary>
    public int Goals(int lane) => goals[lane];

    /// <inheritdoc/>
    public WorldView Draw(int lane)
    {
        int size = options.Size, cell = cells[lane];
        string letters = string.Concat(Tiles(lane).ToArray().Select(
            tile => tile switch { KrazyTile.Plain => ' ', KrazyTile.Wall => '#', _ => tile.ToString()[0] }));
        return new WorldView(new Vector2(cell % size + 0.5f, cell / size + 0.5f), [],
            [.. letters.Chunk(size).Select(row => new string(row))]);
    }

    Span<KrazyTile> Tiles(int lane) => tiles.AsSpan(lane * maps[lane].Tiles.Length, maps[lane].Tiles.Length);

    protected override void BeginTrial(int lane, RandomKey key)
    {
        ulong trial = TrialOf(lane);
        worlds[lane] = options.Worlds > 0 ? (ulong)options.First + trial % (ulong)options.Worlds
            : key.Words(0) is var words ? ((ulong)words.X0 << 32) | words.X1 : 0;
        maps[lane].Draw(options, new RandomKey(0, RandomPurpose.Task, worlds[lane]));
        (deaths[lane], goals[lane], visited[lane]) = (0, 0, 0);
    }

    protected override void BeginEpisode(int lane, ref RandomSequence random)
    {
        maps[lane].Tiles.CopyTo(Tiles(lane));
        (cells[lane], energies[lane], hasKey[lane]) = (maps[lane].Start, options.Energy, false);
    }

    protected override bool Advance(int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
    {
        Span<KrazyTile> now = Tiles(lane);
        KrazyMap map = maps[lane];
        int direction = map.Directions[actions[lane]];
        reward = 0;
        energies[lane]--;
        for (bool slides = true; slides;)
        {
            int next = map.Ahead(cells[lane], direction);
            KrazyTile tile = next < 0 ? KrazyTile.Wall : now[next];
            if (tile == KrazyTile.Wall || (tile == KrazyTile.Lock && !hasKey[lane]))
                break;
            cells[lane] = next;
            visited[lane] |= 1 << (int)tile;
            slides = tile == KrazyTile.Ice;
            switch (tile)
            {
                case KrazyTile.Death:
                    deaths[lane]++;
                    return true;
                case KrazyTile.Goal:
                    reward = 1;
                    goals[lane]++;
                    break;
                case KrazyTile.Energy:
                    energies[lane] += options.EnergyGain;
                    break;
                case KrazyTile.Key:
                    hasKey[lane] = true;
                    break;
                case KrazyTile.Teleporter:
                    cells[lane] = map.OtherTeleporter(next);
                    break;
            }
            if (tile is KrazyTile.Goal or KrazyTile.Energy or KrazyTile.Key or KrazyTile.Lock)
                now[next] = KrazyTile.Plain;
        }
        return options.Energy > 0 && energies[lane] < 1;
    }

    protected override void Observe(int lane, Span<float> observation)
    {
        KrazyMap map = maps[lane];
        ReadOnlySpan<KrazyTile> now = Tiles(lane);
        observation.Clear();
        for (int i = 0; i < 9; i++)
        {
            int cell = map.Beside(cells[lane], i / 3 - 1, i % 3 - 1);
            KrazyTile tile = cell < 0 ? KrazyTile.Wall : now[cell];
            observation[i * KrazyMap.Kinds + map.Shown[(int)tile]] = 1;
        }
        observation[^2] = options.Energy == 0 ? 1 : (float)Math.Max(0, energies[lane]) / options.Energy;
        observation[^1] = hasKey[lane] ? 1 : 0;
    }
}
