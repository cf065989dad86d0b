using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// Optimism in the face of uncertainty: pulls the arm with the highest upper confidence bound
/// <c>s/m + c·σ·√(2 ln t / m)</c>, where the arm brought s in m pulls and t is the number of this pull, 1, 2, …. An arm
/// that was rarely pulled has a wide bound, so it is tried again as t grows, but ever more rarely.
/// <para>Source: Auer, Cesa-Bianchi and Fischer 2002, with their c = 1. Differs as the RL² authors' program differs:
/// the statistics start with what the prior is worth (one success and one failure), so that no arm must be tried
/// blindly, and c is tuned. σ is 1 for arms that pay 1 or 0, else the deviation of the reward. Of equals the first arm
/// is pulled.</para>
/// </summary>
public sealed class Ucb1 : Agent
{
    /// <summary>
    /// The bonus, c; at least 0. Low: exploits what looks good, 0 is greedy; high: explores for long. Tuning
    /// finds 0.1 to 0.2 for 10 and 100 pulls of arms that pay 1 or 0.
    /// </summary>
    public double Bonus { get; init => field = Require.AtLeast("c", value, 0); } = 0.2;

    /// <inheritdoc/>
    public override string Name => "ucb1";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<Ucb1> Table { get; } = new OptionTable<Ucb1>("the agent ucb1", new())
        .Number("c", "weight of the exploration bonus", agent => agent.Bonus, (_, value) => new Ucb1 { Bonus = value },
            low: "exploits; 0 is greedy", high: "explores for long");

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) =>
        new Ucb1Player(Bonus, BanditPlayer.RequireBandit(this, task), lanes);

    sealed class Ucb1Player(double bonus, BanditTask task, int lanes) : IndexPlayer(task, lanes)
    {
        readonly double[] width =                                           // c·σ·√(2 ln t) by step, t = step + 1
            [.. Enumerable.Range(1, task.Pulls).Select(t => bonus * task.RewardScale * Math.Sqrt(2 * Math.Log(t)))];

        protected override double Index(int lane, int arm, int step)
        {
            double m = Weight(lane, arm);
            return Reward(lane, arm) / m + width[step] / Math.Sqrt(m);
        }
    }
}
