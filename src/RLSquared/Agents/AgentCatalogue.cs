using System.Globalization;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Agents;

/// <summary>
/// The hand-designed agents by name.
/// <para>To list an agent: 1. give it an <see cref="OptionTable{TOptions}"/> if it has options; 2. add one line to
/// <see cref="Entries"/>; 3. name it in the <see cref="TaskDistribution.Opponents"/> of the tasks that it can
/// play.</para>
/// </summary>
public static class AgentCatalogue
{
    /// <summary>All agents, simplest first.</summary>
    public static Catalogue<AgentEntry> Entries { get; } = new("agent", entry => entry.Name,
    [
        AgentEntry.Of<RandomAgent>("random", "chooses every action with the same probability"),
        AgentEntry.Of("greedy", "acts optimally for its best estimate",
            Greedy.Table).With(MdpPrior.Variants),
        AgentEntry.Of("epsilon-greedy", "acts at random with probability epsilon, else like greedy",
            EpsilonGreedy.Table, Tenths("epsilon")).With(MdpPrior.Variants),
        AgentEntry.Of("ucb1", "optimism: pulls the arm with the highest upper confidence bound",
            Ucb1.Table, Tenths("c")),
        AgentEntry.Of<Thompson>("thompson", "pulls each arm as often as it is believed to be the best"),
        AgentEntry.Of("optimistic-thompson", "Thompson sampling with the densest of several joint samples",
            OptimisticThompson.Table,
            Values("samples", "1", "2", "3", "5", "7", "10", "15", "20")),
        AgentEntry.Of("gittins", "pulls the arm with the highest discounted Gittins index",
            Gittins.Table, Values("discount", "0.9", "0.99", "0.999", "0.9999")),
        AgentEntry.Of<FiniteHorizonGittins>("finite-horizon-gittins",
            "pulls the arm with the highest index for the pulls that are left: the near-optimal reference"),
        AgentEntry.Of("rescorla-wagner", "updates its estimate of the arm by a fixed learning rate",
            RescorlaWagner.Table,
            Values("temperature", "0", "0.02", "0.05", "0.1", "0.15", "0.2", "0.3")),
        AgentEntry.Of<BayesOptimal>("bayes-optimal", "plays optimally; small problems only"),
        AgentEntry.Of("psrl", "plays each episode as if a process drawn from the posterior were true",
            Psrl.Table).With(MdpPrior.Variants),
        AgentEntry.Of("opsrl", "posterior sampling with the highest value of several samples",
            Opsrl.Table, Values("samples", "1", "2", "3", "5", "7", "10", "15", "20"))
            .With(MdpPrior.Variants),
        AgentEntry.Of("ucrl2", "optimism: plays each episode as if the best plausible process were true",
            Ucrl2.Table, Decades("scaling", 1e-4)).With(MdpPrior.Variants),
        AgentEntry.Of("beb", "plans each episode with a bonus for rarely tried actions",
            Beb.Table, Decades("beta", 0.02)).With(MdpPrior.Variants),
        AgentEntry.Of("replanner", "plans every step with a bonus for rarely tried actions: the strongest reference",
            Replanner.Table, Values("beta", "0.25", "0.5", "1", "1.5", "2")),
        AgentEntry.Of<PidTextbook>("pid-textbook", "a PID with textbook gains for the middle plant"),
        AgentEntry.Of("pid", "a PID with fixed gains, tuned for the mean over all plants",
            Pid.Table, Values("gains", [.. Pid.Grid.Select(gains => gains.ToString())])),
        AgentEntry.Of("pid-oracle", "a PID with textbook gains for each plant, which it knows",
            PidOracle.Table, Values("ratio", "0", "0.25", "0.5", "0.75", "1", "1.5", "2")),
        AgentEntry.Of<Deadbeat>("deadbeat", "knows each plant and inverts it: the near-optimal reference"),
    ]);

    /// <summary>The agent of this name.</summary>
    /// <exception cref="OptionException">There is none; the message names the nearest.</exception>
    public static AgentEntry Find(string name) => Entries.Find(name);

