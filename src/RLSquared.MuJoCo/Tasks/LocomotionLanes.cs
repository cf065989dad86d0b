using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.MuJoCo.Tasks;

/// <summary>
/// N trials in lock-step, played in turn by one simulation: what a lane needs from step to step are some fifty numbers,
/// while a simulation takes megabytes. Shards on several threads have lanes of their own, which share the model
/// alone.
/// </summary>
sealed class LocomotionLanes : Lanes, IDisposable
{
    readonly LocomotionTask task;
    readonly Simulation simulation;
    readonly int nq, nv, goalWidth, memoryWidth;
    readonly double stepSeconds;
    readonly double[] initial;                          // [nq]
    readonly double[] positions;                        // [N, nq]
    readonly double[] velocities;                       // [N, nv]
    readonly double[] warmStarts;                       // [N, nv], the solver's first guess at the next accelerations
    readonly double[] goals;                            // [N, goal numbers]
    readonly double[] memories;                         // [N, memory]
    readonly float[] last;                              // [N, Width], what the last episode ended with
    readonly ulong[] trials;                            // [N]
    readonly int[] stepsInTrial;                        // [N]
    readonly int[] stepsInEpisode;                      // [N]
    readonly int[] episodesLeft;                        // [N]; 0 when the trial is over
    ulong seed;

