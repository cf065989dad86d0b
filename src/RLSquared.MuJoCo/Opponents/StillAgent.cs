using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.MuJoCo.Opponents;

/// <summary>Does nothing: all motors off. An agent that earns less has learned nothing worth its effort.</summary>
sealed class StillAgent : Agent
{
    public static AgentEntry Entry { get; } = AgentEntry.Of<StillAgent>("still", "leaves all motors off");

    public override string Name => "still";

    public override Player CreatePlayer(TaskDistribution task, int lanes) => new StillPlayer();

    sealed class StillPlayer : Player
    {
        public override void Begin(ulong seed, ulong firstTrial)
        {
        }

        public override void Act(in Percept percept, ActionSpan actions) => actions.Numbers.Clear();
    }
}
