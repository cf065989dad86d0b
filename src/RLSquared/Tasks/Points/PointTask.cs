using System.Numerics;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>
/// A point in the plane that moves by what is decided, and a goal that it does not see: each trial has a goal of its
/// own, and each of its episodes begins near the origin. What is seen is where the point is, (x, y); what is decided is
/// how far it goes along each axis, as a share of the longest move.
/// </summary>
public abstract class PointTask : TaskDistribution
{
    /// <inheritdoc/>
    public sealed override ObservationSpace Observation => ObservationSpace.Vector(2);

    /// <inheritdoc/>
    public sealed override ActionSpace Action => ActionSpace.Continuous(2);

    /// <inheritdoc/>
    public sealed override int TrialLength => checked(Episodes * Horizon);

    /// <summary>The steps after which an episode is cut.</summary>
    public abstract int Horizon { get; }

    /// <summary>The farthest that one step goes along an axis.</summary>
    public abstract float Stride { get; }

    /// <summary>How far from the origin an episode begins at most, along each axis.</summary>
    public abstract float StartSpread { get; }

    /// <summary>Draws a trial's goal.</summary>
    /// <param name="random">The trial's draws.</param>
    public abstract Vector2 DrawGoal(ref RandomSequence random);

    /// <summary>What it brings to be somewhere, and whether the episode terminates there.</summary>
    /// <param name="position">Where the point has come to.</param>
    /// <param name="goal">The trial's goal.</param>
    public abstract (float Reward, bool Terminated) Judge(Vector2 position, Vector2 goal);

    /// <summary>What people see of a trial who watch it: the goal, unless there is more.</summary>
    /// <param name="goal">The trial's goal.</param>
    public virtual IReadOnlyList<WorldMark> Marks(Vector2 goal) => [new(goal, 0.05f, true)];

    /// <inheritdoc/>
    public sealed override Lanes CreateLanes(int count) => new PointLanes(this, count);
}

/// <summary>N points in lock-step.</summary>
public sealed class PointLanes : Lanes, IDrawnLanes
{
    readonly PointTask task;
    readonly Vector2[] goals, positions;                                                    // [N]
    readonly int[] stepsInEpisode, episodesLeft;                                            // [N]
    ulong seed, firstTrial;
    int step;

    internal PointLanes(PointTask task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.task, Count) = (task, count);
        (goals, positions) = (new Vector2[count], new Vector2[count]);
        (stepsInEpisode, episodesLeft) = (new int[count], new int[count]);
    }

    /// <inheritdoc/>
    public override int Count { get; }

    /// <summary>The goal of a lane's trial, which no agent sees.</summary>
    public Vector2 Goal(int lane) => goals[lane];

    /// <inheritdoc/>
    public WorldView Draw(int lane) => new(positions[lane], task.Marks(goals[lane]), []);

    /// <inheritdoc/>
    public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        (this.seed, this.firstTrial, step) = (seed, firstTrial, 0);
        Array.Fill(episodesLeft, task.Episodes);
        for (int lane = 0; lane < Count; lane++)
        {
            RandomSequence random = Key(RandomPurpose.Task, lane).Sequence(0);
            goals[lane] = task.DrawGoal(ref random);
            BeginEpisode(lane);
            Show(lane, observations);
        }
    }

    /// <inheritdoc/>
    public override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        step++;
        for (int lane = 0; lane < Count; lane++)
        {
            if (episodesLeft[lane] == 0)
            {
                (rewards[lane], endings[lane]) = (0, Endings.TrialEnded);
                continue;
            }
            var move = new Vector2(actions.Numbers[2 * lane], actions.Numbers[2 * lane + 1]);
            positions[lane] += task.Stride * Vector2.Clamp(move, -Vector2.One, Vector2.One);
            (rewards[lane], bool terminated) = task.Judge(positions[lane], goals[lane]);
            Endings ending = terminated ? Endings.Terminated
                : ++stepsInEpisode[lane] == task.Horizon ? Endings.Truncated : Endings.None;
            if (ending != Endings.None && --episodesLeft[lane] == 0)
                ending |= Endings.TrialEnded;
            if (ending != Endings.None)
                BeginEpisode(lane);
            Show(lane, observations);
            endings[lane] = ending;
        }
    }

    void BeginEpisode(int lane)
    {
        RandomSequence random = Key(RandomPurpose.Environment, lane).Sequence((uint)step);
        stepsInEpisode[lane] = 0;
        positions[lane] = new Vector2(
            (float)(2 * random.NextUniform() - 1), (float)(2 * random.NextUniform() - 1)) * task.StartSpread;
    }

    void Show(int lane, Span<float> observations)
    {
        (observations[2 * lane], observations[2 * lane + 1]) = (positions[lane].X, positions[lane].Y);
        if (episodesLeft[lane] == 0)
            observations.Slice(2 * lane, 2).Clear();
    }

    RandomKey Key(uint purpose, int lane) => new(seed, purpose, firstTrial + (ulong)lane);
}
