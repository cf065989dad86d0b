using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>
/// A task whose lanes all play the same trial, each a play of its own: the same task, and other draws. An algorithm
/// that takes gradients for one task at a time gets its experience so.
/// </summary>
/// <param name="task">What is played.</param>
sealed class RepeatedTrials(TaskDistribution task) : TaskDistribution
{
    public override string Name => task.Name;
    public override ObservationSpace Observation => task.Observation;
    public override ActionSpace Action => task.Action;
    public override bool Masks => task.Masks;
    public override int TrialLength => task.TrialLength;
    public override int Episodes => task.Episodes;
    public override int MaxLanes => task.MaxLanes;
    public override Lanes CreateLanes(int count) => new RepeatedLanes(task, count);

    /// <summary>N lanes of one lane each, since lanes that begin together play trials that follow each other.</summary>
    sealed class RepeatedLanes : Lanes
    {
        readonly TaskDistribution task;
        readonly Lanes[] lanes;

        public RepeatedLanes(TaskDistribution task, int count)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
            this.task = task;
            lanes = [.. Enumerable.Range(0, count).Select(_ => task.CreateLanes(1))];
        }

        public override int Count => lanes.Length;

        /// <summary>Begins play after play of one trial.</summary>
        /// <param name="seed">The seed of the run.</param>
        /// <param name="firstTrial">The number of lane 0's play (<see cref="RandomKey.Play"/>).</param>
        /// <param name="observations">Receives the first observations, [N, Width].</param>
        public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
        {
            for (int lane = 0; lane < lanes.Length; lane++)
                lanes[lane].Begin(seed, NumberOf(firstTrial, lane), Row(observations, lane));
        }

        public override void Step(
            ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
        {
            for (int lane = 0; lane < lanes.Length; lane++)
            {
                // A lane whose trial is over stays as it is; some lanes must not be asked again.
                if ((endings[lane] & Endings.TrialEnded) != 0)
                {
                    (rewards[lane], endings[lane]) = (0, Endings.TrialEnded);
                    continue;
                }
                lanes[lane].Step(actions.Lane(lane, task.Action), Row(observations, lane),
                    rewards.Slice(lane, 1), endings.Slice(lane, 1));
            }
        }

        public override void Allowed(Span<bool> allowed)
        {
            for (int lane = 0; lane < lanes.Length; lane++)
                lanes[lane].Allowed(allowed.Slice(lane * task.Actions, task.Actions));
        }

        Span<float> Row(Span<float> observations, int lane) =>
            observations.Slice(lane * task.Observation.Width, task.Observation.Width);
    }

    /// <summary>The number of a lane's play.</summary>
    /// <param name="first">The number of lane 0's.</param>
    /// <param name="lane">Which.</param>
    public static ulong NumberOf(ulong first, int lane) => unchecked(first + RandomKey.Play(0, lane));
}
