using RLSquared.Tasks;

namespace RLSquared.Reproduction;

/// <summary>
/// The comparisons of 'Some considerations on learning to explore via meta-reinforcement learning' (Stadie et al. 2018)
/// and of 'Meta learning shared hierarchies' (Frans et al. 2018). Both papers show curves and hardly any numbers, so
/// what is compared is the order.
/// </summary>
internal static class ExplorationTables
{
    const string ERl2 = "e-rl2", Rl2 = "rl2", EMaml = "e-maml", Maml = "maml", Mlsh = "mlsh", Ppo = "ppo";

    const string Short = "e3-5", Long = "e20-40", Endless = "endless-";

    const string ByEpisodes = "A score is the mean return of one of the last episodes of a trial; the first ones " +
        "explore and do not count: three of five for agents with a memory, and twenty of forty for those that take " +
        "a gradient step in the middle, as the paper gives them a batch for it.";

    const string ByPhases = "A score is the mean return of one of the last episodes of a trial; the first ones " +
        "explore and do not count.";

    // Trials are a multiple of the 32 worlds, so that an iteration plays each as often.
    const string Recurrent = "hidden=64 trials=320 minibatch=32 learning-rate=2e-3 lambda=0.9 entropy=0.01";

    const string Gradient = "tasks=32 plays=4 step-size=1 inner-loss=published";

    static readonly IReadOnlyList<Variant> learners =
    [
        new(ERl2, "a memory, trained for the episodes that count", IsPlain: true),
        new(Rl2, "a memory, trained for all episodes", IsPlain: true),
        new(EMaml, "a gradient step; what is played before it is credited with what comes after", IsPlain: true),
        new(Maml, "a gradient step; what is played before it gets no credit", IsPlain: true),
    ];

    static readonly IReadOnlyList<Variant> hierarchies =
    [
        new(Mlsh, "shared skills, a master for each task", IsPlain: true),
        new("no-warm-up", "skills learn from the first iteration of a task on", IsPlain: true),
        new("interval-1", "a master that chooses in every step", IsPlain: true),
        new("shared", "one policy for all tasks", IsPlain: true),
        new("terminations", "skills learn when to hand over", IsPlain: false),
        new(Ppo, "from scratch on the task, for as many steps as a master", IsPlain: true),
        new("ppo-20", "the same, for as many as twenty iterations of a master", IsPlain: true),
        new("ppo-10", "the same, for as many as ten", IsPlain: true),
    ];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<PaperTable> All { get; } =
    [
        new("krazy-world", "Krazy World", "krazy-world", 1280,
            [
                .. Rows("", "32 worlds to train on: ", "worlds=32", "worlds=64 first=32"),
                .. Rows(Endless, "new worlds in each trial: ", "worlds=0", "worlds=64 first=32"),
            ],
            [.. Learners("", Recurrent, Gradient, "1200K"), .. Learners(Endless, Recurrent, Gradient, "2M")])
        {
            Variants = learners,
            About = ByEpisodes + " All play 64 worlds that they have not met; an episode has three goals. The paper " +
                "trains on 32 worlds and reads E-RL² ≥ E-MAML ≥ MAML > RL² at the end.",
            Judge = EpisodeJudge.Judge,
            Unit = task => task.Episodes,
        },

        new("grid-mazes", "Mazes of 20 × 20 cells", "grid-mazes", 1000,
            Rows("", "", "size=20", "size=20"), Learners("", Recurrent, Gradient, "2M"))
        {
            Variants = learners,
            About = ByEpisodes + " An episode that finds the goal at step t of 60 returns 1 − t/60, any other −1. " +
                "The paper reads E-RL² > RL² > E-MAML > MAML at the end.",
            Judge = EpisodeJudge.Judge,
            Unit = task => task.Episodes,
        },

        new("movement-bandits", "Movement bandits", "movement-bandits", 300,
            [new("two-goals", "two goals, 50 steps", "horizon=50", Aim.Of(38))],
            [
                new("two-goals", Mlsh, "", "3200K") { Algorithm = Mlsh },
                new("two-goals", "no-warm-up", "warm-up=0 joint=10", "3200K") { Algorithm = Mlsh },
                new("two-goals", "interval-1", "interval=1", "3200K") { Algorithm = Mlsh },
                new("two-goals", "shared", "", "1600K") { Algorithm = Ppo },
                new("two-goals", "terminations", "terminations=true", "3200K") { Algorithm = Mlsh },
            ])
        {
            Variants = hierarchies,
            About = "Which of two goals pays is the task and is not shown. A score is the return on the worse of " +
                "the two: of ten fresh masters after nine updates, with the skills as they are, or of a policy that " +
                "all tasks share.",
            Judge = SkillJudge.TwoGoals,
        },

        new("four-rooms", "Four rooms", "four-rooms", 300,
            [
                new("goal-103", "goal 103, which no training trial has", "anywhere=true unseen=103",
                    new Aim("0.9 of the plateau within 20 iterations"))
                {
                    Evaluation = "goal=103",
                },
                new("goal-103-of-four", "goal 103, skills from the paper's three others", "unseen=103",
                    new Aim("0.9 of the plateau within 20 iterations"))
                {
                    Evaluation = "goal=103",
                },
            ],
            [
                new("goal-103", Mlsh, "warm-up=10 joint=10 groups=10 plays=10", "3200K") { Algorithm = Mlsh },
                new("goal-103", Ppo, "goal=103 lanes=10 window=100", "60K") { Algorithm = Ppo },
                new("goal-103", "ppo-20", "goal=103 lanes=10 window=100", "20K") { Algorithm = Ppo },
                new("goal-103", "ppo-10", "goal=103 lanes=10 window=100", "10K") { Algorithm = Ppo },
                new("goal-103-of-four", Mlsh, "warm-up=20 joint=30", "1600K") { Algorithm = Mlsh },
            ])
        {
            Variants = hierarchies,
            About = "A score is a share of the best possible return on the goal: of five fresh masters, the mean of " +
                "iterations 31 to 60, with skills that learned from other goals: from all of them, or from the " +
                "paper's three. PPO learns the goal from scratch, for as many steps as 10, 20 and 60 iterations of a " +
                "master.",
            Judge = SkillJudge.UnseenGoal,
            Unit = task => ((FourRooms)task).BestReturn(((FourRooms)task).Options.Goal),
        },

        new("twowalk", "Twowalk", "ant-twowalk", 20,
            [new("two-targets", "two targets 5 m away, ten seconds", "horizon=200", new Aim("above 0, on both"))],
            [
                new("two-targets", Mlsh, "groups=4 plays=5 interval=50 warm-up=5 joint=15", "600K")
                {
                    Algorithm = Mlsh,
                },
                new("two-targets", "shared", "lanes=20 window=200", "600K") { Algorithm = Ppo },
            ])
        {
            Variants = hierarchies,
            About = "An ant is to come near a target to the right or above; which one is the task and is not shown. " +
                "A score is the share of what standing still loses that is saved, on the worse of the two targets: 0 " +
                "for who stands still, 1 at most. It is that of four fresh masters after seven updates, with the " +
                "skills as they are, or of a policy that all tasks share. A skill alone ends at so many metres " +
                "along x and y; the targets are at 5, 0 and at 0, 5. Episodes have a fifth of the paper's steps.",
            Judge = SkillJudge.TwoTargets,
        },

        new("mujoco", "Half-cheetah and ant", "half-cheetah-velocity", 100,
            [.. Locomotion("half-cheetah-velocity"), .. Locomotion("ant-direction")],
            [.. Walkers("half-cheetah-velocity", "400K"), .. Walkers("ant-direction", "100K")])
        {
            Variants = learners,
            About = ByPhases + " Four algorithms after the same number of steps of the simulation. It is small: " +
                "published trainings have a hundred times as many and more, and show curves, so that no number of " +
                "theirs stands beside these.",
            Judge = EpisodeJudge.Judge,
            Unit = task => task.Episodes,
        },
    ];

