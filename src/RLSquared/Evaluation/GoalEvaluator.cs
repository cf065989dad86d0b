using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Evaluation;

/// <summary>Options of an evaluation on goals.</summary>
public sealed record GoalEvaluationOptions
{
    /// <summary>
    /// Episodes of each task; from 1 to 1,000,000. The published protocol has 50, with which a rate of one half has a
    /// standard error of 7 points.
    /// </summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 1_000_000); } = 50;

    /// <summary>The seed; starts, goals and luck are functions of it.</summary>
    public ulong Seed { get; init; }

    /// <summary>
    /// The episodes that are played in lock-step, N; at least 1. It moves speed and memory, not results.
    /// </summary>
    public int Lanes { get; init => field = Require.AtLeast("lanes", value, 1); } = 25;
}

/// <summary>How often an agent reached the goals of one task.</summary>
/// <param name="Task">The task in a few words.</param>
/// <param name="Episodes">How many episodes were played.</param>
/// <param name="Successes">In how many of them the goal was reached.</param>
/// <param name="MeanSteps">The mean steps of the successes; NaN where there are none.</param>
public readonly record struct GoalScore(string Task, int Episodes, int Successes, double MeanSteps)
{
    /// <summary>The share of successes, 0 to 1.</summary>
    public double Rate => (double)Successes / Episodes;
}

/// <summary>What an evaluation on goals found.</summary>
/// <param name="Tasks">The score of each task.</param>
public sealed record GoalEvaluation(IReadOnlyList<GoalScore> Tasks)
{
    /// <summary>Whether each episode reached its goal, [tasks, episodes].</summary>
    public ReadOnlyMemory<bool> Outcomes { get; init; }

    /// <summary>The mean of the tasks' rates, 0 to 1: the figure that tables show.</summary>
    public double Rate => Tasks.Average(task => task.Rate);
}

/// <summary>
/// Judges whoever acts towards goals: every task of <see cref="GoalTask.Evaluations"/> for some episodes each.
/// <code>
/// var maze = new PointMaze();
/// GoalEvaluation found = GoalEvaluator.Run(maze, _ => (in GoalPercept percept, ActionSpan actions) => …);
/// </code>
/// </summary>
public static class GoalEvaluator
{
    /// <summary>Plays and counts.</summary>
    /// <param name="task">The task.</param>
    /// <param name="create">
    /// Makes whoever acts, given the most lanes that it is asked for at once; called for each part of the evaluation,
    /// from several threads, so that each part may have memory of its own.
    /// </param>
    /// <param name="options">How many episodes; null for the published protocol.</param>
    /// <param name="workers">
    /// The threads; null for the calling one alone. The result is the same for every number.
    /// </param>
    public static GoalEvaluation Run(
        GoalTask task, Func<int, GoalAct> create, GoalEvaluationOptions? options = null, Workers? workers = null)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(create);
        options ??= new GoalEvaluationOptions();
        int tasks = task.Evaluations.Count, parts = (options.Episodes - 1) / options.Lanes + 1;
        var counts = new (int Successes, long Steps)[tasks * parts];
        bool[] outcomes = new bool[tasks * options.Episodes];
        if (workers is null)
        {
            for (int piece = 0; piece < counts.Length; piece++)
                Play(piece);
        }
        else
        {
            workers.Run(counts.Length, Play);
        }
        return new GoalEvaluation([.. task.Evaluations.Select((name, number) => Score(name, number))])
        {
            Outcomes = outcomes,
        };

        void Play(int piece)
        {
            (int number, int part) = Math.DivRem(piece, parts);
            int first = part * options.Lanes, lanes = Math.Min(options.Lanes, options.Episodes - first);
            Span<bool> reached = outcomes.AsSpan(number * options.Episodes + first, lanes);
            counts[piece] = PlayPart(task, create(lanes), options.Seed, number, first, reached);
        }

        GoalScore Score(string name, int number)
        {
            int successes = 0;
            long steps = 0;
            foreach ((int some, long theirs) in counts.AsSpan(number * parts, parts))
                (successes, steps) = (successes + some, steps + theirs);
            return new GoalScore(name, options.Episodes, successes, (double)steps / successes);
        }
    }

    static (int Successes, long Steps) PlayPart(
        GoalTask task, GoalAct act, ulong seed, int number, int first, Span<bool> reached)
    {
        int lanes = reached.Length, width = task.Observation.Width, over = 0, successes = 0;
        long steps = 0;
        float[] observations = new float[lanes * width], goals = new float[lanes * width];
        int[] tasks = new int[lanes];
        Array.Fill(tasks, number);
        var endings = new Endings[lanes];
        var actions = new ActionBuffer(task.Action, lanes);
        GoalLanes world = task.CreateLanes(lanes);
        // Episodes of different tasks have numbers far apart, so that no two of them share their luck.
        ulong firstEpisode = ((ulong)number << 32) + (ulong)first;
        world.Begin(seed, firstEpisode, tasks, observations, goals);
        bool[] counted = new bool[lanes];
        for (int step = 0; over < lanes; step++)
        {
            act(new GoalPercept
            {
                Lanes = lanes,
                Observations = observations,
                Goals = goals,
                Step = step,
                Seed = seed,
                FirstEpisode = firstEpisode,
            }, actions.Span);
            world.Step(actions.Span, observations, endings);
            for (int lane = 0; lane < lanes; lane++)
            {
                if (counted[lane] || !endings[lane].HasFlag(Endings.TrialEnded))
                    continue;
                counted[lane] = true;
                over++;
                reached[lane] = endings[lane].HasFlag(Endings.Terminated);
                if (reached[lane])
                    (successes, steps) = (successes + 1, steps + step + 1);
            }
        }
        return (successes, steps);
    }
}
