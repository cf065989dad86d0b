using RLSquared.Settings;

namespace RLSquared.Tasks.Mazes;

/// <summary>How large a maze is.</summary>
public enum MazeSize
{
    /// <summary>3 × 3 rooms, which with the passages between them are the 5 × 5 cells of the paper.</summary>
    Small,
    /// <summary>5 × 5 rooms, 9 × 9 cells.</summary>
    Large,
}

/// <summary>One of the two stored sets of mazes, which have no pair of walls and target in common.</summary>
public enum MazeSplit
{
    /// <summary>The thousand mazes to learn in.</summary>
    Train,
    /// <summary>The thousand mazes that no training has seen; trial i plays maze i modulo 1000.</summary>
    Test,
}

/// <summary>Options of <see cref="MazeNavigation"/>.</summary>
public sealed record MazeOptions
{
    /// <summary>Small or large. The paper trains in small mazes and tests in both.</summary>
    public MazeSize Size
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new OptionException(
            "size", $"size must be small or large, but is number {(int)value}");
    } = MazeSize.Small;

    /// <summary>
    /// Episodes of a trial, all in the same maze; from 1 to 10,000. From the second on it pays to remember. The paper
    /// trains with 2 and tests with up to 5.
    /// </summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 2;

    /// <summary>
    /// Steps after which an episode is cut, at most 100,000; 0 for the paper's 250 in small mazes and 1000 in large
    /// ones. Few cut off a search that would succeed; many spend the training on aimless walks.
    /// </summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 0, 100_000); }

    /// <summary>Which of the two stored sets the mazes come from.</summary>
    public MazeSplit Split
    {
        get;
        init => field = Enum.IsDefined(value) ? value : throw new OptionException(
            "split", $"split must be train or test, but is number {(int)value}");
    } = MazeSplit.Train;

    /// <summary>The steps after which an episode really is cut.</summary>
    public int StepsPerEpisode => Horizon > 0 ? Horizon : Size == MazeSize.Small ? 250 : 1000;

    /// <summary>The options by name.</summary>
    public static OptionTable<MazeOptions> Table { get; } =
        new OptionTable<MazeOptions>("the task mazes", new())
            .Choice("size", "small is 3 × 3 rooms, large 5 × 5",
                options => options.Size, (options, value) => options with { Size = value },
                ("small", MazeSize.Small), ("large", MazeSize.Large))
            .Integer("episodes", "episodes of a trial, all in the same maze",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "nothing to remember with 1", high: "remembering the target pays more often")
            .Integer("horizon", "steps after which an episode is cut; 0 for 250 (small) or 1000 (large)",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "cuts off long searches", high: "more of the training is aimless walks")
            .Choice("split", "the stored set that mazes come from",
                options => options.Split, (options, value) => options with { Split = value },
                ("train", MazeSplit.Train), ("test", MazeSplit.Test));
}