    static TableRow[] Rows(string name, string label, string training, string evaluation) =>
    [
        new(name + Short, label + "five episodes, three explore", training, new Aim("the paper's order"))
        {
            Evaluation = $"{evaluation} episodes=5",
            Explore = 3,
        },
        new(name + Long, label + "forty episodes, twenty explore", training, new Aim("the paper's order"))
        {
            Evaluation = $"{evaluation} episodes=40",
            Explore = 20,
        },
    ];

    static TableRow[] Locomotion(string task) =>
    [
        new(task, $"{task}: two episodes, the first explores", "episodes=2", new Aim("none"))
        {
            Task = task,
            Explore = 1,
        },
        new(task + "-10", $"{task}: ten episodes, five explore", "episodes=2", new Aim("none"))
        {
            Task = task,
            Evaluation = "episodes=10",
            Explore = 5,
        },
    ];

    static Recipe[] Walkers(string task, string budget)
    {
        const string recurrent = "hidden=64 trials=32 minibatch=8 learning-rate=1e-3 discount=0.99 lambda=0.95";
        const string gradient = "tasks=10 plays=2 step-size=0.1 inner-loss=published";
        return
        [
            new(task, ERl2, recurrent, budget) { Algorithm = ERl2 },
            new(task, Rl2, recurrent, budget),
            new(task, EMaml, gradient, budget) { Algorithm = EMaml },
            new(task, Maml, gradient, budget) { Algorithm = Maml },
            new(task + "-10", EMaml, gradient, Budget: null, From: task) { Algorithm = EMaml },
            new(task + "-10", Maml, gradient, Budget: null, From: task) { Algorithm = Maml },
        ];
    }

    // An agent without memory is trained once and played in both rows.
    static Recipe[] Learners(string name, string recurrent, string gradient, string budget) =>
    [
        new(name + Short, ERl2, recurrent, budget) { Algorithm = ERl2 },
        new(name + Short, Rl2, recurrent, budget),
        new(name + Short, EMaml, gradient, budget) { Algorithm = EMaml },
        new(name + Short, Maml, gradient, budget) { Algorithm = Maml },
        new(name + Long, EMaml, gradient, Budget: null, From: name + Short) { Algorithm = EMaml },
        new(name + Long, Maml, gradient, Budget: null, From: name + Short) { Algorithm = Maml },
    ];
}
