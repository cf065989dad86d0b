using RLSquared.Settings;

namespace RLSquared.Tasks;

/// <summary>
/// What an algorithm learns: tasks that an agent plays step by step (<see cref="TaskDistribution"/>), goals to be
/// reached from recorded data, or prompts to be answered. An algorithm says which kind it takes
/// (<see cref="Algorithms.AlgorithmEntry.Of{TProblem,TOptions}"/>).
/// </summary>
public abstract class Problem
{
    /// <summary>The name on the command line, such as <c>bandits</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What kind of problem it is, as it reads in a message: 'a task that an agent plays'.</summary>
    public abstract string Kind { get; }

    /// <summary>
    /// Every option with its value, as text from which <see cref="TaskEntry.CreateProblem"/> makes the same problem
    /// again; empty for one without options.
    /// </summary>
    public virtual IReadOnlyList<Assignment> Settings => [];

    /// <summary>
    /// Options of an algorithm that suit this problem better than that algorithm's defaults: its default preset takes
    /// them. None by default.
    /// </summary>
    /// <param name="algorithm">The name of the algorithm, such as <c>rl2</c>.</param>
    public virtual IEnumerable<Assignment> SuggestedOptions(string algorithm) => [];

    /// <summary>Fresh trials, prompts or episodes of an evaluation where the user does not say how many.</summary>
    public virtual int EvaluationInstances => 10_000;
}
