using System.Numerics;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="PointGoals"/>.</summary>
public sealed record PointGoalsOptions
{
    /// <summary>The episodes of a trial; at least 1.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 4;

    /// <summary>The steps of an episode; at least 1. Seven reach any goal.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 100;

    /// <summary>
    /// Whether a step costs the squared distance, as the MAML paper says; else the distance, as its program has it.
    /// </summary>
    public bool Squared { get; init; }

    /// <summary>The options by name.</summary>
    public static OptionTable<PointGoalsOptions> Table { get; } =
        new OptionTable<PointGoalsOptions>("the task point-goals", new())
            .Integer("episodes", "episodes of a trial",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "little time to find out", high: "a long trial")
            .Integer("horizon", "steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "hardly time to get there", high: "it counts more to arrive than how fast")
            .Switch("squared", "whether a step costs the squared distance",
                options => options.Squared, (options, value) => options with { Squared = value },
                low: "as in the MAML paper's program", high: "as in its text; hardly any cost near the goal");
}

/// <summary>
/// Two-dimensional navigation (Finn et al. 2017, §5.3): a goal uniform in the square from −0.5 to 0.5, steps of at most
/// 0.1 along each axis, a cost of the distance at each step, and the end within 0.01 of the goal along both axes. Where
/// the goal is can be told from what each step costs.
/// </summary>
public sealed class PointGoals(PointGoalsOptions options) : PointTask
{
    const float near = 0.01f;

    /// <summary>The default.</summary>
    public PointGoals() : this(new PointGoalsOptions()) { }

    /// <summary>The options.</summary>
    public PointGoalsOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "point-goals";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => PointGoalsOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override int Horizon => Options.Horizon;

    /// <inheritdoc/>
    public override float Stride => 0.1f;

    /// <inheritdoc/>
    public override float StartSpread => 0;

    /// <inheritdoc/>
    public override Vector2 DrawGoal(ref RandomSequence random) =>
        new((float)random.NextUniform() - 0.5f, (float)random.NextUniform() - 0.5f);

    /// <inheritdoc/>
    public override (float Reward, bool Terminated) Judge(Vector2 position, Vector2 goal)
    {
        Vector2 apart = Vector2.Abs(position - goal);
        float cost = Options.Squared ? apart.LengthSquared() : apart.Length();
        return (-cost, apart.X < near && apart.Y < near);
    }
}
