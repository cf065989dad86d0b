using RLSquared.Settings;
using RLSquared.Tasks.Goals;

namespace RLSquared.Algorithms;

/// <summary>How <see cref="TransitiveRl"/> makes a policy of its values.</summary>
public enum Extraction
{
    /// <summary>
    /// A normal policy climbs the value and stays near the recorded actions (reparameterised gradients): for numbers.
    /// </summary>
    Rpg,
    /// <summary>
    /// A flow copies the recorded actions, and the value picks the best of several draws: for numbers.
    /// </summary>
    Frs,
    /// <summary>
    /// A softmax policy climbs its expected value and stays near the recorded actions: for one choice.
    /// </summary>
    Discrete,
    /// <summary>
    /// The choice of the largest value, without a network of its own (our own addition): for one choice.
    /// </summary>
    Greedy,
    /// <summary>
    /// The recorded actions are copied, those most that were on a way which brought the goal nearer (our own addition):
    /// for numbers and for one choice. It asks the value over several steps at once, so that a value which is still
    /// coarse is enough.
    /// </summary>
    Awr,
    /// <summary>
    /// A policy for near goals climbs the value, and far goals are reached over recorded places: the values of single
    /// hops are put together by the method's own operator on a table (our own addition, after the search on the replay
    /// buffer of Eysenbach, Salakhutdinov and Levine 2019). Only near values must be right.
    /// </summary>
    Plan,
}

/// <summary>What <see cref="TransitiveRl"/> can be told.</summary>
public sealed record TransitiveRlOptions
{
    /// <summary>Networks, minibatches and steps.</summary>
    public GoalLearningOptions Learning { get; init; } = new();

    // ---- values ----

    /// <summary>
    /// κ of the asymmetric loss: how far a value is drawn towards the best of its targets. Just above 0.5 it is the
    /// mean over all recorded ways, as slow as these were; towards 1 it is the largest, errors included. 0.7 in the
    /// paper.
    /// </summary>
    public float Expectile { get; init => field = Require.Between("expectile", value, 0.5f, 1); } = 0.7f;

    /// <summary>
    /// λ of the weight (1 + D)^−λ, D being the steps that a target stands for. 0: near and far goals weigh the same;
    /// high: near ones weigh more, whose values must be right before those of far ones can be. 0 to 2 in the paper.
    /// </summary>
    public float DistanceWeight { get; init => field = Require.Within("distance-weight", value, 0, 16); } = 0.7f;

    /// <summary>
    /// M, the subgoals of a goal, of which the best makes the target. 1 as in the released code; more come nearer to
    /// the maximum over all, also in errors, and cost their number.
    /// </summary>
    public int Subgoals { get; init => field = Require.Within("subgoals", value, 1, 16); } = 1;

    /// <summary>
    /// Whether goals are a geometric number of steps of mean 1/(1 − γ) away, else uniform up to the trajectory's end.
    /// Geometric: near goals are learned first; uniform: far ones are seen more often, as the largest data need.
    /// </summary>
    public bool Geometric { get; init; } = true;

    /// <summary>
    /// The share of goals that lie in any trajectory, 0 to 1, which links trajectories (our own addition). 0 as in the
    /// paper: values reach only as far as single trajectories and what the network makes of them. High: far goals are
    /// linked through states that trajectories share, and values that are wrong spread the same way.
    /// </summary>
    public float Linking { get; init => field = Require.Within("linking", value, 0, 1); }

    /// <summary>
    /// The share of goals that lie in any trajectory and count as out of reach, 0 to 1 (our own addition). 0 as in the
    /// paper: nothing says that two places have a wall between them. High: places that no recording links seem
    /// <see cref="InitialSteps"/> apart, and so, a little, do those that recordings link.
    /// </summary>
    public float Apart { get; init => field = Require.Within("apart", value, 0, 1); }

    /// <summary>
    /// Whether subgoals are any rows of the set instead of rows between anchor and goal: for comparison only; it does
    /// harm.
    /// </summary>
    public bool RandomSubgoals { get; init; }

    /// <summary>
    /// The steps that all goals seem away before anything is learned. 0, as in the paper: all values begin at ½, and
    /// those of far goals must fall, which an expectile makes slow; high: near goals must rise, which it makes quick.
    /// </summary>
    public float InitialSteps { get; init => field = Require.Within("initial-steps", value, 0, 100_000); }

    /// <summary>
    /// Whether a half is worth no less than the recorded way says, γ^(k − i) (our own addition). Off, as in the paper:
    /// values of far goals come from nearer ones, round by round; on: they begin with what was recorded, and halves
    /// make them better. For worlds without chance.
    /// </summary>
    public bool Recorded { get; init; }

    /// <summary>
    /// Whether the first step of a way counts as luck (our own addition, for worlds with chance): one-step targets are
    /// averaged and not drawn upwards, and no split gives the anchor itself. Off, as in the paper: a lucky step is
    /// taken for one that can be repeated.
    /// </summary>
    public bool Stochastic { get; init; }

