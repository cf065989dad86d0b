using RLSquared.Settings;

namespace RLSquared.Tasks;

/// <summary>Sets of options of <see cref="KrazyWorld"/> by name.</summary>
public enum KrazyWorldPreset
{
    /// <summary>Our frozen specification: what results are reported on.</summary>
    Frozen,
    /// <summary>The easy preset of the authors' legacy file: 5 × 5, three goals, no end of energy.</summary>
    Easy,
    /// <summary>The medium one: 7 × 7, one goal, eight moves of energy.</summary>
    Medium,
    /// <summary>The hard one: 10 × 10, three goals, a lock, twelve moves of energy, actions permuted.</summary>
    Hard,
    /// <summary>The settings of the released version's read-me: fifty moves of energy.</summary>
    Readme,
    /// <summary>The defaults of the released version's constructor: eleven moves of energy.</summary>
    Constructor,
}

/// <summary>Options of <see cref="KrazyWorld"/>. The defaults are the frozen specification.</summary>
public sealed record KrazyWorldOptions
{
    /// <summary>Which set the options began with; to be set before all others.</summary>
    public KrazyWorldPreset Preset { get; init; }

    /// <summary>The cells of a side; 3 to 50.</summary>
    public int Size { get; init => field = Require.Within("size", value, 3, 50); } = 10;

    /// <summary>Goals, each of which pays 1 once an episode; 1 to 8.</summary>
    public int Goals { get; init => field = Require.Within("goals", value, 1, 8); } = 3;

    /// <summary>The least steps, without obstacles, from the start to a goal; 1 to 10.</summary>
    public int GoalDistance { get; init => field = Require.Within("goal-distance", value, 1, 10); } = 2;

    /// <summary>The share of cells that kill; 0 to 0.5.</summary>
    public double Death { get; init => field = Require.Within("death", value, 0, 0.5); } = 0.1;

    /// <summary>The share of cells on which one slides on; 0 to 0.5.</summary>
    public double Ice { get; init => field = Require.Within("ice", value, 0, 0.5); } = 0.05;

    /// <summary>The share of cells that give energy once an episode; 0 to 0.5.</summary>
    public double EnergyTiles { get; init => field = Require.Within("energy-tiles", value, 0, 0.5); } = 0.05;

    /// <summary>The moves that the energy at the start is enough for; 0 to 100,000. 0: no end of it.</summary>
    public int Energy { get; init => field = Require.Within("energy", value, 0, 100_000); } = 12;

    /// <summary>The moves that an energy tile gives; 0 to 1,000.</summary>
    public int EnergyGain { get; init => field = Require.Within("energy-gain", value, 0, 1000); } = 8;

    /// <summary>Whether there are two teleporters, each of which leads to the other.</summary>
    public bool Teleporters { get; init; } = true;

    /// <summary>Whether a wall divides the world, with a lock in it and the key on the start's side.</summary>
    public bool Lock { get; init; }

    /// <summary>Whether each world shows kinds of tiles under numbers of its own.</summary>
    public bool PermuteTiles { get; init; } = true;

    /// <summary>Whether in each world the actions mean directions of its own.</summary>
    public bool PermuteActions { get; init; } = true;

    /// <summary>The episodes of a trial, all in the same world; 1 to 10,000. The paper has 5.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 5;

    /// <summary>The steps of an episode; 1 to 100,000.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 100;

    /// <summary>
    /// How many worlds there are: trial i plays world <see cref="First"/> + i modulo this. 0 to 1,000,000; 0: no end of
    /// them. The paper trains on 32.
    /// </summary>
    public int Worlds { get; init => field = Require.Within("worlds", value, 0, 1_000_000); } = 32;

    /// <summary>
    /// The number of the first world; from 0 on. 64 worlds from number 32 on are those that are held out from training.
    /// </summary>
    public int First { get; init => field = Require.AtLeast("first", value, 0); }

    /// <summary>How many cells of each kind there are.</summary>
    internal int Count(double share) => (int)Math.Round(share * Size * Size);