    /// <summary>Makes the agent of this name for a task, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">An unknown agent or key, or a value that cannot be.</exception>
    /// <exception cref="NotSupportedException">The agent cannot play this task.</exception>
    public static Agent CreateFor(string name, TaskDistribution task, params IEnumerable<Assignment> settings)
    {
        ArgumentNullException.ThrowIfNull(task);
        AgentEntry entry = For(task).FirstOrDefault(own => own.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? Find(name);
        return entry.Plays(task) ? entry.Create(settings) : throw new NotSupportedException(
            $"the agent {entry.Name} cannot play the task {task.Name}; these can: " +
            string.Join(", ", For(task).Select(other => other.Name)));
    }

    /// <summary>The agents that can play a task, simplest first: the random one, and its opponents.</summary>
    public static IEnumerable<AgentEntry> For(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        AgentEntry[] opponents = [Find("random"), .. task.Opponents];
        return
        [
            .. Entries.Where(entry => opponents.Any(opponent => opponent.Name == entry.Name)),
            .. opponents.Where(opponent => !Entries.Contains(opponent.Name)),
        ];
    }

    /// <summary>Some of the library's agents by name, for a task that says who can play it.</summary>
    /// <exception cref="OptionException">There is none of a name.</exception>
    public static IEnumerable<AgentEntry> Named(params IEnumerable<string> names) =>
        [.. names.Select(name => Entries.Find(name))];

    static Assignment[] Tenths(string key) =>
        Values(key, "0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "0.8", "0.9", "1");

    static Assignment[] Values(string key, params string[] values) =>
        [.. values.Select(value => new Assignment(key, value))];

    // 21 values, five to a decade, over four decades. From 1e-4 on it is the grid of the RL² authors, who used it for
    // the bonus of beb too; here that has other units and another range.
    static Assignment[] Decades(string key, double first) => Values(key, [.. Enumerable.Range(0, 21).Select(
        i => (first * Math.Pow(10, i / 5.0)).ToString("G3", CultureInfo.InvariantCulture))]);
}

/// <summary>A hand-designed agent that users can name.</summary>
public sealed class AgentEntry
{
    readonly Func<IEnumerable<Assignment>, Agent> create;
    readonly Func<TaskDistribution, IReadOnlyList<Assignment[]>> variants;

    AgentEntry(
        string name, string description, OptionTable options, IReadOnlyList<Assignment> grid,
        Func<IEnumerable<Assignment>, Agent> create,
        Func<TaskDistribution, IReadOnlyList<Assignment[]>> variants)
    {
        (Name, Description, Options, Grid) = (name, description, options, grid);
        (this.create, this.variants) = (create, variants);
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

    /// <summary>
    /// The settings under which the agent stands in the table of a task, each of them tuned; one that says nothing for
    /// most. Two where it matters what the agent believes beforehand and a table ought to show both.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<Assignment>> Variants(TaskDistribution task) => variants(task);

    /// <summary>Whether the agent can play a task.</summary>
    public bool Plays(TaskDistribution task) =>
        AgentCatalogue.For(task).Any(opponent => opponent.Name == Name);

    /// <summary>Makes the agent, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">An unknown key, or a value that cannot be.</exception>
    public Agent Create(params IEnumerable<Assignment> settings) => create(settings);

    /// <summary>The same agent with variants of its own.</summary>
    internal AgentEntry With(Func<TaskDistribution, IReadOnlyList<Assignment[]>> variants) =>
        new(Name, Description, Options, Grid, create, variants);

    /// <summary>An entry of an agent without options.</summary>
    /// <param name="name">The name on the command line and in tables.</param>
    /// <param name="description">What the agent does, in one line.</param>
    public static AgentEntry Of<TAgent>(string name, string description) where TAgent : Agent, new() =>
        Of(name, description, new OptionTable<TAgent>($"the agent {name}", new()));

    /// <summary>An entry from its parts.</summary>
    /// <param name="name">The name on the command line and in tables.</param>
    /// <param name="description">What the agent does, in one line.</param>
    /// <param name="table">Its options.</param>
    /// <param name="grid">The settings that are tried when it is tuned for a task; none for no tuning.</param>
    public static AgentEntry Of<TAgent>(
        string name, string description, OptionTable<TAgent> table, params Assignment[] grid) where TAgent : Agent =>
        new(name, description, table, grid, table.Apply, variants: _ => [[]]);
}
