using RLSquared.Agents;
using RLSquared.MuJoCo.Tasks;
using RLSquared.Tasks;

namespace RLSquared.MuJoCo.Opponents;

/// <summary>
/// A gait made by hand for the half-cheetah.
/// </summary>
sealed class GaitAgent : Agent
{
    public static AgentEntry Entry { get; } = AgentEntry.Of<GaitAgent>("gait", "todo");

    public override string Name => "gait";

    public override Player CreatePlayer(TaskDistribution task, int lanes) => throw new NotSupportedException("todo");
}
