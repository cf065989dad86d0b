using RLSquared.Agents;
using RLSquared.Settings;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="TabularMdps"/>.</summary>
public sealed record TabularMdpsOptions
{
    /// <summary>The most states and the most actions.</summary>
    public const int Most = 100;

    /// <summary>
    /// The states, S; from 2 to <see cref="Most"/>. Few are soon explored; with many most of the trial goes by before
    /// each pair of state and action was tried. The paper has 10.
    /// </summary>
    public int States { get; init => field = Require.Within("states", value, 2, Most); } = 10;

    /// <summary>The actions, A; from 2 to <see cref="Most"/>. The paper has 5.</summary>
    public int Actions { get; init => field = Require.Within("actions", value, 2, Most); } = 5;

    /// <summary>
    /// The steps of an episode, T; from 1 to 10,000. With one step only the start state is ever met; with many there is
    /// more to gain by steering towards good states. The paper has 10.
    /// </summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 10_000); } = 10;

    /// <summary>
    /// The episodes of a trial, n; from 1 to 10,000. With few an agent does best to exploit early; with many exploring
    /// pays, and trials are longer to learn from. The paper has 10, 25, 50, 75 and 100.
    /// </summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 10;

    /// <summary>The options by name.</summary>
    public static OptionTable<TabularMdpsOptions> Table { get; } =
        new OptionTable<TabularMdpsOptions>("the task mdps", new())
            .Integer("states", "states, S",
                options => options.States, (options, value) => options with { States = value },
                low: "soon explored", high: "most of a trial is exploration")
            .Integer("actions", "actions, A",
                options => options.Actions, (options, value) => options with { Actions = value },
                low: "soon explored", high: "more to gain, and longer to find it")
            .Integer("horizon", "steps of an episode, T",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "only the start state matters", high: "more to gain by steering towards good states")
            .Integer("episodes", "episodes of a trial, n",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "exploit early", high: "exploring pays, and trials are longer to learn from");
}

/// <summary>
/// Random Markov decision processes with finitely many states and actions (Duan et al. 2016, §3.2). For every trial
/// each row of transition probabilities is drawn from the flat Dirichlet distribution and each mean reward from
/// Normal(1, 1). A trial is n episodes of T steps; each begins in state 0, and a step brings a reward drawn from
/// Normal(mean, 1).
/// <para>
/// The fixed horizon is the task's own rule and worth nothing beyond, so an episode's last step terminates it; what is
/// then observed is the next episode's start.
/// </para>
/// <para>
/// Rewards and transitions are common random numbers: the j-th visit of a pair of state and action in trial i of a seed
/// brings the same reward and leads to the same state for every agent and at any time. Two agents that are compared on
/// the same trials therefore share their luck.
/// </para>
/// </summary>
public sealed class TabularMdps(TabularMdpsOptions options) : TaskDistribution
{
    /// <summary>The mean of the normal distribution from which mean rewards are drawn.</summary>
    public const double PriorMean = 1;

    /// <summary>The default: ten states, five actions, ten episodes of ten steps.</summary>
    public TabularMdps() : this(new TabularMdpsOptions()) { }

    /// <summary>Sizes, horizon and episodes.</summary>
    public TabularMdpsOptions Options { get; } = options;

    /// <summary>The states, S.</summary>
    public int States => Options.States;

    /// <summary>The steps of an episode, T.</summary>
    public int Horizon => Options.Horizon;

    /// <summary>The episodes of a trial, n.</summary>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override string Name => "mdps";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => TabularMdpsOptions.Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation => ObservationSpace.Discrete(Options.States);

    /// <inheritdoc/>
    public override ActionSpace Action => Options.Actions;

    /// <inheritdoc/>
    public override int TrialLength => Options.Horizon * Options.Episodes;

    /// <inheritdoc/>
    public override int PrivilegedWidth => Actions;

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents => AgentCatalogue.Named(
        "greedy", "epsilon-greedy", "psrl", "opsrl", "ucrl2", "beb", "replanner");

    /// <summary>What the best plan for the true process brings on average over the luck of playing it.</summary>
    public override TaskCeiling? Ceiling => TaskCeiling.OfEachTrial("process known, out of reach",
        (lanes, lane) => (double)((TabularMdpLanes)lanes).Values(lane, Horizon)[0] * Episodes);

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => CreateMdpLanes(count);

    /// <summary><see cref="TaskDistribution.CreateLanes"/>, with the drawn processes open to view.</summary>
    /// <exception cref="OptionException">So many lanes of this size do not fit into one array.</exception>
    public TabularMdpLanes CreateMdpLanes(int count) => new(this, count);
}