    public LocomotionLanes(LocomotionTask task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.task, Count) = (task, count);
        simulation = new Simulation(task.Model);
        (nq, nv) = (task.Model.PositionCount, task.Model.VelocityCount);
        (goalWidth, memoryWidth) = (task.GoalWidth, task.MemoryWidth);
        stepSeconds = LocomotionTask.FrameSkip * task.Model.TimeStep;
        initial = task.Model.InitialPositions;
        positions = new double[count * nq];
        velocities = new double[count * nv];
        warmStarts = new double[count * nv];
        goals = new double[count * goalWidth];
        memories = new double[count * memoryWidth];
        last = new float[count * task.Observation.Width];
        trials = new ulong[count];
        stepsInTrial = new int[count];
        stepsInEpisode = new int[count];
        episodesLeft = new int[count];
    }

    /// <summary>Frees the simulation; without it, the garbage collector does.</summary>
    public void Dispose() => simulation.Dispose();

    public override int Count { get; }

    /// <summary>How the body of a lane stands, [nq].</summary>
    public ReadOnlySpan<double> PositionsOf(int lane) => Row(positions, lane, nq);

    /// <summary>How the body of a lane moves, [nv].</summary>
    public ReadOnlySpan<double> VelocitiesOf(int lane) => Row(velocities, lane, nv);

    /// <summary>The solver's first guess at a lane's next accelerations, [nv]; 0 where an episode begins.</summary>
    public ReadOnlySpan<double> WarmStartOf(int lane) => Row(warmStarts, lane, nv);

    public override void Begin(ulong seed, ulong firstTrial, Span<float> observations)
    {
        this.seed = seed;
        for (int lane = 0; lane < Count; lane++)
            BeginLane(lane, firstTrial + (ulong)lane, observations);
    }

    public override bool BeginsLanesApart => true;

    public override void BeginLane(int lane, ulong trial, Span<float> observations)
    {
        (trials[lane], stepsInTrial[lane], episodesLeft[lane]) = (trial, 0, task.Episodes);
        task.DrawGoal(new RandomKey(seed, RandomPurpose.Task, trial), Row(goals, lane, goalWidth));
        BeginEpisode(lane);
        Observe(lane, observations);
    }

    public override void Step(
        ReadOnlyActionSpan actions, Span<float> observations, Span<float> rewards, Span<Endings> endings)
    {
        int width = task.Observation.Width;
        for (int lane = 0; lane < Count; lane++)
        {
            if (episodesLeft[lane] == 0)
            {
                (rewards[lane], endings[lane]) = (0, Endings.TrialEnded);
                Row(observations, lane, width).Clear();
                continue;
            }
            stepsInTrial[lane]++;
            rewards[lane] = (float)Play(lane, actions.Lane(lane, task.Action).Numbers, out bool terminated);
            int steps = ++stepsInEpisode[lane];
            Endings ending = terminated ? Endings.Terminated
                : steps == task.Horizon ? Endings.Truncated : Endings.None;
            if (ending != Endings.None)
                Observe(lane, last);
            if (ending != Endings.None && --episodesLeft[lane] == 0)
            {
                endings[lane] = ending | Endings.TrialEnded;
                Row(observations, lane, width).Clear();
                continue;
            }
            endings[lane] = ending;
            if (ending != Endings.None)
                BeginEpisode(lane);
            else if (task.RiseEvery > 0 && steps % task.RiseEvery == 0)
                Pose(lane, standing: true);
            Observe(lane, observations);
        }
    }

    public override bool KnowsLastObservations => true;

    public override void LastObservation(int lane, Span<float> observation) =>
        Row(last, lane, task.Observation.Width).CopyTo(observation);

    public override void Privileged(Span<float> numbers)
    {
        for (int i = 0; i < goals.Length; i++)
            numbers[i] = (float)goals[i];
    }

    // One lane's state goes into the simulation and comes out again. A simulation that leaves all measure ends the
    // episode, as in the programs behind the published figures, and the step pays nothing.
    double Play(int lane, ReadOnlySpan<float> numbers, out bool terminated)
    {
        Span<double> position = Row(positions, lane, nq), velocity = Row(velocities, lane, nv);
        Span<double> warmStart = Row(warmStarts, lane, nv);
        position.CopyTo(simulation.Positions);
        velocity.CopyTo(simulation.Velocities);
        warmStart.CopyTo(simulation.WarmStart);
        Span<double> controls = simulation.Controls;
        for (int motor = 0; motor < numbers.Length; motor++)
            controls[motor] = Math.Clamp((double)numbers[motor], -1, 1);
        double before = position[0];
        simulation.Step(LocomotionTask.FrameSkip);
        if (simulation.BadControls > 0)
        {
            simulation.Reset();
            NonFiniteException.ThrowIfAny(numbers, "action", stepsInTrial[lane] - 1, numbers.Length, lane);
        }
        if (simulation.Divergences > 0)
        {
            simulation.Reset();
            terminated = true;
            return 0;
        }
        double reward = task.Judge(new Motion
        {
            XBefore = before,
            Seconds = stepSeconds,
            Simulation = simulation,
            Goal = Row(goals, lane, goalWidth),
            Memory = Row(memories, lane, memoryWidth),
        }, out terminated);
        simulation.Positions.CopyTo(position);
        simulation.Velocities.CopyTo(velocity);
        simulation.WarmStart.CopyTo(warmStart);
        return reward;
    }

    void BeginEpisode(int lane)
    {
        stepsInEpisode[lane] = 0;
        task.BeginEpisode(Row(memories, lane, memoryWidth));
        Pose(lane, standing: false);
    }

    // Draws a pose near the initial one, at the start or where the body stands.
    void Pose(int lane, bool standing)
    {
        RandomSequence random =
            new RandomKey(seed, RandomPurpose.Environment, trials[lane]).Sequence((uint)stepsInTrial[lane]);
        Span<double> position = Row(positions, lane, nq), velocity = Row(velocities, lane, nv);
        double noise = task.ResetNoise, x = position[0], y = position[1];
        for (int i = 0; i < nq; i++)
            position[i] = initial[i] + noise * (2 * random.NextUniform() - 1);
        for (int i = 0; i < nv; i++)
            velocity[i] = noise * random.NextNormal();
        if (standing)
            (position[0], position[1]) = (x, y);
        if (task.IsFree)
            Normalise(position.Slice(3, 4));
        Row(warmStarts, lane, nv).Clear();
    }

    static void Normalise(Span<double> quaternion)
    {
        double square = 0;
        foreach (double part in quaternion)
            square += part * part;
        double length = Math.Sqrt(square);
        foreach (ref double part in quaternion)
            part /= length;
    }

    void Observe(int lane, Span<float> observations) =>
        task.Observe(PositionsOf(lane), VelocitiesOf(lane), Row(observations, lane, task.Observation.Width));

    static Span<T> Row<T>(T[] rows, int lane, int width) => rows.AsSpan(lane * width, width);

    static Span<T> Row<T>(Span<T> rows, int lane, int width) => rows.Slice(lane * width, width);
}
