using System.Numerics;
using RLSquared.Settings;
using RLSquared.Tensors.Random;

namespace RLSquared.Tasks;

/// <summary>What is paid for on <see cref="SparseCourse"/>.</summary>
public enum CourseStage
{
    /// <summary>To move in one direction of four, which the trial draws; there is no wall.</summary>
    Practice,
    /// <summary>To be at the goal, behind a wall; nothing else.</summary>
    Course,
}

/// <summary>Options of <see cref="SparseCourse"/>.</summary>
public sealed record SparseCourseOptions
{
    /// <summary>What is paid for.</summary>
    public CourseStage Stage { get; init; } = CourseStage.Course;

    /// <summary>
    /// The direction that pays in practice: 0 to 3 for right, left, up and down, or −1, where each trial draws one.
    /// </summary>
    public int Direction { get; init => field = Require.Within("direction", value, -1, 3); } = -1;

    /// <summary>The steps of an episode; at least 1. The course takes about 80 at full speed.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 400;

    /// <summary>The options by name.</summary>
    public static OptionTable<SparseCourseOptions> Table { get; } =
        new OptionTable<SparseCourseOptions>("the task sparse-course", new())
            .Choice("stage", "what is paid for: a direction, or the far goal alone",
                options => options.Stage, (options, value) => options with { Stage = value },
                ("practice", CourseStage.Practice), ("course", CourseStage.Course))
            .Integer("direction", "which direction pays in practice, or -1 for one drawn for each trial",
                options => options.Direction, (options, value) => options with { Direction = value })
            .Integer("horizon", "steps of an episode",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "the goal cannot be reached", high: "more of it at the goal");
}

/// <summary>
/// A heavy point in a square field of ±10 that is pushed along both axes, for the transfer of skills: a stand-in for
/// the obstacle course of 'Meta learning shared hierarchies' (Frans et al. 2018), without a body that has to walk.
/// <code>
///   v ← 0.8 v + 0.05 a,  a from −1 to 1 along each axis      x ← x + v, and v ← 0 along an axis on which it is stopped
/// </code>
/// So it moves at most 0.25 a step. In <see cref="CourseStage.Practice"/> an episode begins anywhere, and each step
/// pays how far it led in the trial's direction, in units of the most. In <see cref="CourseStage.Course"/> it begins at
/// the lower left, (−8, −8), and the goal is the square of ±2 around the lower right, (8, −8), behind a wall at x = 0
/// from the lower edge up to y = 0: each step that ends in the goal pays 1, and nothing else pays. An agent that
/// pushes at random does not come near the goal.
/// <para>The observation is the place in units of 10 and the velocity in units of 0.25. No episode terminates.</para>
/// </summary>
/// <param name="options">Stage and length.</param>
public sealed class SparseCourse(SparseCourseOptions options) : TaskDistribution
{
    const float Field = 10, Kept = 0.8f, Push = 0.05f, Fastest = Push / (1 - Kept), WallTop = 0, Reach = 2;
    static readonly Vector2 start = new(-8, -8), goal = new(8, -8);
    static readonly Vector2[] directions = [Vector2.UnitX, -Vector2.UnitX, Vector2.UnitY, -Vector2.UnitY];

    /// <summary>The course.</summary>
    public SparseCourse() : this(new SparseCourseOptions()) { }

    /// <summary>Stage and length.</summary>
    public SparseCourseOptions Options { get; } = options;

    /// <inheritdoc/>
    public override string Name => "sparse-course";

    /// <inheritdoc/>
    public override IReadOnlyList<Assignment> Settings => SparseCourseOptions.Table.Show(Options);

    /// <summary>Place and velocity, x and y each.</summary>
    public override ObservationSpace Observation => ObservationSpace.Vector(4);

    /// <summary>The push along each axis.</summary>
    public override ActionSpace Action => ActionSpace.Continuous(2);

