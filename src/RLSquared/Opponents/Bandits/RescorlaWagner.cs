using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// The rule of Rescorla and Wagner (1972) for two arms that move: after each pull the arm's estimate goes a fixed share
/// of the way to what was paid,
/// <code>
/// V(a) ← V(a) + α·(r − V(a)),    V = ½ at first,    π(a) ∝ exp(V(a)/τ), or the higher V when τ = 0
/// </code>
/// so that the weight of a reward fades by 1 − α with each later pull of the arm. It forgets at one speed, whatever the
/// task does; a learner that notices how fast the world moves does better (Behrens et al. 2007).
/// </summary>
public sealed class RescorlaWagner : Agent
{
    /// <summary>
    /// The learning rate, α, above 0 and at most 1. Low: slow and sure; high: the last reward decides. Wang et al. have
    /// 0.5.
    /// </summary>
    public double LearningRate { get; init => field = AboveZeroUpToOne("learning-rate", value); } = 0.5;

    /// <summary>The temperature of the choice, τ; at least 0. 0: always the higher estimate; high: at random.</summary>
    public double Temperature { get; init => field = Require.AtLeast("temperature", value, 0); } = 0.1;

    /// <inheritdoc/>
    public override string Name => "rescorla-wagner";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<RescorlaWagner> Table { get; } =
        new OptionTable<RescorlaWagner>("the agent rescorla-wagner", new())
            .Number("learning-rate", "share of a surprise that the estimate follows, α",
                agent => agent.LearningRate,
                (agent, value) => new() { LearningRate = value, Temperature = agent.Temperature },
                low: "slow and sure", high: "the last reward decides")
            .Number("temperature", "of the choice between the arms, τ",
                agent => agent.Temperature,
                (agent, value) => new() { LearningRate = agent.LearningRate, Temperature = value },
                low: "0: always the higher estimate", high: "at random");

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => task is RestlessBandit
        ? new RescorlaWagnerPlayer(LearningRate, Temperature, lanes)
        : throw new NotSupportedException(
            $"the agent rescorla-wagner plays restless-bandit only, not the task {task.Name}");

    static double AboveZeroUpToOne(string name, double value) => Require.AtMost(name, Require.Above(name, value, 0), 1);

    sealed class RescorlaWagnerPlayer(double alpha, double temperature, int lanes) : Player
    {
        readonly double[] estimates = new double[lanes * 2];            // [N, 2]
        ulong seed, firstTrial;

        public override void Begin(ulong seed, ulong firstTrial)
        {
            (this.seed, this.firstTrial) = (seed, firstTrial);
            Array.Fill(estimates, 0.5);
        }

        public override void Act(in Percept percept, ActionSpan actions)
        {
            for (int lane = 0; lane < lanes; lane++)
            {
                Span<double> v = estimates.AsSpan(lane * 2, 2);
                if (percept.Step > 0)
                {
                    ref double pulled = ref v[percept.PreviousActions[lane]];
                    pulled += alpha * (percept.PreviousRewards[lane] - pulled);
                }
                float u = new RandomKey(seed, RandomPurpose.Agent, firstTrial + (ulong)lane)
                    .Uniform((uint)percept.Step);
                actions[lane] = u < ChanceOfFirst(v[0] - v[1]) ? 0 : 1;
            }
        }

        double ChanceOfFirst(double lead) => lead == 0 ? 0.5
            : temperature == 0 ? (lead > 0 ? 1 : 0) : 1 / (1 + Math.Exp(-lead / temperature));
    }
}
