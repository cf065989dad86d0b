using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="TMaze"/>.</summary>
public sealed record TMazeOptions
{
    /// <summary>
    /// The steps of the corridor, from the sign to the junction; 1 to 100,000. So long must the sign be remembered.
    /// </summary>
    public int Corridor { get; init => field = Require.Within("corridor", value, 1, 100_000); } = 50;

    /// <summary>
    /// The episodes of a trial; 1 to 10,000. Each shows a sign of its own, so that more than 1 only makes trials
    /// longer.
    /// </summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 1;

    /// <summary>The options by name.</summary>
    public static OptionTable<TMazeOptions> Table { get; } = new OptionTable<TMazeOptions>("the task t-maze", new())
        .Integer("corridor", "steps from the sign to the junction",
            options => options.Corridor, (options, value) => options with { Corridor = value },
            low: "little to remember", high: "remembered for long")
        .Integer("episodes", "episodes of a trial",
            options => options.Episodes, (options, value) => options with { Episodes = value },
            low: "1: a trial is an episode", high: "longer trials");
}

/// <summary>
/// The passive T-maze (Ni et al. 2023, 'When do transformers shine in RL?'): a sign at the entrance of a corridor says
/// whether the goal is up or down at its far end, and is visible at the first step alone. Walking on and turning the
/// right way pays 1 at the last step; each earlier step on which the agent is not as far as it could be costs 1/L, L
/// the corridor's steps. The only difficulty is to remember the sign: the best return is 1 with memory, 0.5 without.
/// <para>
/// Observations: the corridor (0), the sign 'up' (1), the sign 'down' (2), the junction (3). Actions: right (0), up
/// (1), left (2), down (3). An episode takes L + 1 steps; the last one terminates it. Before the junction up and down
/// do nothing.
/// </para>
/// </summary>
/// <param name="options">Corridor and episodes.</param>
public sealed class TMaze(TMazeOptions options) : TaskDistribution
{
    /// <summary>A corridor of fifty steps.</summary>
    public TMaze() : this(new TMazeOptions()) { }

    /// <summary>Corridor and episodes.</summary>
    public TMazeOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "t-maze";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => TMazeOptions.Table.Show(Options);

    /// <summary>Corridor, sign 'up', sign 'down', junction.</summary>
    public override ObservationSpace Observation => ObservationSpace.Discrete(4);

    /// <summary>Right, up, left, down.</summary>
    public override ActionSpace Action => 4;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * (Options.Corridor + 1));

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.Computed("remembers the sign", () => Options.Episodes);

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new TMazeLanes(this, count);

    // The limit is one step more than an episode takes, so that all of them terminate.
    sealed class TMazeLanes(TMaze task, int count)
        : EpisodicLanes(task, task.Options.Episodes, task.Options.Corridor + 2, count)
    {
        readonly int corridor = task.Options.Corridor;
        readonly int[] places = new int[count];
        readonly bool[] isUp = new bool[count];

        protected override void BeginEpisode(int lane, ref RandomSequence random) =>
            (places[lane], isUp[lane]) = (0, random.NextWord() % 2 == 1);

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            int action = actions[lane], taken = StepsInEpisode(lane);
            if (taken == corridor)
            {
                reward = places[lane] == corridor && action == (isUp[lane] ? 1 : 3) ? 1 : 0;
                return true;
            }
            places[lane] += action == 0 && places[lane] < corridor ? 1 : action == 2 && places[lane] > 0 ? -1 : 0;
            reward = places[lane] == taken + 1 ? 0 : -1f / corridor;
            return false;
        }

        protected override void Observe(int lane, Span<float> observation) => observation[0] =
            StepsInEpisode(lane) == 0 ? (isUp[lane] ? 1 : 2) : places[lane] == corridor ? 3 : 0;
    }
}
