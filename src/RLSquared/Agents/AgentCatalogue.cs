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
        AgentEntry.Of("random", "chooses every action with the same probability",
            new OptionTable<RandomAgent>("the agent random", new()), _ => true),
        AgentEntry.Of("ucb1", "pulls the arm with the highest upper confidence bound",
            Ucb1.Table, task => task is BanditTask),
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
}

/// <summary>A hand-designed agent that users can name.</summary>
public sealed class AgentEntry
{
    readonly Func<IEnumerable<Assignment>, Agent> create;
    readonly Func<TaskDistribution, bool> plays;

    AgentEntry(
        string name, string description, OptionTable options,
        Func<IEnumerable<Assignment>, Agent> create, Func<TaskDistribution, bool> plays) =>
        (Name, Description, Options, this.create, this.plays) = (name, description, options, create, plays);

    /// <summary>The name on the command line and in tables.</summary>
    public string Name { get; }

    /// <summary>What the agent does, in one line.</summary>
    public string Description { get; }

    /// <summary>The agent's options.</summary>
    public OptionTable Options { get; }

    /// <summary>Whether the agent can play a task.</summary>
    public bool Plays(TaskDistribution task) => plays(task);

    /// <summary>Makes the agent, with its defaults where the settings say nothing.</summary>
    /// <exception cref="OptionException">An unknown key, or a value that cannot be.</exception>
    public Agent Create(params IEnumerable<Assignment> settings) => create(settings);

    internal static AgentEntry Of<TAgent>(
        string name, string description, OptionTable<TAgent> table, Func<TaskDistribution, bool> plays)
        where TAgent : Agent =>
        new(name, description, table, table.Apply, plays);
}
