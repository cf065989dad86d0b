using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Agents;

/// <summary>
/// The hand-designed agents by name.
/// <para>To list an agent: give it an <see cref="OptionTable{TOptions}"/> if it has options, and add one line to
/// <see cref="Entries"/>.</para>
/// </summary>
public static class AgentCatalogue
{
    /// <summary>All agents, simplest first.</summary>
    public static IReadOnlyList<AgentEntry> Entries { get; } =
    [
        AgentEntry.Of<RandomAgent>("random", "chooses every action with the same probability", _ => true),
        AgentEntry.Of<Greedy>("greedy", "pulls the arm with the highest posterior mean", IsBandit),
        AgentEntry.Of("epsilon-greedy", "explores blindly: now and then an arm at random, else the best mean",
            EpsilonGreedy.Table, IsBandit, Tenths("epsilon")),
        AgentEntry.Of("ucb1", "optimism: pulls the arm with the highest upper confidence bound",
            Ucb1.Table, IsBandit, Tenths("c")),
        AgentEntry.Of<Thompson>("thompson", "pulls each arm as often as it is believed to be the best",
            task => task is BernoulliBandits or GaussianBandits or DependentBandits or RestlessBandit),
        AgentEntry.Of("optimistic-thompson", "Thompson sampling with the densest of several joint samples",
            OptimisticThompson.Table, task => task is BernoulliBandits or GaussianBandits,
            Values("samples", "1", "2", "3", "5", "7", "10", "15", "20")),
        AgentEntry.Of("gittins", "pulls the arm with the highest discounted Gittins index",
            Gittins.Table, PaysOneOrZero, Values("discount", "0.9", "0.99", "0.999", "0.9999")),
        AgentEntry.Of<FiniteHorizonGittins>("finite-horizon-gittins",
            "pulls the arm with the highest index for the pulls that are left: the near-optimal reference",
            task => PaysOneOrZero(task) && task.TrialLength <= FiniteHorizonIndices.LongestHorizon),
        AgentEntry.Of("rescorla-wagner", "moves its estimate of the arm by a fixed share of each surprise",
            RescorlaWagner.Table, task => task is RestlessBandit,
            Values("temperature", "0", "0.02", "0.05", "0.1", "0.15", "0.2", "0.3")),
        AgentEntry.Of<BayesOptimal>("bayes-optimal", "plays as well as anyone can; small problems only",
            BayesOptimal.CanSolve),
    ];

    /// <summary>The agent of this name.</summary>
    /// <exception cref="OptionException">There is none; the message names the nearest.</exception>
    public static AgentEntry Find(string name)
    {
        string[] names = [.. Entries.Select(entry => entry.Name)];
        int index = Array.FindIndex(names, known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
        if (index >= 0)
            return Entries[index];
        string hint = Suggestions.Nearest(name, names) is { } nearest
            ? $"did you mean '{nearest}'?" : $"there are {string.Join(", ", names)}";
        throw new OptionException("agent", $"there is no agent '{name}'; {hint}");
    }

    /// <summary>Makes the agent of this name for a task, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">An unknown agent or key, or a value that cannot be.</exception>
    /// <exception cref="NotSupportedException">The agent cannot play this task.</exception>
    public static Agent CreateFor(string name, TaskDistribution task, params IEnumerable<Assignment> settings)
    {
        ArgumentNullException.ThrowIfNull(task);
        AgentEntry entry = Find(name);
        return entry.Plays(task) ? entry.Create(settings) : throw new NotSupportedException(
            $"the agent {entry.Name} cannot play the task {task.Name}; these can: " +
            string.Join(", ", For(task).Select(other => other.Name)));
    }

    /// <summary>The agents that can play a task.</summary>
    public static IEnumerable<AgentEntry> For(TaskDistribution task) => Entries.Where(entry => entry.Plays(task));

    static Assignment[] Tenths(string key) =>
        Values(key, "0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1");

    static Assignment[] Values(string key, params string[] values) =>
        [.. values.Select(value => new Assignment(key, value))];

    static bool IsBandit(TaskDistribution task) => task is BanditTask;

    static bool PaysOneOrZero(TaskDistribution task) => task is BernoulliBandits or DependentBandits;
}

/// <summary>A hand-designed agent that users can name.</summary>
public sealed class AgentEntry
{
    readonly Func<IEnumerable<Assignment>, Agent> create;
    readonly Func<TaskDistribution, bool> plays;

    AgentEntry(
        string name, string description, OptionTable options, IReadOnlyList<Assignment> grid,
        Func<IEnumerable<Assignment>, Agent> create, Func<TaskDistribution, bool> plays)
    {
        (Name, Description, Options, Grid) = (name, description, options, grid);
        (this.create, this.plays) = (create, plays);
    }

    /// <summary>The name on the command line and in tables.</summary>
    public string Name { get; }

    /// <summary>What the agent does, in one line.</summary>
    public string Description { get; }

    /// <summary>The agent's options.</summary>
    public OptionTable Options { get; }

    /// <summary>
    /// The settings that are tried when the agent is tuned for a task; empty where there is nothing to tune.
    /// </summary>
    public IReadOnlyList<Assignment> Grid { get; }

    /// <summary>Whether the agent can play a task.</summary>
    public bool Plays(TaskDistribution task) => plays(task);

    /// <summary>Makes the agent, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">An unknown key, or a value that cannot be.</exception>
    public Agent Create(params IEnumerable<Assignment> settings) => create(settings);

    internal static AgentEntry Of<TAgent>(string name, string description, Func<TaskDistribution, bool> plays)
        where TAgent : Agent, new() =>
        Of(name, description, new OptionTable<TAgent>($"the agent {name}", new()), plays);

    internal static AgentEntry Of<TAgent>(
        string name, string description, OptionTable<TAgent> table, Func<TaskDistribution, bool> plays,
        params Assignment[] grid) where TAgent : Agent =>
        new(name, description, table, grid, table.Apply, plays);
}
