using RLSquared.Settings;

namespace RLSquared.MuJoCo.Tasks;

/// <summary>What is asked of an <see cref="Ant"/>.</summary>
public enum AntGoal
{
    /// <summary>To run forwards, the same in each trial.</summary>
    Forward,
    /// <summary>To run at a speed that differs from trial to trial.</summary>
    Velocity,
    /// <summary>To run forwards or backwards.</summary>
    Direction,
    /// <summary>To come near a point to the right or above.</summary>
    Twowalk,
    /// <summary>To find through the obstacle course.</summary>
    Obstacles,
}

/// <summary>Options of <see cref="Ant"/>.</summary>
public sealed record AntOptions
{
    /// <summary>What is asked.</summary>
    public AntGoal Goal { get; init; } = AntGoal.Direction;

    /// <summary>The highest speed that is asked, in m/s, of <see cref="AntGoal.Velocity"/>; at least 0.</summary>
    public double GoalHigh { get; init => field = Require.AtLeast("goal-high", value, 0); } = 3;

    /// <summary>
    /// Which target every trial of <see cref="AntGoal.Twowalk"/> has: 0 for the one to the right, 1 for the one above,
    /// or −1, where each trial draws one.
    /// </summary>
    public int Target { get; init => field = Require.Within("target", value, -1, 1); } = -1;

    /// <summary>What the sum of the squared controls costs; at least 0. High: it had better stand still.</summary>
    public double ControlCost { get; init => field = Require.AtLeast("control-cost", value, 0); } = 0.005;

    /// <summary>
    /// What the sum of the squared outer forces and torques on all bodies costs, each cut to −1 … 1; at least 0. With 0
    /// they are not computed.
    /// </summary>
    public double ContactCost { get; init => field = Require.AtLeast("contact-cost", value, 0); } = 0.0005;

    /// <summary>What each step pays by itself. High: staying upright is worth more than moving.</summary>
    public double Survival { get; init => field = Require.AtLeast("survival", value, 0); } = 0.05;

    /// <summary>
    /// Whether an episode terminates when the torso is lower than 0.2 m or higher than 1 m. Off: an ant on its back
    /// goes on lying there.
    /// </summary>
    public bool Falls { get; init; } = true;

    /// <summary>
    /// The steps after which the pose is drawn anew where the ant stands; 0 for never. It helps ants on their back.
    /// </summary>
    public int RiseEvery { get; init => field = Require.AtLeast("rise-every", value, 0); }

    /// <summary>
    /// How fast the enemy of the course runs, in metres per step; at least 0. With 0 it stays in its den.
    /// </summary>
    public double EnemySpeed { get; init => field = Require.AtLeast("enemy-speed", value, 0); } = 0.1;

    /// <summary>How far from the initial pose an episode begins; at least 0.</summary>
    public double ResetNoise { get; init => field = Require.AtLeast("reset-noise", value, 0); } = 0.1;

    /// <summary>The episodes of a trial; 1 to 10,000. Many: longer to make use of what was found out.</summary>
    public int Episodes { get; init => field = Require.Within("episodes", value, 1, 10_000); } = 2;

    /// <summary>The steps of an episode, 0.05 s each; 1 to 100,000.</summary>
    public int Horizon { get; init => field = Require.Within("horizon", value, 1, 100_000); } = 200;

    /// <summary>
    /// An MJCF file of your own that begins with a free body, with fifteen positions and eight motors; empty for ours.
    /// </summary>
    public string Model { get; init; } = "";

    /// <summary>The defaults of a task.</summary>
    /// <param name="goal">What is asked.</param>
    public static AntOptions For(AntGoal goal) => goal switch
    {
        AntGoal.Forward => new()
        {
            Goal = goal,
            ControlCost = 0.5,
            ContactCost = 0,
            Survival = 1,
            Episodes = 1,
            Horizon = 1000,
        },
        AntGoal.Twowalk => new()
        {
            Goal = goal,
            ControlCost = 0,
            ContactCost = 0,
            Survival = 0,
            Falls = false,
            Episodes = 1,
            Horizon = 1000,
        },
        AntGoal.Obstacles => new()
        {
            Goal = goal,
            ControlCost = 0,
            ContactCost = 0,
            Survival = 0,
            Falls = false,
            RiseEvery = 200,
            Episodes = 1,
            Horizon = 2000,
        },
        _ => new() { Goal = goal },
    };

    /// <summary>The options by name.</summary>
    /// <param name="goal">What is asked.</param>
    public static OptionTable<AntOptions> TableFor(AntGoal goal)
    {
        var table = new OptionTable<AntOptions>($"the task {Ant.NameOf(goal)}", For(goal));
        if (goal == AntGoal.Velocity)
        {
            table = table.Number("goal-high", "highest speed that is asked, in m/s",
                options => options.GoalHigh, (options, value) => options with { GoalHigh = value },
                low: "walking", high: "running");
        }
        if (goal == AntGoal.Twowalk)
        {
            table = table.Integer("target", "the target: 0 to the right, 1 above, or -1 for one drawn for each trial",
                options => options.Target, (options, value) => options with { Target = value });
        }
        if (goal == AntGoal.Obstacles)
        {
            table = table.Number("enemy-speed", "how fast the enemy runs, in metres per step",
                options => options.EnemySpeed, (options, value) => options with { EnemySpeed = value },
                low: "it is outrun", high: "an ant that wakes it is caught");
        }
        return table
            .Number("control-cost", "what the sum of the squared controls costs",
                options => options.ControlCost, (options, value) => options with { ControlCost = value },
                low: "any effort will do", high: "it had better stand still")
            .Number("contact-cost", "what the squared outer forces on the bodies cost, each cut to -1 to 1",
                options => options.ContactCost, (options, value) => options with { ContactCost = value },
                low: "it may stamp", high: "it had better not touch the ground")
            .Number("survival", "what each step pays by itself",
                options => options.Survival, (options, value) => options with { Survival = value },
                low: "moving counts", high: "staying upright counts")
            .Switch("falls", "whether a torso below 0.2 m or above 1 m terminates the episode",
                options => options.Falls, (options, value) => options with { Falls = value })
            .Integer("rise-every", "steps after which the pose is drawn anew on the spot, 0 for never",
                options => options.RiseEvery, (options, value) => options with { RiseEvery = value },
                low: "hardly a stride is left", high: "it lies on its back for long")
            .Number("reset-noise", "how far from the initial pose an episode begins",
                options => options.ResetNoise, (options, value) => options with { ResetNoise = value },
                low: "always the same start", high: "it must get up first")
            .Integer("episodes", "episodes of a trial, all with the same goal",
                options => options.Episodes, (options, value) => options with { Episodes = value },
                low: "most of it is finding out", high: "longer to learn from")
            .Integer("horizon", "steps of an episode, 0.05 s each",
                options => options.Horizon, (options, value) => options with { Horizon = value },
                low: "short", high: "longer to learn from")
            .Words("model", "MJCF file with fifteen positions and eight motors; empty for ours",
                options => options.Model, (options, value) => options with { Model = value });
    }
}
