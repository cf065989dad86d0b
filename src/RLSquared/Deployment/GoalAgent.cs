using RLSquared.Algorithms;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tasks.Goals;
using RLSquared.Tensors;

namespace RLSquared.Deployment;

/// <summary>
/// What a run has learned of reaching goals, in your own program: it receives what is seen and what is wanted, and says
/// what to do next.
/// <code>
/// using var agent = GoalAgent.Load("runs/my-maze");
/// float[] observation = world.Reset();
/// while (!world.IsAt(goal))
///     observation = world.Step(agent.Act(observation, goal).Numbers);
/// </code>
/// It acts as in an evaluation, bit for bit. The recorded trajectories are made or read again when it is loaded, since
/// they say how numbers are scaled, and where a plan's landmarks are; a file of trajectories must still be there. One
/// agent serves one thread at a time.
/// </summary>
public sealed class GoalAgent : IDisposable
{
    readonly Workers workers;
    readonly IAlgorithm algorithm;
    readonly GoalTask task;
    readonly GoalAct act;
    readonly ActionBuffer action;
    readonly float[] wanted;
    readonly ulong seed;
    ulong episode;
    int step = -1;

    GoalAgent(Workers workers, IAlgorithm algorithm, GoalTask task, ulong seed)
    {
        (this.workers, this.algorithm, this.task, this.seed) = (workers, algorithm, task, seed);
        act = ((IGoalPolicy)algorithm).Act(lanes: 1);
        (action, wanted) = (new ActionBuffer(task.Action, lanes: 1), new float[task.Observation.Width]);
    }

    /// <summary>What an observation is, and a goal.</summary>
    public ObservationSpace Observation => task.Observation;

    /// <summary>What an action is.</summary>
    public ActionSpace Action => task.Action;

    /// <summary>Loads what a run has learned.</summary>
    /// <param name="path">The folder of a run whose task and algorithm are the library's.</param>
    /// <param name="checkpoint"><c>last</c> or <c>best</c>.</param>
    /// <exception cref="OptionException">There is no such folder or checkpoint, or the run learned no goals.
    /// </exception>
    /// <exception cref="InvalidDataException">There is no checkpoint yet, or it is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static GoalAgent Load(string path, string checkpoint = "last")
    {
        ArgumentNullException.ThrowIfNull(path);
        RunFolder folder = RunFolder.Open(path);
        Checkpoint from = checkpoint switch
        {
            "last" => folder.ReadLastCheckpoint(),
            "best" => Checkpoint.Read(folder.BestCheckpointPath),
            _ => throw new OptionException(
                "checkpoint", $"of a run, the last or the best checkpoint can be loaded, but not '{checkpoint}'"),
        };
        RunConfiguration configuration = folder.Configuration;
        if (TaskCatalogue.Find(configuration.Task).CreateProblem(configuration.TaskAssignments())
            is not GoalProblem problem)
        {
            throw new OptionException("run", $"{path} learned {configuration.Task}, which has no goals to be told; " +
                "load it with Agent.Load");
        }
        var workers = new Workers(1);
        IAlgorithm? algorithm = null;
        try
        {
            algorithm = AlgorithmCatalogue.Find(configuration.Algorithm).Create(
                problem, configuration.AlgorithmAssignments(), configuration.Seed, workers);
            from.Restore(algorithm, folder.Options());
            return new GoalAgent(workers, algorithm, problem.Task, configuration.Seed);
        }
        catch
        {
            algorithm?.Dispose();
            workers.Dispose();
            throw;
        }
    }

    /// <summary>Decides what to do. For another goal than the last, a plan begins anew.</summary>
    /// <param name="observation">What is seen, as many numbers as <see cref="Observation"/> has.</param>
    /// <param name="goal">What is to be seen, as many.</param>
    /// <returns>The action; it stays as it is until the next call.</returns>
    /// <exception cref="ArgumentException">There are more or fewer numbers.</exception>
    public ReadOnlyActionSpan Act(ReadOnlySpan<float> observation, ReadOnlySpan<float> goal)
    {
        if (observation.Length != wanted.Length || goal.Length != wanted.Length)
        {
            throw new ArgumentException($"{task.Name} has observations and goals of {wanted.Length} numbers, " +
                $"but {observation.Length} and {goal.Length} were given");
        }
        if (step < 0 || !goal.SequenceEqual(wanted))
            Begin();
        else
            step++;
        goal.CopyTo(wanted);
        act(new GoalPercept
        {
            Lanes = 1,
            Observations = observation,
            Goals = goal,
            Step = step,
            Seed = seed,
            FirstEpisode = episode,
        }, action.Span);
        return action.Span;

        void Begin() => (step, episode) = (0, episode + 1);
    }

    /// <summary>Forgets what a plan has tried: for another episode with the same goal.</summary>
    public void BeginEpisode() => step = -1;

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        algorithm.Dispose();
        workers.Dispose();
    }
}
