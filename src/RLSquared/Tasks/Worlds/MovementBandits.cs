using System.Numerics;
using RLSquared.Agents;
using RLSquared.Opponents;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>Options of <see cref="MovementBandits"/>.</summary>
public sealed record MovementBanditsOptions
{
    /// <summary>
    /// Which of the two goals pays: 0 or 1 in every trial, or −1, where each trial draws one. 0 and 1 are the two tasks
    /// that share skills; −1 is their distribution.
    /// </summary>
    public int Goal { get; init => field = Require.Within("goal", value, -1, 1); } = -1;

    /// <summary>The episodes of a trial, all with the same goal that pays; 1 to 10,000.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 1;

    /// <summary>The steps of an episode; 1 to 100,000. The paper has 50.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 50;

    /// <summary>The options by name.</summary>
    public static OptionTable<MovementBanditsOptions> Table { get; } =
        new OptionTable<MovementBanditsOptions>("the task movement-bandits", new())
            .Integer("goal", "which goal pays: 0, 1, or -1 for one drawn for each trial",
                options => options.Goal, (options, value) => options with { Goal = value })
            .Integer("episodes", "episodes of a trial, all with the same goal",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "most of it is finding out", high: "longer to learn from")
            .Integer("horizon", "steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "short", high: "more of it at the goal");
}

/// <summary>
/// Two goals in a field, one of which pays (Frans et al. 2018, 'Meta learning shared hierarchies'): a point walks in
/// steps of 20 over a field of 400 × 400 without a border, from its middle; each step that ends within 50 of the paying
/// goal brings 1. Both goals are drawn anew for each episode, uniform over the field; which of the two pays is the
/// task, belongs to the trial and is not observed. No episode terminates.
/// <para>
/// The observation is the point and both goals, in units of 400. Actions: stay (0), +x (1), −x (2), +y (3), −y (4). An
/// agent that knows the right goal earns about 43.8 of 50; one that always goes to the first goal 23.1 on average over
/// both tasks; a random walk 2.4.
/// </para>
/// </summary>
/// <param name="options">Goal and lengths.</param>
public sealed class MovementBandits(MovementBanditsOptions options) : TaskDistribution
{
    internal const float Field = 400, Stride = 20, Radius = 50;

    /// <summary>The paper's: fifty steps, a goal drawn for each trial.</summary>
    public MovementBandits() : this(new MovementBanditsOptions()) { }

    /// <summary>Goal and lengths.</summary>
    public MovementBanditsOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "movement-bandits";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => MovementBanditsOptions.Table.Show(Options);

    /// <summary>The point, goal 0 and goal 1: x and y each, in units of 400.</summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(6);

    /// <summary>Stay, +x, −x, +y, −y.</summary>
    public override ActionSpace Action => 5;

    /// <inheritdoc/>
    public override int TrialLength => checked(Options.Episodes * Options.Horizon);

    /// <inheritdoc/>
    public override int Episodes => Options.Episodes;

    /// <inheritdoc/>
    public override TaskCeiling? Ceiling => TaskCeiling.Played("goal known, out of reach", new GoalWalker(-1));

    /// <inheritdoc/>
    public override IEnumerable<AgentEntry> Opponents => [GoalWalker.Entry];

    /// <summary>
    /// For <c>mlsh</c>, few plays and a large step size: both goals are learned within two million steps.
    /// </summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
        algorithm == "mlsh" ? Assignment.ParseAll(["plays=30", "learning-rate=2e-3"]) : [];

    /// <summary>Which goal pays in a trial, which no agent sees.</summary>
    /// <param name="seed">The seed of the run or of the evaluation.</param>
    /// <param name="trial">The number of the trial.</param>
    public int GoalOf(ulong seed, ulong trial) => GoalOf(new RandomKey(seed, RandomPurpose.Task, trial));

    int GoalOf(RandomKey key) => Options.Goal >= 0 ? Options.Goal : key.Uniform(0) < 0.5f ? 0 : 1;

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new MovementLanes(this, count);

    sealed class MovementLanes(MovementBandits task, int count)
        : EpisodicLanes(task, task.Options.Episodes, task.Options.Horizon, count), IDrawnLanes
    {
        readonly float[] x = new float[count], y = new float[count];
        readonly float[] goals = new float[4 * count];                  // [N, 4], x and y of both
        readonly int[] paying = new int[count];

        public WorldView Draw(int lane)
        {
            WorldMark Goal(int i) =>
                new(new Vector2(goals[4 * lane + 2 * i], goals[4 * lane + 2 * i + 1]), Radius, paying[lane] == i);
            return new WorldView(new Vector2(x[lane], y[lane]), [Goal(0), Goal(1)], []);
        }

        protected override void BeginTrial(int lane, RandomKey key) => paying[lane] = task.GoalOf(key);

        protected override void BeginEpisode(int lane, ref RandomSequence random)
        {
            (x[lane], y[lane]) = (Field / 2, Field / 2);
            foreach (ref float number in goals.AsSpan(4 * lane, 4))
                number = (float)(Field * random.NextUniform());
        }

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            switch (actions[lane])
            {
                case 1: x[lane] += Stride; break;
                case 2: x[lane] -= Stride; break;
                case 3: y[lane] += Stride; break;
                case 4: y[lane] -= Stride; break;
            }
            int goal = 4 * lane + 2 * paying[lane];
            (float dx, float dy) = (x[lane] - goals[goal], y[lane] - goals[goal + 1]);
            reward = dx * dx + dy * dy < Radius * Radius ? 1 : 0;
            return false;
        }

        protected override void Observe(int lane, Span<float> observation)
        {
            (observation[0], observation[1]) = (x[lane] / Field, y[lane] / Field);
            for (int i = 0; i < 4; i++)
                observation[2 + i] = goals[4 * lane + i] / Field;
        }
    }
}
