using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Evaluation;

/// <summary>Options of an evaluation.</summary>
public sealed record EvaluationOptions
{
    /// <summary>
    /// The trials that every agent plays; from 1 to <see cref="MostInstances"/>. Ten times as many cut the standard
    /// error to a third.
    /// </summary>
    public int Instances { get; init => field = Require.Within("instances", value, 1, MostInstances); } = 10_000;

    /// <summary>The most trials of an evaluation, since the total of each is kept.</summary>
    public const int MostInstances = 10_000_000;

    /// <summary>
    /// The seed of the trials. No trial of a training run is ever among them, whatever the seeds: the trials of
    /// training, of tuning and of evaluation have numbers far apart.
    /// </summary>
    public ulong Seed { get; init; }

    /// <summary>The worker threads; at least 1. The result is the same bit for bit for every number.</summary>
    public int Threads { get; init => field = Require.AtLeast("threads", value, 1); } = Environment.ProcessorCount;

    /// <summary>
    /// The trials that are played in lock-step, N; at least 1. It moves speed and memory, not results.
    /// </summary>
    public int Lanes { get; init => field = Require.AtLeast("lanes", value, 1); } = 250;

    /// <summary>
    /// The trials on which parameters are tuned before the evaluation, others than those reported; at least 1. Few tune
    /// badly; many take as long as an evaluation for each value tried.
    /// </summary>
    public int TuningInstances { get; init => field = Require.AtLeast("tuning-instances", value, 1); } = 1000;

    /// <summary>
    /// The options of an evaluation of <paramref name="problem"/>: as many instances as were asked for, or what the
    /// problem has as a rule (<see cref="Problem.EvaluationInstances"/>); opponents are tuned on no more than these.
    /// </summary>
    public static EvaluationOptions Of(Problem problem, int? instances, ulong seed, int threads)
    {
        ArgumentNullException.ThrowIfNull(problem);
        int played = instances ?? problem.EvaluationInstances;
        return new()
        {
            Instances = played,
            TuningInstances = Math.Min(played, new EvaluationOptions().TuningInstances),
            Seed = seed,
            Threads = threads,
        };
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<EvaluationOptions> Table { get; } =
        new OptionTable<EvaluationOptions>("the evaluation", new())
            .Integer("instances", "trials that every agent plays",
                options => options.Instances, (options, value) => options with { Instances = value },
                low: "wide error bars", high: "time in proportion; ten times as many cut the error to a third")
            .Integer("tuning-instances", "other trials on which the opponents' parameters are tuned",
                options => options.TuningInstances, (options, value) => options with { TuningInstances = value },
                low: "badly tuned", high: "time in proportion")
            .Integer("lanes", "trials played in lock-step",
                options => options.Lanes, (options, value) => options with { Lanes = value },
                low: "less memory", high: "faster up to a few hundred");
}
