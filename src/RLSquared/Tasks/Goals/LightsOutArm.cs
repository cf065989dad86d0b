using RLSquared.Datasets;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks.Goals;

/// <summary>
/// Lights Out with a gripper that has to press the buttons: the puzzle of OGBench (Park et al. 2025) with a hand that
/// moves exactly as told instead of a robot's arm under a physics simulator. Boards, tasks, places, sizes, the rule of
/// a press and the recorded plans are the published ones; joints and their speeds are left out. It is a variant of our
/// own, and its figures are not comparable with published ones.
/// <para>
/// An action is five numbers: by how much to move along x, y and z (1 is 5 cm), to turn (1 is 0.3 rad) and to close. An
/// observation is the hand (place · 10 from the middle of the board, cosine and sine of its angle, opening · 3, whether
/// it touches) and for each button its light as two numbers, how far it is down · 120, and its speed. What matters of a
/// goal is the lights alone.
/// </para>
/// </summary>
public sealed class LightsOutArm : GoalTask
{
    /// <summary>Numbers of an observation that are the hand's.</summary>
    public const int HandNumbers = 7;

    /// <summary>Numbers of an observation for each button.</summary>
    public const int ButtonNumbers = 4;

    const string Play = "play";

    internal static OptionTable<LightsOutOptions> Table { get; } = LightsOutOptions.TableFor("lights-out-arm");

    /// <summary>The board 4 × 4.</summary>
    public LightsOutArm() : this(new LightsOutOptions()) { }

    /// <summary>A board.</summary>
    public LightsOutArm(LightsOutOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (Options, Board) = (options, LightsOutBoard.Of(options.Board));
    }

    /// <summary>Which board it is.</summary>
    public LightsOutOptions Options { get; }

    /// <summary>The board.</summary>
    public LightsOutBoard Board { get; }

    /// <inheritdoc/>
    public override string Name => "lights-out-arm";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => Table.Show(Options);

    /// <inheritdoc/>
    public override ObservationSpace Observation =>
        ObservationSpace.Vector(HandNumbers + ButtonNumbers * Board.Buttons);

    /// <inheritdoc/>
    public override ActionSpace Action => ActionSpace.Continuous(5);

    /// <inheritdoc/>
    public override int GoalWidth => Board.Buttons;

    /// <inheritdoc/>
    public override int EpisodeLength => Board.Buttons < 20 ? 500 : 1000;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Evaluations => LightsOut.NamesOf(Board);

    /// <inheritdoc/>
    public override IReadOnlyList<GoalDataKind> Data =>
        [new(Play, "random buttons, pressed by plans with noise", LightsOut.TrajectoriesOf(Board), 1001)];

    /// <inheritdoc/>
    public override void Represent(ReadOnlySpan<float> observation, Span<float> goal)
    {
        for (int button = 0; button < Board.Buttons; button++)
            goal[button] = observation[HandNumbers + ButtonNumbers * button + 1];
    }

    /// <inheritdoc/>
    public override GoalLanes CreateLanes(int count) => new LightsOutArmLanes(this, count);

    private protected override void Record(string kind, ulong seed, ulong trajectory, TrajectorySpan target)
    {
        RandomSequence random = new RandomKey(seed, RandomPurpose.Data, trajectory).Sequence(0);
        var hand = HandState.Draw(LightsOut.DrawState(Board, ref random), ref random);
        var plan = new PressPlan();
        Span<double> action = stackalloc double[5];
        for (int t = 0, at = 0; t < target.Rows; t++)
        {
            if (at == plan.Steps)
            {
                plan.Make(hand, HandState.ButtonAt(Board, random.NextInt(Board.Buttons)), ref random);
                at = 0;
            }
            plan.Follow(at++, hand, action);
            hand.Write(Board, target.Observation(t));
            for (int i = 0; i < action.Length; i++)
                target.Numbers(t)[i] = (float)action[i];
            hand.Step(Board, target.Numbers(t));
        }
    }
}

/// <summary>N hands over a board each, in lock-step.</summary>
sealed class LightsOutArmLanes : GoalLanes
{
    readonly LightsOutArm task;
    readonly HandState[] hands;         // [N]
    readonly uint[] goals;              // [N]
    readonly bool[] over;               // [N]
    int step;

    public LightsOutArmLanes(LightsOutArm task, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (this.task, Count) = (task, count);
        (hands, goals, over) = (new HandState[count], new uint[count], new bool[count]);
    }

    public override int Count { get; }

    public override void Begin(
        ulong seed, ulong firstEpisode, ReadOnlySpan<int> tasks, Span<float> observations, Span<float> goals)
    {
        step = 0;
        Array.Clear(over);
        int width = task.Observation.Width;
        for (int lane = 0; lane < Count; lane++)
        {
            (uint start, uint goal) = task.Board.Evaluations[tasks[lane]];
            RandomSequence random = new RandomKey(seed, RandomPurpose.Task, firstEpisode + (ulong)lane).Sequence(0);
            hands[lane] = HandState.Draw(start, ref random);
            this.goals[lane] = goal;
            // The goal shows the hand anywhere, and closed, as it mostly is while it presses.
            HandState atGoal = HandState.Draw(goal, ref random) with { Opening = 1 };
            hands[lane].Write(task.Board, observations.Slice(lane * width, width));
            atGoal.Write(task.Board, goals.Slice(lane * width, width));
        }
    }

    public override void Step(ReadOnlyActionSpan actions, Span<float> observations, Span<Endings> endings)
    {
        const int numbers = 5;
        step++;
        NonFiniteException.ThrowIfAny(actions.Numbers[..(numbers * Count)], "action", step - 1, numbers);
        int width = task.Observation.Width;
        for (int lane = 0; lane < Count; lane++)
        {
            if (!over[lane])
            {
                hands[lane].Step(task.Board, actions.Numbers.Slice(numbers * lane, numbers));
                hands[lane].Write(task.Board, observations.Slice(lane * width, width));
            }
            endings[lane] = GoalEnding.Of(
                ref over[lane], hands[lane].Lights == goals[lane], step == task.EpisodeLength);
        }
    }
}
