using RLSquared.Evaluation;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>
/// What an algorithm has learned of a goal problem, judged beside whoever acts at random: the share of episodes that
/// reach their goal, of all tasks and of each.
/// </summary>
static class GoalJudgement
{
    const int MostLanes = 25;

    /// <summary>Plays as many episodes of each task as there are instances for it.</summary>
    /// <param name="algorithm">Who has learned.</param>
    /// <param name="problem">What.</param>
    /// <param name="act">Makes whoever acts by it, for so many lanes.</param>
    /// <param name="options">How many, of which seed, on how many threads.</param>
    /// <param name="cancellation">Stops it between agents.</param>
    /// <exception cref="OptionException">There are fewer instances than tasks.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static EvaluationResult Run(
        IAlgorithm algorithm, GoalProblem problem, Func<int, GoalAct> act, EvaluationOptions options,
        CancellationToken cancellation)
    {
        int tasks = problem.Task.Evaluations.Count;
        if (tasks == 0)
        {
            throw new OptionException("instances",
                $"{problem.Name} holds recorded trajectories, in which nothing can be tried");
        }
        if (options.Instances < tasks)
        {
            throw new OptionException("instances",
                $"{problem.Name} has {tasks} goals, so instances must be at least {tasks}, but is {options.Instances}");
        }
        var each = new GoalEvaluationOptions
        {
            Episodes = options.Instances / tasks,
            Seed = options.Seed,
            Lanes = Math.Min(options.Lanes, MostLanes),
        };
        using var workers = new Workers(options.Threads);
        AgentScore learned = Judge(algorithm.Name, problem, act, each, workers, cancellation);
        AgentScore random = Judge("random", problem, _ => ActAtRandom(problem.Task), each, workers, cancellation);
        return new EvaluationResult(
            problem.Name, problem.Settings, tasks * each.Episodes, options.Seed, [learned, random], null);
    }

    static AgentScore Judge(string name, GoalProblem problem, Func<int, GoalAct> act, GoalEvaluationOptions options,
        Workers workers, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        GoalEvaluation found = GoalEvaluator.Run(problem.Task, act, options, workers);
        double[] totals = [.. found.Outcomes.ToArray().Select(reached => reached ? 1.0 : 0)];
        return new AgentScore(name, [], Estimate.Of(totals), totals)
        {
            Figures = [.. found.Tasks.Select((score, number) => (score.Task,
                Estimate.Of(totals.AsSpan(number * options.Episodes, options.Episodes))))],
        };
    }

    static GoalAct ActAtRandom(GoalTask task)
    {
        ActionSpace space = task.Action;
        return (in GoalPercept percept, ActionSpan actions) =>
        {
            for (int lane = 0; lane < percept.Lanes; lane++)
            {
                var random = percept.Random(lane);
                for (int k = 0; k < space.Choices; k++)
                    actions.Choices[lane * space.Choices + k] = random.NextInt(space.SizeOf(k));
                for (int c = 0; c < space.Numbers; c++)
                    actions.Numbers[lane * space.Numbers + c] = (float)(2 * random.NextUniform() - 1);
            }
        };
    }
}