    /// <inheritdoc/>
    public override int TrialLength => Options.Horizon;

    /// <summary>
    /// For <c>mlsh</c>, a skill for each direction, slices of 25 steps, in which a skill crosses a quarter of the
    /// field, and a larger step size, since what each push brings is paid at once.
    /// </summary>
    public override IEnumerable<Assignment> SuggestedOptions(string algorithm) =>
        algorithm != "mlsh" || Options.Horizon % 25 != 0 ? []
            : Assignment.ParseAll(["skills=4", "interval=25", "plays=20", "learning-rate=2e-3"]);

    /// <summary>Which direction pays in a trial of the practice, which no agent observes.</summary>
    /// <param name="seed">The seed of the run or of the evaluation.</param>
    /// <param name="trial">The number of the trial.</param>
    public int DirectionOf(ulong seed, ulong trial) => DirectionOf(new RandomKey(seed, RandomPurpose.Task, trial));

    int DirectionOf(RandomKey key) => Options.Direction >= 0 ? Options.Direction : (int)(key.Uniform(0) * 4);

    /// <inheritdoc/>
    public override Lanes CreateLanes(int count) => new CourseLanes(this, count);

    /// <summary>One step of the point.</summary>
    internal static void Move(Vector2 push, bool hasWall, ref Vector2 place, ref Vector2 velocity)
    {
        velocity = Kept * velocity + Push * Vector2.Clamp(push, -Vector2.One, Vector2.One);
        Vector2 next = Vector2.Clamp(place + velocity, new(-Field), new(Field));
        // The wall stops what would cross x = 0 below its top; it has no thickness.
        if (hasWall && next.Y < WallTop && next.X >= 0 != place.X >= 0)
            next.X = place.X;
        velocity = new Vector2(
            next.X == place.X + velocity.X ? velocity.X : 0, next.Y == place.Y + velocity.Y ? velocity.Y : 0);
        place = next;
    }

    sealed class CourseLanes(SparseCourse task, int count)
        : EpisodicLanes(task, 1, task.Options.Horizon, count), IDrawnLanes
    {
        readonly Vector2[] places = new Vector2[count], velocities = new Vector2[count];
        readonly int[] paying = new int[count];
        readonly bool isCourse = task.Options.Stage == CourseStage.Course;

        public WorldView Draw(int lane) => !isCourse ? new(places[lane], [], [])
            : new(places[lane], [new WorldMark(goal, Reach, true)], [])
            {
                Walls = [(new Vector2(0, -Field), new Vector2(0, WallTop))],
            };

        protected override void BeginTrial(int lane, RandomKey key) => paying[lane] = task.DirectionOf(key);

        protected override void BeginEpisode(int lane, ref RandomSequence random)
        {
            velocities[lane] = Vector2.Zero;
            places[lane] = isCourse ? start : Field * new Vector2(
                (float)(2 * random.NextUniform() - 1), (float)(2 * random.NextUniform() - 1));
        }

        protected override bool Advance(
            int lane, ReadOnlyActionSpan actions, ref RandomSequence random, out float reward)
        {
            ref Vector2 place = ref places[lane];
            Vector2 before = place, push = new(actions.Numbers[2 * lane], actions.Numbers[2 * lane + 1]);
            Move(push, isCourse, ref place, ref velocities[lane]);
            Vector2 apart = Vector2.Abs(place - goal);
            reward = !isCourse ? Vector2.Dot(place - before, directions[paying[lane]]) / Fastest
                : apart.X <= Reach && apart.Y <= Reach ? 1 : 0;
            return false;
        }

        protected override void Observe(int lane, Span<float> observation)
        {
            (Vector2 place, Vector2 velocity) = (places[lane] / Field, velocities[lane] / Fastest);
            (observation[0], observation[1]) = (place.X, place.Y);
            (observation[2], observation[3]) = (velocity.X, velocity.Y);
        }
    }
}
