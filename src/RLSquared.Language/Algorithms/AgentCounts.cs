using RLSquared.Algorithms;
using RLSquared.Language.Environments;
using RLSquared.Language.Experience;
using RLSquared.Language.Prompts;

namespace RLSquared.Language.Algorithms;

/// <summary>How far the training of an agent has come: with the weights and the optimiser, all of its state.</summary>
sealed class AgentCounts
{
    long levels, trajectories;

    /// <summary>Iterations.</summary>
    public int Iteration;

    /// <summary>Tokens that were read and written.</summary>
    public long Tokens;

    /// <summary>The number of the next demonstration.</summary>
    public long Examples;

    /// <summary>Whether the warm start is over.</summary>
    public bool IsWarm;

    /// <summary>Copies of the next levels to learn from: G for each, neighbours.</summary>
    public AgentPlay[] Begin(AgentTask task, ulong seed, int groups, int groupSize) =>
        Begin(task, seed, PromptSplit.Training, groups, groupSize, ref levels, ref trajectories);

    /// <param name="task">Whose levels.</param>
    /// <param name="seed">Of the levels.</param>
    /// <param name="split">Which levels.</param>
    /// <param name="groups">How many levels.</param>
    /// <param name="groupSize">Plays of each.</param>
    /// <param name="levels">The number of the next level; is moved on.</param>
    /// <param name="trajectories">The number of the next play; is moved on.</param>
    public static AgentPlay[] Begin(
        AgentTask task, ulong seed, PromptSplit split, int groups, int groupSize, ref long levels,
        ref long trajectories)
    {
        var plays = new AgentPlay[groups * groupSize];
        for (int g = 0; g < groups; g++, levels++)
        {
            TextEnvironment environment = task.Create();
            environment.Reset(task.Level(seed, levels, split));
            for (int i = 0; i < groupSize; i++)
                plays[g * groupSize + i] = new AgentPlay(environment.Clone(), levels, trajectories++);
        }
        return plays;
    }

    public void VisitState(StateVisitor visitor)
    {
        visitor.Integer("iteration", ref Iteration);
        visitor.Integer("tokens", ref Tokens);
        visitor.Integer("levels", ref levels);
        visitor.Integer("trajectories", ref trajectories);
        visitor.Integer("examples", ref Examples);
        long warm = IsWarm ? 1 : 0;
        visitor.Integer("is_warm", ref warm);
        IsWarm = warm == 1;
    }
}
