using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Tests.Opponents;

/// <summary>Tasks in short, and players driven by hand.</summary>
static class Duel
{
    public static BernoulliBandits Bandits(int arms, int pulls) => new(new() { Arms = arms, Pulls = pulls });

    public static Agent Make(string name, TaskDistribution task, params string[] settings) =>
        AgentCatalogue.CreateFor(name, task, Assignment.ParseAll(settings));

    /// <summary>The arms that an agent pulls in one trial if pull t brings rewards[t], whatever the arm.</summary>
    public static int[] Pulls(Agent agent, TaskDistribution task, params float[] rewards)
    {
        Player player = agent.CreatePlayer(task, 1);
        player.Begin(1, 0);
        int[] arms = new int[rewards.Length + 1], action = new int[1];
        for (int t = 0; t <= rewards.Length; t++)
        {
            player.Act(new Percept
            {
                Step = t,
                Observations = [],
                PreviousActions = t == 0 ? [0] : [arms[t - 1]],
                PreviousRewards = t == 0 ? [0] : [rewards[t - 1]],
                PreviousEndings = [Endings.Terminated],
            }, action);
            arms[t] = action[0];
        }
        return arms;
    }
}
