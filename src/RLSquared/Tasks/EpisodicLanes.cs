using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>
/// N trials of a few episodes each, every lane at its own place: what is the same in all tasks of ordinary episodes.
/// A task says how an episode begins, what a step does and what is observed; it keeps its state as arrays over lanes.
/// <para>
/// The draws of a step are a function of (seed, trial, step): step 0 is for the trial's first episode, and an episode
/// after another goes on with the draws of that one's last step. An episode that takes <c>limit</c> steps without
/// terminating is truncated.
/// </para>
/// </summary>
/// <param name="task">Whose lanes these are.</param>
/// <param name="episodes">The episodes of a trial.</param>
/// <param name="limit">The most steps of an episode.</param>
/// <param name="count">N, at least 1.</param>
internal abstract class EpisodicLanes(TaskDistribution task, int episodes, int limit, int count) : Lanes
{
    readonly int width = task.Observation.Width, actions = task.Action.IsDiscrete ? task.Actions : int.MaxValue;
    readonly int[] episodesLeft = new int[count];       // [N]; 0 when the trial is over
    readonly int[] stepsInEpisode = new int[count];     // [N]
    readonly uint[] stepsInTrial = new uint[count];     // [N]
    readonly ulong[] trials = new ulong[count];         // [N]
    readonly float[] last = new float[count * task.Observation.Width];          // [N, Width]
    ulong seed;

    /// <inheritdoc/>
    public sealed override int Count { get; } =
        count >= 1 ? count : throw new ArgumentOutOfRangeException(nameof(count), count, "there must be a lane");

    /// <summary>Draws the task of a trial, which its episodes share.</summary>
    /// <param name="lane">Which.</param>
    /// <param name="key">Of the draws.</param>
    protected virtual void BeginTrial(int lane, RandomKey key)
    {
    }

    /// <summary>Puts a lane where an episode begins.</summary>
    protected abstract void BeginEpisode(int lane, ref RandomSequence random);

    /// <summary>Takes one step in a lane.</summary>
    /// <param name="lane">Which.</param>
    /// <param name="actions">Of all lanes; a choice is within its range.</param>
    /// <param name="random">The draws of this step.</param>
    /// <param name="reward">Receives what the step brought.</param>
    /// <returns>Whether the episode terminated.</returns>
    protected abstract bool Advance(
        int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward);

    /// <summary>Writes the observation of a lane.</summary>
    /// <param name="lane">Which.</param>
    /// <param name="observation">Receives all numbers, [Width].</param>
    protected abstract void Observe(int lane, Span<float> observation);

    /// <summary>The steps that a lane's episode has taken so far.</summary>
    protected int StepsInEpisode(int lane) => stepsInEpisode[lane];

    /// <summary>The trial that a lane plays.</summary>
    protected ulong TrialOf(int lane) => trials[lane];

    /// <inheritdoc/>
    public sealed override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        this.seed = seed;
        for (int lane = 0; lane < Count; lane++)
            BeginLane(lane, firstTrial + (ulong)lane, observations);
    }

    /// <inheritdoc/>
    public sealed override bool BeginsLanesApart => true;

    /// <inheritdoc/>
    public sealed override void BeginLane(int lane, ulong trial, Span<float> observations)
    {
        (trials[lane], episodesLeft[lane], stepsInEpisode[lane], stepsInTrial[lane]) = (trial, episodes, 0, 0);
        BeginTrial(lane, new RandomKey(seed, RandomPurpose.Task, trial));
        RandomSequence random = DrawsOf(lane);
        BeginEpisode(lane, ref random);
        Observe(lane, observations.Slice(lane * width, width));
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentOutOfRangeException">A choice is none of the actions.</exception>
    public sealed override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        for (int lane = 0; lane < Count; lane++)
        {
            Span<float> observation = observations.Slice(lane * width, width);
            if (episodesLeft[lane] == 0)
            {
                (rewards[lane], endings[lane]) = (0, Endings.TrialEnded);
                observation.Clear();
                continue;
            }
            if (this.actions != int.MaxValue && (uint)actions[lane] >= (uint)this.actions)
                ThrowNoSuchAction(actions[lane], lane);
            stepsInTrial[lane]++;
            RandomSequence random = DrawsOf(lane);
            bool terminated = Advance(lane, actions, ref random, out rewards[lane]);
            bool outOfTime = ++stepsInEpisode[lane] == limit;
            Endings ending = terminated ? Endings.Terminated : outOfTime ? Endings.Truncated : Endings.None;
            if (ending != Endings.None)
            {
                Observe(lane, last.AsSpan(lane * width, width));
                stepsInEpisode[lane] = 0;
                if (--episodesLeft[lane] > 0)
                    BeginEpisode(lane, ref random);
                else
                    ending |= Endings.TrialEnded;
            }
            endings[lane] = ending;
            if (episodesLeft[lane] > 0)
                Observe(lane, observation);
            else
                observation.Clear();
        }
    }

    /// <inheritdoc/>
    public sealed override bool KnowsLastObservations => true;

    /// <inheritdoc/>
    public sealed override void LastObservation(int lane, Span<float> observation) =>
        last.AsSpan(lane * width, width).CopyTo(observation);

    RandomSequence DrawsOf(int lane) =>
        new RandomKey(seed, RandomPurpose.Environment, trials[lane]).Sequence(stepsInTrial[lane]);

    void ThrowNoSuchAction(int action, int lane) => throw new ArgumentOutOfRangeException(
        nameof(action), action, $"lane {lane} takes action {action}, but the actions are 0 … {actions - 1}");
}
