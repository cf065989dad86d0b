using RLSquared.Agents;
using RLSquared.Experience;
using RLSquared.Objectives;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Algorithms;

/// <summary>
/// One task of an iteration of <see cref="Maml"/>: its plays before each inner step, and after the last.
/// </summary>
sealed class MamlTask(AdaptivePolicy policy, MamlOptions options)
{
    float[] rows = [], logDeviations = [];                              // of the adapted policy before the outer step

    /// <summary>[inner steps + 1].</summary>
    public Plays[] Plays { get; } =
    [
        .. Enumerable.Range(0, options.InnerSteps + 1)
            .Select(_ => new Plays(policy.Spaces, options.Plays, policy.Width)),
    ];

    /// <summary>λ times what the plays before adaptation are credited with, for each of their steps.</summary>
    public float Credit { get; set; }

    /// <summary>Below which deviation the advantages after adaptation are noise.</summary>
    public double LeastDeviation { get; set; }

    Plays After => Plays[^1];

    /// <summary>The mean reward of a step after adaptation.</summary>
    public double MeanReward => After.MeanReturn * After.K / Math.Max(1, After.Steps);

    /// <summary>Shifts the advantages after adaptation to a mean of 0; returns the sum of their squares.</summary>
    public double Centre()
    {
        double sum = 0, squares = 0;
        int count = After.T * After.K;
        for (int i = 0; i < count; i++)
            sum += After.Active[i] * (double)After.Advantages[i];
        double mean = sum / Math.Max(1, After.Steps);
        for (int i = 0; i < count; i++)
        {
            After.Advantages[i] = After.Active[i] * (float)(After.Advantages[i] - mean);
            squares += (double)After.Advantages[i] * After.Advantages[i];
        }
        return squares;
    }

    /// <summary>The sum of (r − mean)² over the steps after adaptation.</summary>
    public double SquaresAround(double mean)
    {
        double squares = 0;
        for (int i = 0; i < After.T * After.K; i++)
            squares += After.Active[i] * (After.Rewards[i] - mean) * (After.Rewards[i] - mean);
        return squares;
    }

    /// <summary>Keeps what the adapted policy was before the outer step.</summary>
    public void Remember(PolicyDistribution adapted, Tensor deviations)
    {
        rows = adapted.Rows.ToArray();
        logDeviations = deviations.Exists ? deviations.ToArray() : [];
    }

    /// <summary>The adapted policy as it was before the outer step.</summary>
    public PolicyDistribution Remembered(Tape tape, ActionSpace space) => PolicyDistribution.FromRows(space,
        tape.Constant(new Shape(After.T * After.K, space.Size + space.Numbers), rows),
        logDeviations.Length == 0 ? default : tape.Constant(new Shape(logDeviations.Length), logDeviations));
}

/// <summary>A fixed share of the tasks with all that one thread needs for them.</summary>
sealed class MamlShard : IDisposable
{
    /// <summary>Room for the share.</summary>
    public MamlShard(TaskDistribution task, AdaptivePolicy policy, MamlOptions options, int number, int weights)
    {
        First = Minibatches.Cut(options.Tasks, number, options.Shards);
        End = Minibatches.Cut(options.Tasks, number + 1, options.Shards);
        Game = new Game(new RepeatedTrials(task), new RepeatingAgent(policy), options.Plays, checksActions: false);
        Baseline = new LinearBaseline(policy.Width);
        Gradient = new float[weights];
    }

    /// <summary>The first task.</summary>
    public int First { get; }

    /// <summary>The task after the last.</summary>
    public int End { get; }

    /// <summary>K plays of one task.</summary>
    public Game Game { get; }

    /// <summary>Who plays them.</summary>
    public AdaptivePlayer Player => (AdaptivePlayer)Game.Player;

    /// <summary>Is fitted to one task's plays after the other.</summary>
    public LinearBaseline Baseline { get; }

    /// <summary>Where losses are computed.</summary>
    public Tape Tape { get; } = new(new Arena());

    /// <summary>Where the adapted weights of the task lie that is being played.</summary>
    public Arena Adapted { get; } = new();

    /// <summary>The sum of the gradients of its tasks.</summary>
    public float[] Gradient { get; }

    /// <summary>The sum of their losses.</summary>
    public MamlSums Sums { get; set; }

    /// <summary>Returns the memory.</summary>
    public void Dispose()
    {
        Game.Dispose();
        Tape.Arena.Dispose();
        Adapted.Dispose();
    }

    sealed class RepeatingAgent(AdaptivePolicy policy) : Agent
    {
        public override string Name => "maml";

        public override Player CreatePlayer(TaskDistribution task, int lanes) =>
            new AdaptivePlayer(policy, lanes, repeats: true);
    }
}

/// <summary>What the losses of all tasks come to; weighted so that tasks add up to their mean.</summary>
readonly record struct MamlSums(
    double Outer, double Explored, double Loss, double Entropy, double Kl, double Clipped, double ExactKl)
{
    public static MamlSums operator +(MamlSums a, MamlSums b) => new(
        a.Outer + b.Outer, a.Explored + b.Explored, a.Loss + b.Loss, a.Entropy + b.Entropy, a.Kl + b.Kl,
        a.Clipped + b.Clipped, a.ExactKl + b.ExactKl);

    /// <summary>The curves, averaged over passes.</summary>
    public IEnumerable<(string Name, double Value)> Figures(int passes) =>
    [
        ("policy_loss", Outer / passes), ("exploration_loss", Explored / passes), ("entropy", Entropy / passes),
        ("kl", Kl / passes), ("clip_fraction", Clipped / passes),
    ];
}
