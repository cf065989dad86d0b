using RLSquared.Policies;
using RLSquared.Settings;
using RLSquared.Tasks;
using RLSquared.Tensors.Random;

namespace RLSquared.Algorithms;

/// <summary>How far the advantages of a skill's steps look (<see cref="MlshOptions.Credit"/>).</summary>
public enum SkillCredit
{
    /// <summary>
    /// To the end of the episode, over the ends of slices: from there on the value of the skill that was next in
    /// charge counts. What a slice leads to counts.
    /// </summary>
    Episode,
    /// <summary>
    /// To the end of the slice, where the skill's own value of the state counts. A skill answers for its own slice.
    /// </summary>
    Slice,
}

/// <summary>
/// Options of <see cref="Mlsh"/>. Each names a choice that the paper or its program leaves open or makes in passing;
/// <c>docs/mlsh.md</c> sets them beside each other. A task may suggest others
/// (<see cref="Problem.SuggestedOptions"/>).
/// </summary>
public sealed record MlshOptions
{
    // ---- networks ----

    /// <summary>The shape of each skill, and of the master.</summary>
    public MlpPolicyOptions Network { get; init; } = new() { Normalise = true };

    /// <summary>
    /// Sub-policies, K; at least 1. Low: they must be general; 1 is one policy for all tasks. High: slices are few for
    /// each, and some may stay unused. 2 to 8.
    /// </summary>
    public int Skills { get; init => field = Require.AtLeast("skills", value, 1); } = 2;

    /// <summary>
    /// Steps for which a skill stays in charge, N; at least 1, and a divisor of an episode's steps. Low: the master
    /// decides much and learns slowly; 1 is hardly more than one policy. High: few choices in an episode.
    /// </summary>
    public int Interval { get; init => field = Require.AtLeast("interval", value, 1); } = 10;

    // ---- tasks ----

    /// <summary>
    /// Tasks that are learned at once, each with a master of its own; at least 1. Low: skills follow the task that was
    /// learned last; high: steadier, time in proportion. The paper has 10.
    /// </summary>
    public int Groups { get; init => field = Require.AtLeast("groups", value, 1); } = 6;

    /// <summary>
    /// Trials of each task in an iteration, played together; at least 1. With an episode of T steps they are D = plays
    /// · T steps. Low: a master learns from few slices; high: sure and slow.
    /// </summary>
    public int Plays
    {
        get;
        init => field = Require.Within("plays", value, 1, RandomKey.MostPlays - 1);
    } = 40;

    /// <summary>
    /// Iterations of a task in which the master alone learns, W; 0 leaves the warm-up out. About as many as a master
    /// needs to be nearly as good as it gets. Low: skills learn under masters that know nothing, and come to be alike.
    /// </summary>
    public int WarmUp { get; init => field = Require.AtLeast("warm-up", value, 0); } = 9;

    /// <summary>
    /// Iterations of a task in which skills learn too, U, exactly so many. High: the master's knowledge goes stale. 0:
    /// skills stay as they are and a master is learned for each task without end: transfer.
    /// </summary>
    public int Joint { get; init => field = Require.AtLeast("joint", value, 0); } = 1;

    /// <summary>
    /// Whether groups begin their tasks apart, group g so that it is g·(W + U)/G iterations ahead at first. Off: all
    /// groups learn skills in the same iterations, from all tasks at once. The paper staggers.
    /// </summary>
    public bool Stagger { get; init; }

    /// <summary>
    /// Whether a new master's optimiser begins anew too. Off, as in the paper's program: the moments of the last
    /// task's master go on.
    /// </summary>
    public bool FreshOptimiser { get; init; } = true;

    /// <summary>
    /// The share of choices that are uniform instead of the master's, in training alone; 0 to 1. The paper's program
    /// has 0.1, and in evaluations too.
    /// </summary>
    public float Exploration { get; init => field = Require.Within("exploration", value, 0, 1); }

    // ---- targets ----

    /// <summary>γ of a skill's steps. Low: short-sighted, little variance.</summary>
    public float Discount { get; init => field = Require.Within("discount", value, 0, 1); } = 0.99f;

    /// <summary>γ of the master, for each slice. A slice's reward is the plain sum of its steps'.</summary>
    public float MasterDiscount { get; init => field = Require.Within("master-discount", value, 0, 1); } = 0.99f;

    /// <summary>λ of the advantages of both. Low trusts the value estimate, high the rewards that followed.</summary>
    public float Lambda { get; init => field = Require.Within("lambda", value, 0, 1); } = 0.98f;

