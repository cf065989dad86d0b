using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// One line of mechanics for each task of classic control, so that a table shows what a person would write by hand:
/// <see cref="CartPole"/> leans against the pole's fall, <see cref="MountainCar"/> pushes where it rolls,
/// <see cref="Pendulum"/> adds energy until it is near the top and holds there, <see cref="Acrobot"/> pushes against
/// the upper link's swing.
/// </summary>
public sealed class ControlRule : Agent
{
    delegate void Rule(ReadOnlySpan<float> seen, ActionSpan actions, int lane);

    /// <inheritdoc/>
    public override string Name => "rule";

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => task switch
    {
        CartPole => new RulePlayer(4, static (seen, actions, lane) =>
            actions[lane] = seen[2] + 0.4f * seen[3] + 0.02f * seen[0] + 0.08f * seen[1] > 0 ? 1 : 0),
        MountainCar => new RulePlayer(2, static (seen, actions, lane) => actions[lane] = seen[1] < 0 ? 0 : 2),
        Pendulum => new RulePlayer(3, static (seen, actions, lane) => actions.Numbers[lane] = Swing(seen)),
        Acrobot => new RulePlayer(6, static (seen, actions, lane) => actions[lane] = seen[4] > 0 ? 0 : 2),
        _ => throw new NotSupportedException(
            $"the agent rule knows the tasks of classic control only, not the task {task?.Name}"),
    };

    // Energy above that of standing upright is 0 at the top: E = θ̇² / 6 − 5 (1 − cos θ), in N m for m = l = 1, g = 10.
    static float Swing(ReadOnlySpan<float> seen)
    {
        (float cosine, float sine, float turn) = (seen[0], seen[1], seen[2]);
        if (cosine > 0.85f)
            return Math.Clamp(-(6 * MathF.Atan2(sine, cosine) + 1.5f * turn), -1, 1);
        float energy = turn * turn / 6 - 5 * (1 - cosine);
        return Math.Clamp(-2 * energy * (turn < 0 ? -1 : 1), -1, 1);
    }

    sealed class RulePlayer(int width, Rule rule) : Player
    {
        public override void Begin(ulong seed, ulong firstTrial)
        {
        }

        public override void Act(in Percept percept, ActionSpan actions)
        {
            for (int lane = 0; lane < percept.Lanes; lane++)
                rule(percept.Observations.Slice(lane * width, width), actions, lane);
        }
    }
}
