using RLSquared.Settings;

namespace RLSquared.Tasks.Goals;

/// <summary>
/// The goal tasks by name.
/// <para>To list one: give its options record an <see cref="OptionTable{TOptions}"/> and add one line to
/// <see cref="Entries"/>.</para>
/// </summary>
public static class GoalTaskCatalogue
{
    /// <summary>All goal tasks, simplest first.</summary>
    public static Catalogue<GoalTaskEntry> Entries { get; } = new("goal task", entry => entry.Name,
    [
        GoalTaskEntry.Of("grid-goals", "a chain or a grid of cells, with known distances between cells",
            GridGoalsOptions.Table, options => new GridGoals(options)),
        GoalTaskEntry.Of("point-maze", "a disc in a maze that must reach a position: the point mazes of OGBench",
            PointMazeOptions.Table, options => new PointMaze(options)),
        GoalTaskEntry.Of("lights-out", "buttons that toggle their own and neighbouring lights; reach a given board",
            LightsOutOptions.Table, options => new LightsOut(options)),
        GoalTaskEntry.Of("lights-out-arm", "the same with a hand that must move to the buttons and press them",
            LightsOutArm.Table, options => new LightsOutArm(options)),
    ]);

    /// <summary>The goal task of this name.</summary>
    /// <exception cref="OptionException">There is none; the message names the nearest.</exception>
    public static GoalTaskEntry Find(string name) => Entries.Find(name);

    /// <summary>Makes the goal task of this name, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">An unknown task or key, or a value that cannot be.</exception>
    public static GoalTask Create(string name, params IEnumerable<Assignment> settings) => Find(name).Create(settings);
}

/// <summary>A goal task that users can name.</summary>
public sealed class GoalTaskEntry
{
    readonly Func<IEnumerable<Assignment>, GoalTask> create;
    readonly Func<TaskBudget?, TaskEntry> problem;

    GoalTaskEntry(
        string name, string description, OptionTable options, Func<IEnumerable<Assignment>, GoalTask> create,
        Func<TaskBudget?, TaskEntry> problem) =>
        (Name, Description, Options, this.create, this.problem) = (name, description, options, create, problem);

    /// <summary>The name on the command line.</summary>
    public string Name { get; }

    /// <summary>What the task is, in one line.</summary>
    public string Description { get; }

    /// <summary>The task's options.</summary>
    public OptionTable Options { get; }

    /// <summary>Makes the task, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">An unknown key, or a value that cannot be.</exception>
    public GoalTask Create(params IEnumerable<Assignment> settings) => create(settings);

    /// <summary>The task with its data as an entry of <see cref="TaskCatalogue"/>.</summary>
    /// <param name="budget">What the default options need to learn it, or null.</param>
    internal TaskEntry Problem(TaskBudget? budget = null) => problem(budget);

    /// <summary>An entry from its parts.</summary>
    /// <param name="name">The name on the command line.</param>
    /// <param name="description">What the task is, in one line.</param>
    /// <param name="table">Its options.</param>
    /// <param name="create">Makes it from options.</param>
    public static GoalTaskEntry Of<TOptions>(
        string name, string description, OptionTable<TOptions> table, Func<TOptions, GoalTask> create)
        where TOptions : class => new(name, description, table, settings => create(table.Apply(settings)),
            budget => TaskEntry.Of(name, description, GoalProblemOptions<TOptions>.Table(name, table),
                options => new GoalProblem(create(options.Task), options.Data),
                budget: budget, algorithm: "transitive-rl"));
}
