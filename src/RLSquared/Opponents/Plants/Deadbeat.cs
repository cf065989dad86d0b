using RLSquared.Agents;
using RLSquared.Tasks;

namespace RLSquared.Opponents;

/// <summary>
/// Knows the plant of each trial and inverts it: the ceiling of <see cref="Plants"/>. It needs no measurement, since a
/// plant at rest goes where its controls send it; it predicts the speed at which the present control will act, and
/// chooses the control that then brings the set point at once, or as near as the limits let it:
/// <code>
///   u(t) = (s − (1 − f)·v(t + d)) / g,      cut to −1 … 1
/// </code>
/// No one is sooner at a set point that is not announced. Two small things are left out: the control could wear less,
/// and who knows when the next set point is due could lean towards the middle beforehand.
/// </summary>
public sealed class Deadbeat : Agent
{
    /// <inheritdoc/>
    public override string Name => "deadbeat";

    /// <inheritdoc/>
    public override Player CreatePlayer(TaskDistribution task, int lanes) => task is Plants plants
        ? new DeadbeatPlayer(plants, lanes)
        : throw new NotSupportedException($"the agent deadbeat controls plants only, not the task {task.Name}");

    sealed class DeadbeatPlayer(Plants task, int lanes) : Player
    {
        readonly Plant[] plants = new Plant[lanes];         // [N]
        readonly float[] speeds = new float[lanes];         // [N], v(t + d): all that was decided before has acted

        public override void Begin(ulong seed, ulong firstTrial)
        {
            for (int lane = 0; lane < lanes; lane++)
                plants[lane] = task.Of(seed, firstTrial + (ulong)lane);
        }

        public override void Act(in Percept percept, ActionSpan actions)
        {
            if (percept.Step % task.Options.Horizon == 0)
                Array.Clear(speeds);                        // a plant at rest stays so until the first control acts
            for (int lane = 0; lane < lanes; lane++)
            {
                (Plant plant, float setPoint) = (plants[lane], percept.Observations[2 * lane]);
                float control = Math.Clamp(
                    (setPoint - plant.Next(speeds[lane], acting: 0)) / plant.Gain, -1, 1);
                speeds[lane] = plant.Next(speeds[lane], control);
                actions.Numbers[lane] = control;
            }
        }
    }
}
