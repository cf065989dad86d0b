using RLSquared.Settings;
using RLSquared.Tasks.Goals;
using RLSquared.Tasks.Mazes;
using RLSquared.Tasks.Remote;

namespace RLSquared.Tasks;

/// <summary>
/// The tasks by name.
/// <para>To list a task: give its options record a <see cref="OptionTable{TOptions}"/> and add one line to
/// <see cref="Entries"/>.</para>
/// </summary>
public static class TaskCatalogue
{
    /// <summary>All tasks, simplest first.</summary>
    public static Catalogue<TaskEntry> Entries { get; } = new("task", entry => entry.Name,
    [
        TaskEntry.Of("bandits", "arms that pay 1 or 0, each with its own probability",
            BernoulliBanditsOptions.Table, options => new BernoulliBandits(options),
            budget: new("60s", 1, "6.67 a trial (docs/results/bandits.md); random 5.0; Bayes-optimal, exact 6.66")),
        TaskEntry.Of("dependent-bandits", "two arms whose probabilities add up to 1: each pull informs about both",
            DependentBanditsOptions.Table, options => new DependentBandits(options), budget: new("60s", 1)),
        TaskEntry.Of("gaussian-bandits", "arms that pay a normal reward around a normal mean",
            GaussianBanditsOptions.Table, options => new GaussianBandits(options)),
        TaskEntry.Of("informative-bandit", "ten arms of which one pays well, and one that pays little and names it",
            InformativeBanditOptions.Table, options => new InformativeBandit(options), budget: new("60s", 1)),
        TaskEntry.Of("pay-to-look", "two arms, of which one costs a look that pays only later",
            PayToLookOptions.Table, options => new PayToLook(options),
            budget: new("500K", Reaches: "1.01 in the last two pulls (median of 5 seeds); best play, exact 1.00"),
            algorithm: "e-rl2"),
        TaskEntry.Of("restless-bandit", "two arms whose probabilities add up to 1 and drift, fast in some trials",
            RestlessBanditOptions.Table, options => new RestlessBandit(options), budget: new("60s", 1)),
        TaskEntry.Of("two-step", "a choice that leads to its own state in most rounds; the states pay differently",
            TwoStepOptions.Table, options => new TwoStep(options), budget: new("60s", 1)),
        TaskEntry.Of("corners", "a point in the plane, and one of four corners that pays",
            CornersOptions.Table, options => new Corners(options), algorithm: "maml"),
        TaskEntry.Of("point-goals", "a point in the plane, and a hidden goal; each step costs its distance",
            PointGoalsOptions.Table, options => new PointGoals(options), algorithm: "maml"),
        TaskEntry.Of("sparse-course", "a heavy point, and a far goal behind a wall, with rewards only at the goal",
            SparseCourseOptions.Table, options => new SparseCourse(options), algorithm: "mlsh"),
        TaskEntry.Of("mazes", "mazes seen as images: find the target, and find it again in the next episode",
            MazeOptions.Table, options => new MazeNavigation(options),
            budget: new("8M", 60, "82 % of second episodes no longer than the first, with docs/mazes.md's options")),
        TaskEntry.Of("plants", "a drive with unknown gain, friction and delay that must follow a set point",
            PlantsOptions.Table, options => new Plants(options),
            budget: new("12M", 3, "−19.2 a trial (docs/plants.md); a PID tuned for the mean drive −36.9")),
        TaskEntry.Of("mdps", "random MDPs with few states and actions, each played for several episodes",
            TabularMdpsOptions.Table, options => new TabularMdps(options), budget: new("10min", 10)),
        .. GoalTaskCatalogue.Entries.Select(entry => entry.Problem()),
        TaskEntry.Of("cartpole", "keep a pole on a cart upright by pushing the cart",
            CartPole.Table, options => new CartPole(options),
            budget: new("500k", Reaches: "500.0 a trial (median of 5 seeds); random 21.9; rule 500.0"),
            algorithm: "ppo"),
        TaskEntry.Of("mountain-car", "a car that is too weak for the hill and must gain momentum first",
            MountainCar.Table, options => new MountainCar(options),
            budget: new("2M", Reaches: "−100.3 a trial (median of 5 seeds); random −200.0; rule −119.3"),
            algorithm: "ppo"),
        TaskEntry.Of("pendulum", "swing up and hold a pendulum with a weak motor",
            Pendulum.Table, options => new Pendulum(options),
            budget: new("1M", Reaches: "−156.5 a trial (median of 5 seeds); random −1229.1; rule −148.8"),
            algorithm: "ppo"),
        TaskEntry.Of("acrobot", "swing the lower end of two hanging links above a line",
            Acrobot.Table, options => new Acrobot(options),
            budget: new("1M", Reaches: "−80.7 a trial (median of 5 seeds); random −499.2; rule −84.0"),
            algorithm: "ppo"),
        TaskEntry.Of("movement-bandits", "a field with two goals, one of which pays",
            MovementBanditsOptions.Table, options => new MovementBandits(options),
            budget: new("3200K", Reaches: "41.2 a trial (median of 10 seeds); goal known, out of reach 43.7"),
            algorithm: "mlsh"),
        TaskEntry.Of("four-rooms", "four rooms joined by doors, with a hidden goal",
            FourRoomsOptions.Table, options => new FourRooms(options), algorithm: "mlsh"),
        TaskEntry.Of("grid-mazes", "mazes with a hidden goal, in which only adjacent cells are visible",
            GridMazesOptions.Table, options => new GridMazes(options)),
        TaskEntry.Of("krazy-world", "grids of tiles, each with its own rules and directions",
            KrazyWorldOptions.Table, options => new KrazyWorld(options)),
        TaskEntry.Of("dark-key-to-door", "a dark room with a hidden key and door; find them and remember where",
            DarkKeyToDoorOptions.Table, options => new DarkKeyToDoor(options)),
        TaskEntry.Of("t-maze", "a corridor; the sign at its entrance says where to turn at its far end",
            TMazeOptions.Table, options => new TMaze(options)),
        TaskEntry.Of("maze-runner", "a sequence of goals in a maze that is new in each trial",
            MazeRunnerOptions.Table, options => new MazeRunner(options)),
        TaskEntry.Of("rule-worlds", "objects that combine into others by rules that are new in each trial",
            RuleWorldsOptions.Table, options => new RuleWorlds(options)),
        TaskEntry.Of("remote", "environments of another process: Godot RL Agents, Gymnasium in Python",
            RemoteOptions.Table, RemoteTask.Create, options => options.Peers),
    ]);

