using RLSquared.MuJoCo.Tasks;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.MuJoCo.Tests.Tasks;

/// <summary>Lanes with their buffers, and actions that are the same whenever they are asked for.</summary>
sealed class Plays
{
    readonly LocomotionTask task;

    public Plays(LocomotionTask task, int count, ulong seed = 1, ulong firstTrial = 0)
    {
        (this.task, Count, FirstTrial) = (task, count, firstTrial);
        Lanes = (LocomotionLanes)task.CreateLanes(count);
        Observations = new float[count * task.Observation.Width];
        Rewards = new float[count];
        Endings = new Endings[count];
        Actions = new ActionBuffer(task.Action, count);
        Lanes.Begin(seed, firstTrial, Observations);
    }

    public int Count { get; }

    public ulong FirstTrial { get; }

    public LocomotionLanes Lanes { get; }

    public float[] Observations { get; }

    public float[] Rewards { get; }

    public Endings[] Endings { get; }

    public ActionBuffer Actions { get; }

    public int Steps { get; private set; }

    public ReadOnlySpan<float> ObservationOf(int lane) =>
        Observations.AsSpan(lane * task.Observation.Width, task.Observation.Width);

    /// <summary>The action of a trial at a step: uniform on −1 … 1.</summary>
    public static float ActionOf(ulong trial, int step, int motor) =>
        2 * new RandomKey(7, RandomPurpose.Other, trial).Uniform((uint)step, (uint)motor) - 1;

    /// <summary>Takes steps with the actions of <see cref="ActionOf"/>, or with a constant.</summary>
    public void Step(int steps = 1, float? constant = null)
    {
        for (int i = 0; i < steps; i++, Steps++)
        {
            int motors = task.Action.Numbers;
            for (int k = 0; k < Actions.Numbers.Length; k++)
                Actions.Numbers[k] = constant ?? ActionOf(FirstTrial + (ulong)(k / motors), Steps, k % motors);
            Lanes.Step(Actions.Span, Observations, Rewards, Endings);
        }
    }
}
