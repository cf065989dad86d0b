using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Opponents;
using RLSquared.Runs;
using RLSquared.Tasks;
using RLSquared.Tensors;

namespace RLSquared.Tests.Runs;

/// <summary>An algorithm that only counts: an iteration is ten steps, and its state follows from them.</summary>
internal sealed class Counting(int units = 3) : IAgentAlgorithm
{
    long iteration;

    /// <summary>The iteration that finds a number that is not finite.</summary>
    public long NotFiniteAt { get; init; } = long.MaxValue;

    public List<double> Progress { get; } = [];

    public string Name => "counting";
    public long Steps => 10 * iteration;
    public TaskDistribution Task { get; } = new BernoulliBandits();
    public Agent Agent => new RandomAgent();
    public ParameterSet Parameters { get; } = OneWeight(units);
    public TaskSpaces Spaces { get; } = new BernoulliBandits().Spaces;
    public Tensor Weights => Parameters.All[0].Value;

    public void VisitState(StateVisitor visitor)
    {
        visitor.Tensor("weights", Weights);
        visitor.Integer("iteration", ref iteration);
    }

    public IterationReport Iterate(double progress)
    {
        Progress.Add(progress);
        iteration++;
        Weights.Span.Fill(iteration);
        double loss = iteration == NotFiniteAt ? double.NaN : 1.0 / iteration;
        return new IterationReport((int)iteration, Steps, iteration, 0, 0, [("loss", loss)]);
    }

    public void Dispose() => Parameters.Dispose();

    static ParameterSet OneWeight(int units)
    {
        var parameters = new ParameterSet();
        parameters.Add("weights", new Shape(2, units));
        return parameters;
    }

    public static RunConfiguration Configuration { get; } = new()
    {
        Task = "bandits",
        TaskOptions = new Dictionary<string, string> { ["arms"] = "5" },
        Algorithm = "counting",
        Preset = "default",
        AlgorithmOptions = new Dictionary<string, string> { ["units"] = "3" },
        Seed = ulong.MaxValue,
        Threads = 1,
        Budget = "100",
        CheckpointEvery = "50",
    };
}
