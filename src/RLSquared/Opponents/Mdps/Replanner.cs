using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// The strongest reference that is known for <see cref="TabularMdps"/>: like <see cref="Beb"/>, but what was learned
/// from a step is used at the next one, because it plans anew before every step. It is not proven to be near the
/// optimum.
/// </summary>
public sealed class Replanner : Agent
{
    /// <summary>
    /// The bonus, β; at least 0. Low: exploits; high: explores for long. Tuning finds 0.5 for 10 episodes and 1 to 2
    /// for 25 to 100.
    /// </summary>
    public double Beta { get; init => field = Require.AtLeast("beta", value, 0); } = 1;

    /// <summary><see cref="Greedy.PriorMean"/>.</summary>
    public double PriorMean { get; init => field = MdpPrior.Check(value); } = TabularMdps.PriorMean;

    /// <inheritdoc/>
    public override string Name => "replanner";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<Replanner> Table { get; } = MdpPrior.AddTo(
        new OptionTable<Replanner>("the agent replanner", new())
            .Number("beta", "exploration bonus of a pair never visited, β",
                agent => agent.Beta, (agent, value) => new Replanner { Beta = value, PriorMean = agent.PriorMean },
                low: "exploits", high: "explores for long"),
        agent => agent.PriorMean, (agent, value) => new Replanner { Beta = agent.Beta, PriorMean = value });

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) =>
        new ReplanningPlayer(Beta, PriorMean, MdpPlayer.RequireMdps(this, task), lanes);

    sealed class ReplanningPlayer : MdpPlayer
    {
        readonly float bonus;
        readonly float[] rewards, qualities;        // [A, W] each
        readonly float[] value;                     // [W]

        public ReplanningPlayer(double bonus, double priorMean, TabularMdps task, int lanes)
            : base(task, lanes, priorMean)
        {
            this.bonus = (float)bonus;
            rewards = new float[Layout.Pairs];
            qualities = new float[Layout.Pairs];
            value = new float[Layout.Width];
        }

        protected override int Choose(int lane, MdpBelief belief, int state, int step, ref RandomSequence random)
        {
            PosteriorMeanPlanner.AddBonus(belief, bonus, rewards);
            Array.Clear(value);
            for (int left = T - step % T; left > 0; left--)
                MdpBackup.Apply(Layout, belief.Transitions, rewards, value, qualities, value);
            return Best(qualities, state, ref random);
        }
    }
}
