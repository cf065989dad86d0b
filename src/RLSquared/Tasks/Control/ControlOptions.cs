using RLSquared.Settings;

namespace RLSquared.Tasks;

/// <summary>Options of the tasks of classic control.</summary>
public sealed record ControlOptions
{
    /// <summary>
    /// The episodes of a trial; 1 to 10,000. All trials are of one and the same task, so that more than 1 only makes
    /// trials longer.
    /// </summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 1;

    /// <summary>
    /// The steps after which an episode is cut; 1 to 100,000. The defaults are Gymnasium's, and its figures hold for
    /// these alone.
    /// </summary>
    public required int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); }

    /// <summary>The options of one of the tasks by name.</summary>
    /// <param name="task">The task's name.</param>
    /// <param name="horizon">The steps after which Gymnasium cuts an episode.</param>
    internal static OptionTable<ControlOptions> TableFor(string task, int horizon) =>
        new OptionTable<ControlOptions>($"the task {task}", new() { Horizon = horizon })
            .Integer("episodes", "episodes of a trial",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "1: a trial is an episode", high: "longer trials")
            .Integer("horizon", "steps after which an episode is cut",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "quick, and easier or impossible", high: "figures are not comparable with Gymnasium's");
}
