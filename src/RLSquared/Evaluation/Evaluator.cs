using System.Collections.Concurrent;
using RLSquared.Agents;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Evaluation;

/// <summary>
/// Plays agents on the same trials with the same rewards and says how well each did. Trials are cut into blocks of N
/// lanes; a worker thread takes a whole block. What happens in a trial depends on (seed, trial) alone and totals are
/// added in the order of trials, so the result is the same bit for bit for every number of threads.
/// </summary>
public static class Evaluator
{
    /// <summary>
    /// The number of the first trial of an evaluation. Training counts its trials from 0 and never comes near, so an
    /// agent cannot meet the tasks of its training again, even under the same seed.
    /// </summary>
    public const ulong FirstTrial = 1UL << 48;

    /// <summary>Plays every agent on the same trials.</summary>
    /// <param name="task">What is played.</param>
    /// <param name="agents">Who plays.</param>
    /// <param name="options">How many trials, which, and on how many threads.</param>
    /// <param name="progress">Is told after each block of trials, from the thread that played it.</param>
    /// <param name="cancellation">Stops between blocks.</param>
    /// <exception cref="NotSupportedException">An agent cannot play this task.</exception>
    /// <exception cref="NonFiniteException">A reward was a NaN or an infinity.</exception>
    /// <exception cref="OperationCanceledException">The evaluation was stopped.</exception>
    public static EvaluationResult Run(
        TaskDistribution task, IEnumerable<Agent> agents, EvaluationOptions options,
        IProgress<EvaluationProgress>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(agents);
        ArgumentNullException.ThrowIfNull(options);
        List<AgentScore> scores =
        [
            .. agents.Select(
                agent => Score(task, agent, options.Instances, FirstTrial, options, progress, cancellation)),
        ];
        return new EvaluationResult(
            task.Name, task.Settings, options.Instances, options.Seed,
            scores, FindCeiling(task, scores, options, progress, cancellation));
    }

    /// <summary>Plays one agent on the trials numbered from <paramref name="firstTrial"/> on.</summary>
    internal static AgentScore Score(
        TaskDistribution task, Agent agent, int instances, ulong firstTrial, EvaluationOptions options,
        IProgress<EvaluationProgress>? progress, CancellationToken cancellation)
    {
        double[] totals = new double[instances];
        int done = 0, E = task.GoalEpisodes;
        int[] steps = new int[checked(instances * E)];
        int N = Math.Min(Math.Min(options.Lanes, instances), task.MaxLanes);
        int blocks = (int)(((long)instances + N - 1) / N);
        var seats = new ConcurrentBag<Seat> { new(task, agent, N) };            // at most one for each thread
        if (task.MaxLanes == int.MaxValue)
        {
            using var workers = new Workers(options.Threads);
            workers.Run(blocks, PlayBlock);
        }
        else
        {
            for (int block = 0; block < blocks; block++)
                PlayBlock(block);
        }
        foreach (Seat seat in seats)
            seat.Dispose();
        return new AgentScore(agent.Name, agent.SettingsFor(task), Estimate.Of(totals), totals)
        {
            Navigation = E > 0 ? NavigationFigures.Of(E, steps) : null,
        };

        void PlayBlock(int block)
        {
            cancellation.ThrowIfCancellationRequested();
            if (!seats.TryTake(out Seat? seat))
                seat = new Seat(task, agent, N);
            seat.Play(options.Seed, firstTrial + (ulong)block * (ulong)N);
            // The last block may have more lanes than there are trials left; what these play does not count.
            int counted = Math.Min(N, instances - block * N);
            seat.Totals[..counted].CopyTo(totals.AsSpan(block * N));
            seat.Episodes?.Steps[..(counted * E)].CopyTo(steps.AsSpan(block * N * E));
            seats.Add(seat);
            progress?.Report(new(agent.Name, Math.Min(instances, Interlocked.Add(ref done, N)), instances));
        }
    }

    /// <summary>What no agent, or nearly none, can exceed on the trials of an evaluation.</summary>
    internal static Ceiling? FindCeiling(
        TaskDistribution task, IReadOnlyList<AgentScore> scores, EvaluationOptions options,
        IProgress<EvaluationProgress>? progress, CancellationToken cancellation)
    {
        if (task.Ceiling is not { } ceiling)
            return null;
        Estimate score = ceiling.Value is { } value ? new Estimate(value(), 0)
            : ceiling.Best is { } best ? BestOfTrials(task, best, options)
            : (scores.FirstOrDefault(played => played.Name == ceiling.Reference!.Name)
                ?? Score(
                    task, ceiling.Reference!, options.Instances, FirstTrial, options, progress, cancellation)).Score;
        return new Ceiling(ceiling.Name, ceiling.IsBound, score);
    }

    // What each trial brings at best to someone who knows its task, on the same trials.
    static Estimate BestOfTrials(TaskDistribution task, Func<Lanes, int, double> best, EvaluationOptions options)
    {
        int N = Math.Min(Math.Min(options.Lanes, options.Instances), task.MaxLanes);
        Lanes lanes = task.CreateLanes(N);
        float[] observations = new float[N * task.Observation.Width];
        double[] values = new double[options.Instances];
        for (int first = 0; first < values.Length; first += N)
        {
            lanes.Begin(options.Seed, FirstTrial + (ulong)first, observations);
            for (int lane = 0; lane < Math.Min(N, values.Length - first); lane++)
                values[first + lane] = best(lanes, lane);
        }
        return Estimate.Of(values);
    }

    /// <summary>One worker's lanes and player, used for one block after the other.</summary>
    sealed class Seat(TaskDistribution task, Agent agent, int lanes) : IDisposable
    {
        readonly Game game = new(task, agent, lanes);
        readonly double[] totals = new double[lanes];                                   // [N]

        public ReadOnlySpan<double> Totals => totals;

        public EpisodeCounter? Episodes { get; } =
            task.GoalEpisodes > 0 ? new EpisodeCounter(task.GoalEpisodes, lanes) : null;

        public void Dispose() => game.Dispose();

        /// <summary>
        /// Plays one trial in each lane from beginning to end, and once more if it was interrupted. Allocates nothing.
        /// </summary>
        public void Play(ulong seed, ulong firstTrial)
        {
            while (true)
            {
                try
                {
                    PlayOnce(seed, firstTrial);
                    return;
                }
                catch (TrialsInterruptedException)
                {
                    // What the trials have brought so far does not count.
                }
            }
        }

        void PlayOnce(ulong seed, ulong firstTrial)
        {
            Array.Clear(totals);
            Episodes?.Begin();
            game.Begin(seed, firstTrial);
            while (game.Decide())
            {
                game.Step();
                Episodes?.Add(game.Endings);
                for (int lane = 0; lane < totals.Length; lane++)
                    totals[lane] += game.Rewards[lane];
            }
        }
    }
}

/// <summary>How far an evaluation has come with one agent.</summary>
/// <param name="Agent">The agent's name.</param>
/// <param name="Done">Trials played.</param>
/// <param name="Instances">Trials to play.</param>
public readonly record struct EvaluationProgress(string Agent, int Done, int Instances);