    /// <summary>The options of a preset.</summary>
    public static KrazyWorldOptions Of(KrazyWorldPreset preset) => preset switch
    {
        KrazyWorldPreset.Frozen => new(),
        KrazyWorldPreset.Easy =>
            Legacy(preset) with { Size = 5, Energy = 0, EnergyTiles = 0, Death = 0.15, Ice = 0.15 },
        KrazyWorldPreset.Medium => Legacy(preset) with { Size = 7, Goals = 1, Teleporters = true, Energy = 8 },
        KrazyWorldPreset.Hard => Legacy(preset) with
        {
            Lock = true,
            Teleporters = true,
            EnergyTiles = 0.1,
            Death = 0.15,
            PermuteActions = true,
        },
        KrazyWorldPreset.Readme => new() { Preset = preset, Death = 0.08, Energy = 50 },
        KrazyWorldPreset.Constructor => new() { Preset = preset, Energy = 11 },
        _ => throw new OptionException("preset", $"there is no preset number {(int)preset}"),
    };

    static KrazyWorldOptions Legacy(KrazyWorldPreset preset) => new()
    {
        Preset = preset,
        GoalDistance = 1,
        Ice = 0.1,
        Teleporters = false,
        PermuteTiles = false,
        PermuteActions = false,
    };

    /// <summary>The options by name.</summary>
    public static OptionTable<KrazyWorldOptions> Table { get; } =
        new OptionTable<KrazyWorldOptions>("the task krazy-world", new())
            .Choice("preset", "the set that all other options begin with; name it first",
                options => options.Preset, (_, value) => Of(value),
                ("frozen", KrazyWorldPreset.Frozen), ("easy", KrazyWorldPreset.Easy),
                ("medium", KrazyWorldPreset.Medium), ("hard", KrazyWorldPreset.Hard),
                ("readme", KrazyWorldPreset.Readme), ("constructor", KrazyWorldPreset.Constructor))
            .Integer("size", "cells of a side",
                options => options.Size, (options, value) => options with { Size = value },
                low: "soon searched", high: "much to see")
            .Integer("goals", "goals, each of which pays 1 once an episode",
                options => options.Goals, (options, value) => options with { Goals = value },
                low: "rarely found", high: "often found")
            .Integer("goal-distance", "least steps from the start to a goal",
                options => options.GoalDistance, (options, value) => options with { GoalDistance = value },
                low: "found by chance", high: "to be looked for")
            .Number("death", "share of cells that kill",
                options => options.Death, (options, value) => options with { Death = value },
                low: "trying is safe", high: "few ways are")
            .Number("ice", "share of cells on which one slides on",
                options => options.Ice, (options, value) => options with { Ice = value },
                low: "moves lead one cell", high: "moves lead far")
            .Number("energy-tiles", "share of cells that give energy",
                options => options.EnergyTiles, (options, value) => options with { EnergyTiles = value },
                low: "short episodes", high: "long ones")
            .Integer("energy", "moves for which the energy at the start is enough, 0 for no end of it",
                options => options.Energy, (options, value) => options with { Energy = value },
                low: "no time to look around", high: "everything can be searched")
            .Integer("energy-gain", "moves that an energy tile gives",
                options => options.EnergyGain, (options, value) => options with { EnergyGain = value },
                low: "not worth the way", high: "worth a detour")
            .Switch("teleporters", "whether there are two teleporters",
                options => options.Teleporters, (options, value) => options with { Teleporters = value })
            .Switch("lock", "whether a wall with a lock divides the world",
                options => options.Lock, (options, value) => options with { Lock = value },
                low: "all is open", high: "the key must be found first")
            .Switch("permute-tiles", "whether each world shows kinds of tiles under numbers of its own",
                options => options.PermuteTiles, (options, value) => options with { PermuteTiles = value },
                low: "kinds are known", high: "kinds must be tried")
            .Switch("permute-actions", "whether in each world actions mean directions of its own",
                options => options.PermuteActions, (options, value) => options with { PermuteActions = value },
                low: "directions are known", high: "directions must be tried")
            .Integer("episodes", "episodes of a trial, all in the same world",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "nothing to remember", high: "longer to learn from")
            .Integer("horizon", "most steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "far goals cannot be reached", high: "longer to learn from")
            .Integer("worlds", "how many worlds there are, 0 for no end of them",
                options => options.Worlds, (options, value) => options with { Worlds = value },
                low: "learned by heart", high: "what is learned must be exploring")
            .Integer("first", "number of the first world",
                options => options.First, (options, value) => options with { First = value });
}