    /// <summary>The task of this name.</summary>
    /// <exception cref="OptionException">There is none; the message names the nearest.</exception>
    public static TaskEntry Find(string name) => Entries.Find(name);

    /// <summary>Makes the task of this name, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">An unknown task or key, or a value that cannot be.</exception>
    public static TaskDistribution Create(string name, params IEnumerable<Assignment> settings) =>
        Find(name).Create(settings);
}

/// <summary>A task that users can name.</summary>
public sealed class TaskEntry
{
    readonly Func<IEnumerable<Assignment>, Problem> create;
    readonly Func<IEnumerable<Assignment>, string>? peer;

    TaskEntry(
        string name, string description, OptionTable options, Func<IEnumerable<Assignment>, Problem> create,
        Func<IEnumerable<Assignment>, string>? peer) =>
        (Name, Description, Options, this.create, this.peer) = (name, description, options, create, peer);

    /// <summary>The name on the command line.</summary>
    public string Name { get; }

    /// <summary>What the task is, in one line.</summary>
    public string Description { get; }

    /// <summary>The task's options.</summary>
    public OptionTable Options { get; }

    /// <summary>What the default options need to learn the task, and reach; null where it was not measured.</summary>
    public TaskBudget? Budget { get; private init; }

    /// <summary>
    /// The algorithm that learns it where the user names none; null for the first one of the catalogue.
    /// </summary>
    public string? Algorithm { get; private init; }

    /// <summary>Makes the problem, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">An unknown key, or a value that cannot be.</exception>
    public Problem CreateProblem(params IEnumerable<Assignment> settings) => create(settings);

    /// <summary>Makes the task, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">
    /// An unknown key, a value that cannot be, or a problem that no agent plays step by step.
    /// </exception>
    public TaskDistribution Create(params IEnumerable<Assignment> settings)
    {
        Problem problem = create(settings);
        if (problem is TaskDistribution task)
            return task;
        (problem as IDisposable)?.Dispose();
        throw new OptionException("TASK", $"{Name} is {problem.Kind}, and no task that an agent plays step by step");
    }

    /// <summary>
    /// Whether the task is played by another process that has to connect: it can then not be made or played alone, and
    /// a seed decides only what the trainer does. Whatever goes through all tasks by itself leaves these out.
    /// </summary>
    public bool NeedsPeer => peer is not null;

    /// <summary>
    /// Who has to connect before the task can be played, and where, such as '1 game on 127.0.0.1:11008'; null for a
    /// task that needs no other process.
    /// </summary>
    /// <exception cref="OptionException">An unknown key, or a value that cannot be.</exception>
    public string? PeerFor(params IEnumerable<Assignment> settings) => peer?.Invoke(settings);

    /// <summary>An entry from its parts.</summary>
    /// <param name="name">The name on the command line.</param>
    /// <param name="description">What the task is, in one line.</param>
    /// <param name="table">Its options.</param>
    /// <param name="create">Makes it from options.</param>
    /// <param name="peer">Who has to connect (<see cref="PeerFor"/>); null for a task that needs no other
    /// process.</param>
    /// <param name="budget">What the default options need to learn it (<see cref="Budget"/>), or null.</param>
    /// <param name="algorithm">What learns it unless the user says otherwise (<see cref="Algorithm"/>), or
    /// null.</param>
    public static TaskEntry Of<TOptions>(
        string name, string description, OptionTable<TOptions> table, Func<TOptions, Problem> create,
        Func<TOptions, string>? peer = null, TaskBudget? budget = null, string? algorithm = null)
        where TOptions : class =>
        new(name, description, table, settings => create(table.Apply(settings)),
            peer is null ? null : settings => peer(table.Apply(settings)))
        {
            Budget = budget,
            Algorithm = algorithm,
        };

    /// <summary>An entry of a task without options.</summary>
    /// <inheritdoc cref="Of{TOptions}"/>
    public static TaskEntry Of(string name, string description, Func<Problem> create) =>
        Of(name, description, new OptionTable<object>($"the task {name}", new()), _ => create());
}
