using System.Numerics;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="Corners"/>.</summary>
public sealed record CornersOptions
{
    /// <summary>The episodes of a trial; at least 1. Low: only an agent that adapts between trials learns.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 4;

    /// <summary>The steps of an episode; at least 1. Low: hardly time to reach a corner; 10 steps reach one.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 100;

    /// <summary>
    /// How near a corner it begins to pay; above 0. Low: a corner is hard to find; from √8 ≈ 2.8 on the right one can
    /// be told at the origin.
    /// </summary>
    public float Radius { get; init => field = Require.Above("radius", value, 0); } = 2;

    /// <summary>The options by name.</summary>
    public static OptionTable<CornersOptions> Table { get; } =
        new OptionTable<CornersOptions>("the task corners", new())
            .Integer("episodes", "episodes of a trial",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "little time to find out", high: "a long trial")
            .Integer("horizon", "steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "hardly time to reach a corner", high: "most of an episode is spent at the goal")
            .Number("radius", "how near a corner it begins to pay",
                options => options.Radius, (options, value) => options with { Radius = value },
                low: "corners are hard to find", high: "above 2.8 nothing has to be found out");
}

/// <summary>
/// Four corners, (±2, ±2), one of which pays in each trial (after Rothfuss et al. 2019, §6.1): 1 − d/r at a distance d
/// below the radius r, and else nothing. At the origin nothing is felt, so the right corner must be looked for; it is
/// the smallest task on which it matters that exploration is learned.
/// </summary>
public sealed class Corners(CornersOptions options) : PointTask
{
    /// <summary>How far the corners are from the origin along each axis.</summary>
    public const float Distance = 2;

    /// <summary>The default.</summary>
    public Corners() : this(new CornersOptions()) { }

    /// <summary>The options.</summary>
    public CornersOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "corners";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => CornersOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override int Horizon => Options.Horizon;

    /// <inheritdoc/>
    public override float Stride => 0.2f;

    /// <inheritdoc/>
    public override float StartSpread => 0.2f;

    /// <inheritdoc/>
    public override Vector2 DrawGoal(ref RandomSequence random) => Corner(random.NextInt(4));

    /// <inheritdoc/>
    public override (float Reward, bool Terminated) Judge(Vector2 position, Vector2 goal) =>
        (Math.Max(0, 1 - Vector2.Distance(position, goal) / Options.Radius), false);

    /// <summary>All four corners, as far as one can be felt.</summary>
    public override IReadOnlyList<WorldMark> Marks(Vector2 goal) =>
        [.. Enumerable.Range(0, 4).Select(i => new WorldMark(Corner(i), Options.Radius, Corner(i) == goal))];

    /// <summary>Where a corner is.</summary>
    /// <param name="number">0 to 3.</param>
    public static Vector2 Corner(int number) =>
        new((number & 1) == 0 ? Distance : -Distance, (number & 2) == 0 ? Distance : -Distance);
}