    /// <summary>How far the advantages of a skill's steps look.</summary>
    public SkillCredit Credit { get; init; }

    /// <summary>
    /// Whether the value before the last step counts where a limit of time cuts an episode. Off, as in the paper's
    /// program: nothing follows there.
    /// </summary>
    public bool Bootstrap { get; init; } = true;

    /// <summary>
    /// Whether a skill's advantages are brought to mean 0 and deviation 1 over all tasks together. Off, as in the
    /// paper's program: on each task, so that one that is solved does not drown one on which little is earned. With it,
    /// skills often end at the same place.
    /// </summary>
    public bool PooledAdvantages { get; init; }

    /// <summary>Whether rewards are divided by the running deviation of the discounted return.</summary>
    public bool NormaliseRewards { get; init; } = true;

    // ---- optimisation ----

    /// <summary>The master's step size. It has few iterations to learn a task: 1e-3 to 1e-2.</summary>
    public float MasterLearningRate { get; init => field = Require.Above("master-learning-rate", value, 0); } = 0.01f;

    /// <summary>The skills' step size. High: they leave the masters behind. 1e-4 to 1e-3; the paper has 3e-4.</summary>
    public float LearningRate { get; init => field = Require.Above("learning-rate", value, 0); } = 1e-3f;

    /// <summary>How often what was played is learned from, by both.</summary>
    public int Epochs { get; init => field = Require.AtLeast("epochs", value, 1); } = 10;

    /// <summary>Minibatches of a master's slices per epoch; at least 1.</summary>
    public int MasterMinibatches { get; init => field = Require.AtLeast("master-minibatches", value, 1); } = 3;

    /// <summary>Minibatches of the skills' steps per epoch, each with steps of all groups and skills.</summary>
    public int Minibatches { get; init => field = Require.AtLeast("minibatches", value, 1); } = 15;

    /// <summary>Limit of the length of the gradient: of a master's, and of that of all skills; 0 for none.</summary>
    public float GradientNorm { get; init => field = Require.AtLeast("gradient-norm", value, 0); } = 0.5f;

    // ---- loss ----

    /// <summary>ε of the clipped ratio, of both.</summary>
    public float Clip { get; init => field = Require.Above("clip", value, 0); } = 0.2f;

    /// <summary>ε of the clipped value; 0 for none. The paper's program has 0.2.</summary>
    public float ValueClip { get; init => field = Require.AtLeast("value-clip", value, 0); }

    /// <summary>Weight of the values' squared error.</summary>
    public float ValueWeight { get; init => field = Require.AtLeast("value-weight", value, 0); } = 0.5f;

    /// <summary>Weight of the skills' entropy.</summary>
    public float Entropy { get; init => field = Require.AtLeast("entropy", value, 0); }

    /// <summary>Weight of the master's entropy.</summary>
    public float MasterEntropy { get; init => field = Require.AtLeast("master-entropy", value, 0); }

    /// <summary>
    /// Weight of a term that rewards skills for being unlike each other where they act: the mean of 1 − exp(−KL) from
    /// each of the other skills. Beyond the paper. 0 for none; 0.01 to 0.1.
    /// </summary>
    public float Diversity { get; init => field = Require.AtLeast("diversity", value, 0); }

    /// <summary>
    /// How far tasks are shared out among the skills, beyond the paper: in the joint phase a skill's steps on a task
    /// weigh more where that task's master prefers it by comparison with the other tasks' masters. 0, as in the paper:
    /// all steps weigh alike, and whether skills come to differ is luck. 2 to 4.
    /// </summary>
    public float Balance { get; init => field = Require.Within("balance", value, 0, 16); } = 3;

    /// <summary>
    /// Whether skills learn when to end, beyond the paper: at each step the one in charge may hand over to the master,
    /// which chooses anew; <see cref="Interval"/> is then the most steps of a slice. Off, as in the paper: all slices
    /// have that many.
    /// </summary>
    public bool Terminations { get; init; }

    /// <summary>
    /// What handing over before the end of a slice costs, in units of the rewards that are learned from (ξ); at least
    /// 0, and only with <see cref="Terminations"/>. High: skills end rarely.
    /// </summary>
    public float TerminationCost
    {
        get;
        init => field = Require.AtLeast("termination-cost", value, 0);
    } = 0.01f;