    // ---- policy ----

    /// <summary>How a policy is made of the values.</summary>
    public Extraction Extraction { get; init; } = Extraction.Rpg;

    /// <summary>
    /// α, the weight of staying near the recorded actions. Low: trusts the value, also where no data are; high: does
    /// what was recorded. 0.1 to 10 in the paper. With <c>awr</c> a way weighs e^(A / α), A being by how many
    /// deviations it gains more steps than the mean way does: 1 is usual.
    /// </summary>
    public float Behaviour { get; init => field = Require.AtLeast("behaviour", value, 0); } = 10;

    /// <summary>
    /// Whether the policy's goals are a geometric number of steps away, else uniform up to the trajectory's end.
    /// Geometric: near goals, along which actions matter most; far ones are then learned from few rows.
    /// </summary>
    public bool ActorGeometric { get; init; }

    /// <summary>
    /// The share of the policy's goals that are any row, 0 to 1. 0: the policy knows only goals that were reached from
    /// where it is; high: it must act by the value alone, as stitching needs.
    /// </summary>
    public float ActorRandom { get; init => field = Require.Within("actor-random", value, 0, 1); }

    /// <summary>
    /// n, the steps over which <c>awr</c> asks whether a way brings the goal nearer. Few: the value must tell one step
    /// from the next; many: the action counts little among all that follow.
    /// </summary>
    public int Lookahead { get; init => field = Require.Within("lookahead", value, 1, 10_000); } = 10;

    /// <summary>
    /// The most steps of a hop with <c>plan</c>, and of the goals that its policy learns. Few: many landmarks are
    /// needed to get anywhere; many: hops lead through walls where the value is still coarse.
    /// </summary>
    public int Reach { get; init => field = Require.Within("reach", value, 2, 10_000); } = 20;

    /// <summary>
    /// Recorded places that <c>plan</c> puts together. Few leave gaps wider than a hop; many cost their square once,
    /// and their number at each decision.
    /// </summary>
    public int Landmarks { get; init => field = Require.Within("landmarks", value, 1, 4096); } = 500;

    /// <summary>
    /// Draws of which <c>frs</c> takes the best. Few: what is usual; many: what the value overrates. 32.
    /// </summary>
    public int Draws { get; init => field = Require.Within("draws", value, 1, 1024); } = 32;

    /// <summary>Steps of the flow of <c>frs</c> from noise to action. Few are coarse, many slow. 10.</summary>
    public int FlowSteps { get; init => field = Require.Within("flow-steps", value, 1, 1024); } = 10;

    /// <summary>The released recipe for standard data, with the task's own discount.</summary>
    /// <param name="problem">What is learned.</param>
    public static TransitiveRlOptions Paper(GoalProblem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        GoalTask task = problem.Task;
        return new()
        {
            Learning = GoalLearningOptions.Paper(problem),
            Extraction = task.Action.IsDiscrete ? Extraction.Discrete : Extraction.Rpg,
            Behaviour = task.Action.IsDiscrete ? 0.1f : 10,
        };
    }

    /// <summary>A small network that learns on two cores in minutes; see docs/transitive-rl.md for what it reaches.
    /// </summary>
    /// <param name="problem">What is learned.</param>
    public static TransitiveRlOptions Small(GoalProblem problem)
    {
        TransitiveRlOptions small = Paper(problem) with { Learning = GoalLearningOptions.Small(problem) };
        bool isChoice = problem.Task.Action.IsDiscrete;
        // Each was measured: docs/results/point-maze.md and lights-out.md. Of behaviour 10 copies, and 0.003 to 0.03
        // are alike.
        return small with
        {
            InitialSteps = 1.5f / (1 - small.Learning.Discount),
            Recorded = true,
            Behaviour = isChoice ? small.Behaviour : 0.03f,
            Extraction = isChoice ? Extraction.Greedy : Extraction.Plan,
        };
    }

