using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// Optimism over a set of plausible processes: before each episode plans for the best process whose mean rewards and
/// transition rows lie within confidence bounds of the estimates (Jaksch, Ortner and Auer 2010).
/// <code>
/// reward:       r + c·√(4 ln(2 S A t / δ) / n)
/// transitions:  any row within d = c·√(4 S ln(2 S A t / δ) / n) of the estimate in the L1 norm: d/2 of probability
///               moves from the worst next states to the best one
/// </code>
/// where n is the number of visits (at least 1), t that of the episode, δ = 0.05, and c shrinks the bounds, which are
/// far too wide to be useful at 1. The constants 4 and 4 S are those of TabulaRL, the library that the RL² authors
/// used. The source proves its own for √(7 ln(2 S A t / δ) / 2n) and √(14 S ln(2 A t / δ) / n), with t in steps.
/// <para>Differs from the source: it plans for the finite horizon and before each episode, as in the RL² paper, and its
/// estimates are posterior means. The program that the paper's authors used gave the prior next to no weight here.
/// </para>
/// </summary>
public sealed class Ucrl2 : Agent
{
    const double Delta = 0.05;

    /// <summary>The scale of the bounds, c; at least 0. Low: exploits, 0 is greedy; 1: TabulaRL's.</summary>
    public double Scaling { get; init => field = Require.AtLeast("scaling", value, 0); } = 0.1;

    /// <summary><see cref="Greedy.PriorMean"/>.</summary>
    public double PriorMean { get; init => field = MdpPrior.Check(value); } = TabularMdps.PriorMean;

    /// <inheritdoc/>
    public override string Name => "ucrl2";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<Ucrl2> Table { get; } = MdpPrior.AddTo(
        new OptionTable<Ucrl2>("the agent ucrl2", new())
            .Number("scaling", "scale of the confidence bounds, c",
                agent => agent.Scaling, (agent, value) => new Ucrl2 { Scaling = value, PriorMean = agent.PriorMean },
                low: "exploits; 0 is greedy", high: "explores for long; 1 has the bounds of TabulaRL"),
        agent => agent.PriorMean, (agent, value) => new Ucrl2 { Scaling = agent.Scaling, PriorMean = value });

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) =>
        new ExtendedPlanner(Scaling, PriorMean, MdpPlayer.RequireMdps(this, task), lanes);

    sealed class ExtendedPlanner : EpisodePlanner
    {
        readonly double scaling;
        readonly float[] rewards, movable;      // [A, W]: r with its bonus; d/2
        readonly float[] keys;                  // [S]: scratch
        readonly int[] order;                   // [S]: scratch

        public ExtendedPlanner(double scaling, double priorMean, TabularMdps task, int lanes)
            : base(task, lanes, priorMean)
        {
            this.scaling = scaling;
            rewards = new float[Layout.Pairs];
            movable = new float[Layout.Pairs];
            keys = new float[Layout.States];
            order = new int[Layout.States];
        }

        protected override void Plan(MdpBelief belief, int episode, ref RandomSequence random, Span<float> qualities)
        {
            int S = Layout.States, A = Layout.Actions;
            double logarithm = Math.Log(2.0 * S * A * (episode + 1) / Delta);
            float forReward = (float)(scaling * Math.Sqrt(4 * logarithm));
            float forTransition = (float)(scaling * Math.Sqrt(4 * S * logarithm) / 2);
            for (int pair = 0; pair < Layout.Pairs; pair++)
            {
                rewards[pair] = belief.Means[pair] + forReward / MathF.Sqrt(Math.Max(1, belief.Weights[pair] - 1));
                movable[pair] = forTransition / MathF.Sqrt(Math.Max(1, belief.Totals[pair] - S));
            }
            Array.Clear(Value);
            for (int place = 0; place < qualities.Length; place += Layout.Pairs)
            {
                Span<float> current = qualities.Slice(place, Layout.Pairs);
                OptimisticBackup.Apply(Layout, belief.Transitions, rewards, movable, Value, keys, order, current);
                MdpBackup.Maximise(Layout, current, Value);
            }
        }
    }
}