    /// <summary>These defaults, or what the task suggests.</summary>
    public static MlshOptions For(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return Table.Apply(Suited(task), task.SuggestedOptions(Mlsh.Called));
    }

    /// <summary>The choices of the paper's program, but for its joint phase of one iteration more.</summary>
    public static MlshOptions Paper(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return For(task) with
        {
            Groups = 10,
            LearningRate = 3e-4f,
            Balance = 0,
            Stagger = true,
            FreshOptimiser = false,
            Exploration = 0.1f,
            Bootstrap = false,
            NormaliseRewards = false,
            ValueClip = 0.2f,
            GradientNorm = 0,
        };
    }

    static MlshOptions Suited(TaskDistribution task)
    {
        int steps = Horizon(task), interval = 10;
        while (steps % interval != 0)
            interval--;
        return new MlshOptions
        {
            Interval = interval,
            Network = new() { Normalise = task.Observation.Kind == ObservationKind.Vector },
        };
    }

    static int Horizon(TaskDistribution task) => Math.Max(1, task.TrialLength / Math.Max(1, task.Episodes));

    /// <summary>The options by name.</summary>
    public static OptionTable<MlshOptions> Table { get; } = new OptionTable<MlshOptions>("the algorithm mlsh", new())
        .Integer("skills", "sub-policies, K",
            options => options.Skills, (options, value) => options with { Skills = value },
            low: "1 is one policy for all tasks", high: "some may stay unused")
        .Integer("interval", "steps for which a skill stays in charge, N; divides an episode's steps",
            options => options.Interval, (options, value) => options with { Interval = value },
            low: "the master decides much, and learns slowly", high: "few choices in an episode")
        .Integer("groups", "tasks that are learned at once, each with a master of its own",
            options => options.Groups, (options, value) => options with { Groups = value },
            low: "skills follow the last task", high: "steadier, time in proportion")
        .Integer("plays", "trials of each task in an iteration",
            options => options.Plays, (options, value) => options with { Plays = value },
            low: "masters learn from few slices", high: "sure and slow")
        .Integer("warm-up", "iterations of a task in which the master alone learns, W",
            options => options.WarmUp, (options, value) => options with { WarmUp = value },
            low: "skills come to be alike", high: "fewer tasks in the same time")
        .Integer("joint", "iterations of a task in which skills learn too, U; 0 for transfer",
            options => options.Joint, (options, value) => options with { Joint = value },
            low: "0: skills stay as they are", high: "masters go stale")
        .Switch("stagger", "whether groups begin their tasks apart",
            options => options.Stagger, (options, value) => options with { Stagger = value },
            low: "skills learn from all tasks at once", high: "as in the paper")
        .Switch("fresh-optimiser", "whether a new master's optimiser begins anew",
            options => options.FreshOptimiser, (options, value) => options with { FreshOptimiser = value },
            low: "as in the paper's program", high: "tasks do not touch each other")
        .Number("exploration", "share of choices that are uniform in training, ε",
            options => options.Exploration, (options, value) => options with { Exploration = value },
            low: "the master alone chooses", high: "sees what it would not choose")
        .HiddenLayers(options => options.Network, Shape)
        .Deviation(
            options => options.Network.Deviation,
            (options, value) => Shape(options, options.Network with { Deviation = value }))
        .NormaliseObservations(options => options.Network, Shape)
        .NormaliseRewards(
            options => options.NormaliseRewards, (options, value) => options with { NormaliseRewards = value })
        .Discount(options => options.Discount, (options, value) => options with { Discount = value }, high: "sees far")
        .Number("master-discount", "weight of a reward one slice later, γ of the master",
            options => options.MasterDiscount, (options, value) => options with { MasterDiscount = value },
            low: "short-sighted, little variance", high: "sees far")
        .Lambda(options => options.Lambda, (options, value) => options with { Lambda = value })
        .Choice("credit", "how far the advantages of a skill's steps look",
            options => options.Credit, (options, value) => options with { Credit = value },
            ("episode", SkillCredit.Episode), ("slice", SkillCredit.Slice))
        .Switch("pooled-advantages", "whether a skill's advantages are standardised over all tasks together",
            options => options.PooledAdvantages, (options, value) => options with { PooledAdvantages = value },
            low: "each task counts alike", high: "tasks count by what is at stake")
        .Switch("bootstrap", "whether a value counts where a limit of time cuts an episode",
            options => options.Bootstrap, (options, value) => options with { Bootstrap = value },
            low: "nothing follows the limit", high: "the limit is not the task's end")
        .Number("master-learning-rate", "step size of the master's optimiser",
            options => options.MasterLearningRate, (options, value) => options with { MasterLearningRate = value },
            low: "does not learn a task in its warm-up", high: "settles on the first skill that pays")
        .LearningRate(options => options.LearningRate, (options, value) => options with { LearningRate = value },
            of: "the skills' optimiser", high: "leaves the masters behind")
        .Epochs(options => options.Epochs, (options, value) => options with { Epochs = value }, of: "step")
        .Integer("master-minibatches", "minibatches of a master's slices per epoch",
            options => options.MasterMinibatches, (options, value) => options with { MasterMinibatches = value },
            low: "fewer, surer updates", high: "more, each noisier")
        .Minibatches(options => options.Minibatches, (options, value) => options with { Minibatches = value },
            of: " of the skills' steps")
        .GradientNorm(options => options.GradientNorm, (options, value) => options with { GradientNorm = value })
        .Clip(options => options.Clip, (options, value) => options with { Clip = value })
        .ValueClip(options => options.ValueClip, (options, value) => options with { ValueClip = value })
        .ValueWeight(options => options.ValueWeight, (options, value) => options with { ValueWeight = value })
        .Entropy(options => options.Entropy, (options, value) => options with { Entropy = value },
            of: "the skills' entropy")
        .Number("master-entropy", "weight of the master's entropy",
            options => options.MasterEntropy, (options, value) => options with { MasterEntropy = value },
            low: "may settle too early", high: "never settles")
        .Number("diversity", "weight of a term that makes skills unlike each other; beyond the paper",
            options => options.Diversity, (options, value) => options with { Diversity = value },
            low: "0: separation is luck", high: "unlike for its own sake")
        .Number("balance", "how far tasks are shared out among the skills; beyond the paper",
            options => options.Balance, (options, value) => options with { Balance = value },
            low: "0: all steps of a skill weigh alike", high: "one skill for each task")
        .Switch("terminations", "whether skills learn when to hand over; beyond the paper",
            options => options.Terminations, (options, value) => options with { Terminations = value },
            low: "slices have a fixed length", high: "a slice has as many steps as its skill thinks fit")
        .Number("termination-cost", "what handing over before the end of a slice costs, with terminations",
            options => options.TerminationCost, (options, value) => options with { TerminationCost = value },
            low: "skills hand over freely", high: "skills hardly ever hand over");

