using RLSquared.Agents;
using RLSquared.Evaluation;
using RLSquared.Policies;
using RLSquared.Tasks;
using RLSquared.Tasks.Mazes;

namespace RLSquared.Cli.Sessions;

/// <summary>One step of a trial.</summary>
/// <param name="Number">1, 2, ….</param>
/// <param name="Probabilities">With what probabilities the agent chose, [A]; empty when it does not say.</param>
/// <param name="Choices">What it chose, [K]: the number of an option, 0, 1, …, of each choice.</param>
/// <param name="Numbers">The numbers that it named, [C].</param>
/// <param name="Reward">What that brought.</param>
/// <param name="Total">What all steps have brought so far.</param>
/// <param name="State">The state in which it chose; null where the task shows no states.</param>
/// <param name="Means">The true means of a bandit's arms at this pull, [A]; empty for another task.</param>
/// <param name="Endings">What ended with it.</param>
internal sealed record PlayedStep(int Number, float[] Probabilities, int[] Choices, float[] Numbers, float Reward,
    double Total, int? State, float[] Means, Endings Endings)
{
    /// <summary>The vector that it saw before it chose, [W]; empty for a task that shows none.</summary>
    public float[] Observation { get; init; } = [];

    /// <summary>The skill that was in charge; null for an agent that is not made of skills.</summary>
    public int? Skill { get; init; }

    /// <summary>
    /// Whether it explores, for the sake of later episodes; null for an agent that does not part a trial.
    /// </summary>
    public bool? Explores { get; init; }

    /// <summary>What it chose, where there is one choice.</summary>
    public int Action => Choices is [int first, ..] ? first : -1;
}

/// <summary>One trial of one agent, the same as that trial of an evaluation.</summary>
internal sealed class PlayedTrial : IDisposable
{
    readonly Game game;
    readonly int explore;                               // the first episodes, which are for the others; 0 for none

    public PlayedTrial(TaskDistribution task, Agent agent, ulong seed, int number)
    {
        (Task, Agent, Seed, Number) = (task, agent, seed, number);
        game = new Game(task, agent, lanes: 1);
        explore = agent.EpisodesToExplore(task.Episodes);
        game.Begin(seed, Evaluator.FirstTrial + (ulong)number - 1);
        Means = IsRestless ? [] : TrueMeans();
    }

    public TaskDistribution Task { get; }

    public Agent Agent { get; }

    public ulong Seed { get; }

    public int Number { get; }

    public bool IsBandit => Task is BanditTask;

    /// <summary>Whether the task shows states.</summary>
    public bool HasStates => Task.Observation.Kind == ObservationKind.Discrete;

    /// <summary>Whether it is a bandit whose arms move.</summary>
    public bool IsRestless => Task is BanditTask { IsRestless: true };

    /// <summary>The true means of a bandit's arms, [A]; empty for another task and where they move.</summary>
    public float[] Means { get; }

    /// <summary>What the best arm of each pull brings on average; null for a task that is no bandit.</summary>
    public double? BestTotal => (game.Lanes as BanditLanes)?.BestTotal(0);

    /// <summary>The maze and where the agent is in it; null for another task.</summary>
    public MazeLanes? Maze => game.Lanes as MazeLanes;

    /// <summary>The world from above as it is now; null for a task that has none.</summary>
    public WorldView? World => (game.Lanes as IDrawnLanes)?.Draw(0);

    /// <summary>Whether the agent is made of skills, one of which is in charge.</summary>
    public bool HasSkills => game.Player.SkillInCharge(0) is not null;

    /// <summary>Whether the agent explores in the first episodes for the sake of the others.</summary>
    public bool HasPhases => explore > 0;

    /// <summary>What the agent sees at present.</summary>
    public ReadOnlySpan<float> View => game.Observations;

    /// <inheritdoc/>
    public void Dispose() => game.Dispose();

    /// <summary>Plays the trial, one step at a time.</summary>
    public IEnumerable<PlayedStep> Steps()
    {
        double total = 0;
        int episode = 0;
        bool isVector = Task.Observation.Kind == ObservationKind.Vector;
        while (game.Decide())
        {
            float[] seen = isVector ? game.Observations.ToArray() : [];
            float[] probabilities =
                game.Player is PolicyPlayer recurrent ? recurrent.ActionProbabilities.ToArray() : [];
            int? state = HasStates ? (int)game.Observations[0] : null;
            float[] means = TrueMeans();
            int? skill = game.Player.SkillInCharge(0);
            bool explores = episode < explore;
            game.Step();
            total += game.Rewards[0];
            episode += (game.Endings[0] & Endings.EpisodeEnded) != 0 ? 1 : 0;
            yield return new PlayedStep(
                game.Steps, probabilities, [.. game.Actions.Choices], [.. game.Actions.Numbers], game.Rewards[0],
                total, state, means, game.Endings[0])
            {
                Observation = seen,
                Skill = skill,
                Explores = HasPhases ? explores : null,
            };
        }
    }

    float[] TrueMeans() => game.Lanes is BanditLanes bandit ? bandit.Means(0).ToArray() : [];
}
