using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Evaluation;
using RLSquared.Policies;

namespace RLSquared.Runs;

/// <summary>
/// Evaluations of an agent while it is trained, on trials of their own: neither training nor the evaluation at the end
/// meets them. The same trials are played each time, so that two evaluations differ by the agent alone.
/// </summary>
/// <param name="every">How often.</param>
public sealed class TrainingEvaluation(Interval every)
{
    /// <summary>The number of the first trial.</summary>
    public const ulong FirstTrial = 1UL << 50;

    /// <summary>The name of the mean return of actions that are sampled, as in training.</summary>
    public const string Sampled = "evaluation_return";

    /// <summary>The name of its standard error.</summary>
    public const string Error = "evaluation_error";

    /// <summary>The name of the mean return of the likeliest actions.</summary>
    public const string Greedy = "evaluation_return_greedy";

    /// <summary>How often.</summary>
    public Interval Every => every;

    /// <summary>The trials of an evaluation. Few are noisy; many take time from training.</summary>
    public int Trials { get; init; } = 200;

    /// <summary>The seed of the trials.</summary>
    public ulong Seed { get; init; }

    /// <summary>Threads. The results do not depend on it.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// The evaluation's mean return at which a training ends before its budget is spent; null to go on.
    /// </summary>
    public double? StopAt { get; init; }

    /// <summary>Plays, and says what came of it as figures of an iteration.</summary>
    /// <exception cref="NonFiniteException">A reward was a NaN or an infinity.</exception>
    internal IReadOnlyList<(string Name, double Value)> Play(IAlgorithm algorithm)
    {
        var options = new EvaluationOptions { Seed = Seed, Threads = Threads, Instances = Trials };
        if (algorithm is not IAgentAlgorithm { Task: var task, Agent: var agent })
        {
            // Other prompts or episodes than those of the evaluation at the end, which has the seed itself.
            AgentScore learned =
                algorithm.Evaluate(options with { Seed = Seed + FirstTrial }, CancellationToken.None).Agents[0];
            return [(Sampled, learned.Score.Mean), (Error, learned.Score.StandardError)];
        }
        Estimate sampled = Score(agent);
        List<(string, double)> figures = [(Sampled, sampled.Mean), (Error, sampled.StandardError)];
        if (agent is PolicyAgent recurrent)
            figures.Add((Greedy, Score(recurrent.Greedily()).Mean));
        return figures;

        Estimate Score(Agent one) =>
            Evaluator.Score(task, one, Trials, FirstTrial, options, null, CancellationToken.None).Score;
    }
}