    static MlshOptions Shape(MlshOptions options, MlpPolicyOptions network) => options with { Network = network };

    /// <summary>Those of the options of a run that are this algorithm's.</summary>
    /// <param name="options">Options of task and algorithm.</param>
    /// <exception cref="OptionException">A value cannot be.</exception>
    internal static MlshOptions Read(IReadOnlyDictionary<string, string> options) =>
        Table.ApplyOwn(options);

    /// <summary>Checks what no single option can know.</summary>
    /// <param name="task">What is to be learned.</param>
    /// <exception cref="OptionException">
    /// The interval does not divide an episode's steps, there is no iteration of a task, there are more minibatches
    /// than slices, or the task cannot be played several times at once.
    /// </exception>
    public void Validate(TaskDistribution task)
    {
        ArgumentNullException.ThrowIfNull(task);
        int steps = Horizon(task);
        if (Interval > steps || steps % Interval != 0)
        {
            int[] divisors = [.. Enumerable.Range(1, Math.Min(steps, 100_000)).Where(n => steps % n == 0)];
            int below = divisors.Where(n => n < Interval).DefaultIfEmpty(1).Max();
            int above = divisors.Where(n => n > Interval).DefaultIfEmpty(steps).Min();
            string which = above == below ? $"{below} does" : $"{below} and {above} do";
            throw new OptionException("interval", $"an interval of {Interval} steps does not divide the {steps} " +
                $"steps of an episode of {task.Name}; {which}");
        }
        long slices = (long)Plays * (task.TrialLength / Interval);
        if (MasterMinibatches > slices)
        {
            throw new OptionException("master-minibatches", $"{slices} slices of an iteration cannot be cut into " +
                $"{MasterMinibatches} minibatches; {slices} or fewer can be");
        }
        if (task.MaxLanes != int.MaxValue)
        {
            throw new OptionException("task", $"{task.Name} has {task.MaxLanes} lanes that play together, and mlsh " +
                "plays each task for itself, many times at once; ppo and rl2 can learn it");
        }
    }
}
