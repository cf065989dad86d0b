using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>
/// One ordinary environment with reset and step. <see cref="TaskDistribution.FromEnvironment"/>
/// makes lanes of it in one line. An environment that matters for speed is better written as <see cref="Lanes"/>.
/// <para>Draw from the sequence that is handed in and from nothing else, and trials are the same on every
/// machine.</para>
/// </summary>
public abstract class SingleEnvironment
{
    /// <summary>
    /// Draws the task of a new trial, which all its episodes share. Does nothing if there is only one task.
    /// </summary>
    public virtual void BeginTrial(ref RandomSequence random)
    {
    }

    /// <summary>Begins an episode of the trial's task.</summary>
    /// <param name="random">What the environment may draw from.</param>
    /// <param name="observation">Receives the first observation, [Width]; holds zeros before.</param>
    public abstract void Reset(ref RandomSequence random, Span<float> observation);

    /// <summary>Takes one step.</summary>
    /// <param name="action">What was decided; with one choice, <c>action[0]</c> is 0 … A − 1.</param>
    /// <param name="random">What the environment may draw from.</param>
    /// <param name="observation">Receives the next observation, [Width]; holds zeros before.</param>
    public abstract StepResult Step(ReadOnlyActionSpan action, ref RandomSequence random, Span<float> observation);

    /// <summary>
    /// Says which options may be chosen next, if the task was made with masks. Each choice must have one left.
    /// </summary>
    /// <param name="allowed">Receives [A]; holds true everywhere before.</param>
    public virtual void Allowed(Span<bool> allowed)
    {
    }
}

/// <summary>What one step of a <see cref="SingleEnvironment"/> brought.</summary>
/// <param name="Reward">The reward.</param>
/// <param name="Terminated">Whether the episode reached its end by the task's own rules.</param>
/// <param name="Truncated">Whether the environment itself cut the episode by a limit of time.</param>
public readonly record struct StepResult(float Reward, bool Terminated = false, bool Truncated = false);

/// <summary>A trial of n episodes on an ordinary environment.</summary>
internal sealed class EnvironmentTask(
    string name, ObservationSpace observation, ActionSpace actions, int episodes, int maxStepsPerEpisode,
    Func<SingleEnvironment> create, bool masks) : TaskDistribution
{
    public override string Name { get; } = name;
    public override ObservationSpace Observation { get; } = observation;
    public override ActionSpace Action { get; } = actions;
    public override bool Masks { get; } = masks;
    public override int TrialLength => checked(Episodes * MaxStepsPerEpisode);
    public override int Episodes { get; } = episodes;
    public int MaxStepsPerEpisode { get; } = maxStepsPerEpisode;
    public override Lanes CreateLanes(int count) => new EnvironmentLanes(this, create, count);
}

/// <summary>N copies of an environment in lock-step, each at its own place in its trial.</summary>
internal sealed class EnvironmentLanes : Lanes
{
    readonly EnvironmentTask task;
    readonly SingleEnvironment[] environments;
    readonly int[] episodesLeft;        // [N]; 0 when the trial is over
    readonly int[] stepsInEpisode;      // [N]
    readonly uint[] stepsInTrial;       // [N]
    readonly ulong[] trials;            // [N]
    readonly float[] last;              // [N, Width], the last observation of the episode that ended last
    ulong seed;

    public EnvironmentLanes(EnvironmentTask task, Func<SingleEnvironment> create, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.task, Count) = (task, count);
        environments = new SingleEnvironment[count];
        for (int lane = 0; lane < count; lane++)
            environments[lane] = create();
        episodesLeft = new int[count];
        stepsInEpisode = new int[count];
        stepsInTrial = new uint[count];
        trials = new ulong[count];
        last = new float[count * task.Observation.Width];
    }

    public override int Count { get; }

    public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        this.seed = seed;
        for (int lane = 0; lane < Count; lane++)
            BeginLane(lane, firstTrial + (ulong)lane, observations);
    }

    public override bool BeginsLanesApart => true;

    public override void BeginLane(int lane, ulong trial, Span<float> observations)
    {
        trials[lane] = trial;
        episodesLeft[lane] = task.Episodes;
        (stepsInEpisode[lane], stepsInTrial[lane]) = (0, 0);
        Span<float> observation = Row(observations, lane);
        observation.Clear();
        RandomSequence taskDraws = new RandomKey(seed, RandomPurpose.Task, trial).Sequence(0);
        environments[lane].BeginTrial(ref taskDraws);
        RandomSequence random = DrawsOf(lane);
        environments[lane].Reset(ref random, observation);
    }

    public override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        observations[..(Count * task.Observation.Width)].Clear();
        for (int lane = 0; lane < Count; lane++)
        {
            if (episodesLeft[lane] == 0)
            {
                (rewards[lane], endings[lane]) = (0, Endings.TrialEnded);
                continue;
            }
            stepsInTrial[lane]++;
            RandomSequence random = DrawsOf(lane);
            Span<float> observation = Row(observations, lane);
            StepResult result = environments[lane].Step(
                actions.Lane(lane, task.Action), ref random, observation);
            bool outOfTime = ++stepsInEpisode[lane] == task.MaxStepsPerEpisode;
            Endings ending = result.Terminated ? Endings.Terminated
                : result.Truncated || outOfTime ? Endings.Truncated : Endings.None;
            if (ending != Endings.None)
            {
                stepsInEpisode[lane] = 0;
                observation.CopyTo(Row(last, lane));
                observation.Clear();
                if (--episodesLeft[lane] > 0)
                    environments[lane].Reset(ref random, observation);
                else
                    ending |= Endings.TrialEnded;
            }
            (rewards[lane], endings[lane]) = (result.Reward, ending);
        }
    }

    public override bool KnowsLastObservations => true;

    public override void LastObservation(int lane, Span<float> observation) => Row(last, lane).CopyTo(observation);

    public override void Allowed(Span<bool> allowed)
    {
        for (int lane = 0; lane < Count; lane++)
        {
            if (episodesLeft[lane] > 0)
                environments[lane].Allowed(allowed.Slice(lane * task.Actions, task.Actions));
        }
    }

    // Step 0 is for the trial's first reset; the reset after an episode goes on with the draws of its last step.
    RandomSequence DrawsOf(int lane) =>
        new RandomKey(seed, RandomPurpose.Environment, trials[lane]).Sequence(stepsInTrial[lane]);

    Span<float> Row(Span<float> observations, int lane) =>
        observations.Slice(lane * task.Observation.Width, task.Observation.Width);
}
