using RLSquared.Agents;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// Walks straight to a goal of <see cref="MovementBandits"/> and stays there: to the one that pays, which no other
/// agent knows (−1: the ceiling), or always to goal 0 or 1, as a single policy for both tasks learns to do.
/// </summary>
/// <param name="goal">0, 1, or −1 for the one that pays.</param>
public sealed class GoalWalker(int goal) : Agent
{
    readonly int goal = Require.Within("goal", goal, -1, 1);

    /// <summary>To the goal that pays.</summary>
    public GoalWalker() : this(-1) { }

    /// <inheritdoc/>
    public override string Name => "goal-walker";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(this);

    /// <summary>The options by name.</summary>
    public static OptionTable<GoalWalker> Table { get; } = new OptionTable<GoalWalker>("the agent goal-walker", new())
        .Integer("goal", "where it goes: 0, 1, or -1 for the goal that pays",
            agent => agent.goal, (_, value) => new GoalWalker(value));

    internal static AgentEntry Entry =>
        AgentEntry.Of("goal-walker", "walks straight to the goal that pays, which no other agent knows", Table);

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => task is MovementBandits movement
        ? new WalkingPlayer(movement, goal, lanes)
        : throw new NotSupportedException(
            $"the agent goal-walker plays movement-bandits only, not the task {task?.Name}");

    sealed class WalkingPlayer(MovementBandits task, int goal, int lanes) : Player
    {
        readonly int[] goals = new int[lanes];

        public override void Begin(ulong seed, ulong firstTrial)
        {
            for (int lane = 0; lane < lanes; lane++)
                goals[lane] = goal >= 0 ? goal : task.GoalOf(seed, firstTrial + (ulong)lane);
        }

        public override void Act(in Percept percept, ActionSpan actions)
        {
            const float half = MovementBandits.Stride / 2 / MovementBandits.Field;
            for (int lane = 0; lane < lanes; lane++)
            {
                ReadOnlySpan<float> seen = percept.Observations.Slice(6 * lane, 6);
                float dx = seen[2 + 2 * goals[lane]] - seen[0], dy = seen[3 + 2 * goals[lane]] - seen[1];
                actions[lane] = Math.Max(Math.Abs(dx), Math.Abs(dy)) <= half ? 0
                    : Math.Abs(dx) > Math.Abs(dy) ? (dx > 0 ? 1 : 2) : dy > 0 ? 3 : 4;
            }
        }
    }
}
