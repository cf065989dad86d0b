using System.Numerics.Tensors;
using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Opponents;

/// <summary>
/// Optimistic posterior sampling: before each episode draws several processes from the posterior, solves each, and
/// follows the highest Q of all, element by element. One sample is <see cref="Psrl"/>.
/// </summary>
public sealed class Opsrl : Agent
{
    /// <summary>
    /// The processes per episode; at least 1. Low: less optimism; high: more, and time in proportion.
    /// </summary>
    public int Samples { get; init => field = Require.AtLeast("samples", value, 1); } = 10;

    /// <summary><see cref="Greedy.PriorMean"/>.</summary>
    public double PriorMean { get; init => field = MdpPrior.Check(value); } = TabularMdps.PriorMean;

    /// <inheritdoc/>
    public override string Name => "opsrl";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<Opsrl> Table { get; } = MdpPrior.AddTo(
        new OptionTable<Opsrl>("the agent opsrl", new())
            .Integer("samples", "processes drawn for each episode",
                agent => agent.Samples, (agent, value) => new Opsrl { Samples = value, PriorMean = agent.PriorMean },
                low: "less optimism; 1 is posterior sampling", high: "more optimism, and time in proportion"),
        agent => agent.PriorMean, (agent, value) => new Opsrl { Samples = agent.Samples, PriorMean = value });

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) =>
        new PosteriorSampler(MdpPlayer.RequireMdps(this, task), lanes, PriorMean, Samples);
}

/// <summary>Plays <see cref="Opsrl"/> and, with one sample, <see cref="Psrl"/>.</summary>
internal sealed class PosteriorSampler : EpisodePlanner
{
    readonly int samples;
    readonly float[] transitions, rewards;      // [S', A, W], [A, W]: one sample
    readonly float[] sampled;                   // [T, A, W]: its Q
    readonly int[] large;                       // scratch
    readonly float[] scales;                    // scratch

    public PosteriorSampler(TabularMdps task, int lanes, double priorMean, int samples) : base(task, lanes, priorMean)
    {
        this.samples = samples;
        transitions = new float[Layout.Cells];
        Array.Fill(transitions, 0.5f);
        rewards = new float[Layout.Pairs];
        sampled = new float[T * Layout.Pairs];
        large = new int[Layout.Cells];
        scales = new float[Layout.Pairs];
    }

    protected override void Plan(MdpBelief belief, int episode, ref RandomSequence random, Span<float> qualities)
    {
        for (int sample = 0; sample < samples; sample++)
        {
            belief.SampleRewards(ref random, rewards);
            belief.SampleTransitions(ref random, transitions, large, scales);
            Iterate(transitions, rewards, sample == 0 ? qualities : sampled);
            if (sample > 0)
                TensorPrimitives.Max<float>(qualities, sampled, qualities);
        }
    }
}