    /// <summary>The options by name.</summary>
    public static OptionTable<TransitiveRlOptions> Table { get; } =
        new OptionTable<TransitiveRlOptions>("the algorithm transitive-rl", new())
            .Number("expectile", "κ: how far a value is drawn towards the best of its targets",
                options => options.Expectile, (options, value) => options with { Expectile = value },
                low: "the mean of recorded ways", high: "the best, errors included; 0.7 in the paper")
            .Number("distance-weight", "λ of the weight (1 + D)^−λ of a target D steps away",
                options => options.DistanceWeight, (options, value) => options with { DistanceWeight = value },
                low: "0 weighs all alike", high: "near goals first; up to 2 in the paper")
            .Integer("subgoals", "subgoals of a goal, of which the best counts",
                options => options.Subgoals, (options, value) => options with { Subgoals = value },
                low: "1 as in the released code", high: "nearer to the maximum, slower")
            .Switch("geometric", "whether goals are a geometric number of steps away, else uniform",
                options => options.Geometric, (options, value) => options with { Geometric = value },
                low: "far goals are seen more often", high: "near goals are learned first")
            .Number("linking", "share of goals in any trajectory",
                options => options.Linking, (options, value) => options with { Linking = value },
                low: "0 as in the paper", high: "links trajectories, and spreads errors")
            .Number("apart", "share of goals in any trajectory that count as out of reach",
                options => options.Apart, (options, value) => options with { Apart = value },
                low: "0 as in the paper: walls may seem open", high: "near places seem farther, too")
            .Switch("random-subgoals", "whether subgoals are any rows, for comparison",
                options => options.RandomSubgoals, (options, value) => options with { RandomSubgoals = value },
                low: "between anchor and goal", high: "does harm")
            .Number("initial-steps", "steps that all goals seem away at first",
                options => options.InitialSteps, (options, value) => options with { InitialSteps = value },
                low: "0 is a value of ½, as in the paper", high: "values of far goals need not fall")
            .Switch("recorded", "whether a half is worth no less than the recorded way says",
                options => options.Recorded, (options, value) => options with { Recorded = value },
                low: "as in the paper: values spread from near to far", high: "values begin with what was recorded")
            .Switch("stochastic", "whether the first step of a way counts as luck",
                options => options.Stochastic, (options, value) => options with { Stochastic = value },
                low: "as in the paper", high: "for worlds with chance")
            .Choice("extraction", "how a policy is made of the values",
                options => options.Extraction, (options, value) => options with { Extraction = value },
                ("rpg", Extraction.Rpg), ("frs", Extraction.Frs), ("discrete", Extraction.Discrete),
                ("greedy", Extraction.Greedy), ("awr", Extraction.Awr), ("plan", Extraction.Plan))
            .Number("behaviour", "α: weight of staying near the recorded actions",
                options => options.Behaviour, (options, value) => options with { Behaviour = value },
                low: "trusts the value", high: "does what was recorded")
            .Switch("actor-geometric", "whether the policy's goals are a geometric number of steps away",
                options => options.ActorGeometric, (options, value) => options with { ActorGeometric = value },
                low: "uniform up to the end", high: "near goals")
            .Number("actor-random", "share of the policy's goals that are any row",
                options => options.ActorRandom, (options, value) => options with { ActorRandom = value },
                low: "only goals that were reached", high: "acts by the value alone")
            .Integer("lookahead", "steps over which awr asks whether a way brings the goal nearer",
                options => options.Lookahead, (options, value) => options with { Lookahead = value },
                low: "the value must be fine", high: "the action counts little")
            .Integer("reach", "steps of a hop with plan",
                options => options.Reach, (options, value) => options with { Reach = value },
                low: "many landmarks are needed", high: "hops through walls while values are coarse")
            .Integer("landmarks", "recorded places that plan puts together",
                options => options.Landmarks, (options, value) => options with { Landmarks = value },
                low: "gaps wider than a hop", high: "slow decisions")
            .Integer("draws", "draws of which frs takes the best",
                options => options.Draws, (options, value) => options with { Draws = value },
                low: "what is usual", high: "what the value overrates")
            .Integer("flow-steps", "steps of the flow of frs from noise to action",
                options => options.FlowSteps, (options, value) => options with { FlowSteps = value },
                low: "coarse", high: "slow")
            .Learning(options => options.Learning, (options, value) => options with { Learning = value });

    /// <summary>Checks what no single option can know.</summary>
    /// <exception cref="OptionException">The extraction is not one for the actions of the task.</exception>
    internal void Validate(GoalTask task)
    {
        Learning.Validate();
        if (Stochastic && Subgoals > 1)
            throw new OptionException("subgoals", $"stochastic goes with one subgoal, but subgoals is {Subgoals}");
        if (Stochastic && Recorded)
        {
            throw new OptionException("recorded",
                "a recorded way may have been luck: leave recorded away where stochastic is on");
        }
        if (Apart > 0 && InitialSteps == 0)
        {
            throw new OptionException("apart", $"apart {Apart} needs initial-steps, the distance of what is out of " +
                "reach: set it to 150, say, or apart to 0");
        }
        bool isChoice = task.Action.IsDiscrete;
        if (Extraction is not (Extraction.Awr or Extraction.Plan)
            && isChoice != (Extraction is Extraction.Discrete or Extraction.Greedy))
        {
            throw new OptionException("extraction", isChoice
                ? $"an action of {task.Name} is a choice: extraction must be discrete, greedy, awr or plan, since " +
                    "rpg and frs need numbers"
                : $"an action of {task.Name} is numbers: extraction must be rpg, frs, awr or plan, since discrete " +
                    "and greedy need a choice");
        }
    }
}
