using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
using RLSquared.Language.Environments;
using RLSquared.Language.Prompts;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Language;

/// <summary>
/// The tasks and algorithms of language models by name.
/// <para>To list a task or an algorithm: give its options an <see cref="Settings.OptionTable{TOptions}"/> and add one
/// entry here.</para>
/// </summary>
public static class LanguageCatalogue
{
    /// <summary>The tasks.</summary>
    public static IReadOnlyList<TaskEntry> Tasks { get; } =
    [
        TaskEntry.Of("arithmetic", "sums that a language model answers; only exact answers pay",
            ArithmeticOptions.Table, options => new ArithmeticTask(options), budget: new("3min", 3), algorithm: "rloo"),
        TaskEntry.Of("worksheets", "chains of sums with worked references, too hard to solve at first",
            WorksheetOptions.Table, options => new WorksheetTask(options), budget: new("5min", 5), algorithm: "exprl"),
        TaskEntry.Of("traces", "questions over long contexts, with the pages that an answer needs",
            TraceTaskOptions.Table, options => new TraceTask(options), budget: new("10min", 10),
            algorithm: "longtrace"),
        TaskEntry.Of("sokoban", "boxes that a language agent pushes onto targets, turn by turn",
            SokobanOptions.Table, options => new SokobanTask(options), algorithm: "gigpo"),
        TaskEntry.Of("minesweeper", "a field with hidden mines that a language agent opens cell by cell",
            MinesweeperOptions.Table, options => new MinesweeperTask(options), algorithm: "lamer"),
        TaskEntry.Of("household", "errands in rooms that a language agent does turn by turn",
            HouseholdOptions.Table, options => new HouseholdTask(options), algorithm: "gigpo"),
        TaskEntry.Of("shop", "a shop in which a language agent searches, clicks and buys what is wanted",
            ShopOptions.Table, options => new ShopTask(options), algorithm: "gigpo"),
        TaskEntry.Of("guessing", "a hidden number that a language model finds by 'higher' and 'lower'",
            GuessingOptions.Table, options => new GuessingTask(options), budget: new("5min", 5),
            algorithm: PipelineRl.Algorithm),
        TaskEntry.Of("stories", "stories of a trained model (model=FOLDER) that end in time and name the child",
            StoriesOptions.Table, options => new StoriesTask(options), algorithm: "rloo"),
    ];

    /// <summary>
    /// The algorithms: the members of RLOO's family, those that differ from it by their credit, PipelineRL, and those
    /// for agents of many turns.
    /// </summary>
    public static IReadOnlyList<AlgorithmEntry> Algorithms { get; } =
    [
        .. RlooFamily.All.Select(one => AlgorithmEntry.Of<PromptTask, RlooOptions>(
            one.Name, one.Description, RlooOptions.Table,
            (task, options, seed, workers) => new Rloo(task, options, seed, workers, one.Name),
            ("default", "what suits the task", task => one.Change(
                RlooOptions.Table.Apply(task.SuggestedOptions(one.Name)))),
            ("trl", "the defaults of TRL, for models of billions of weights", _ => one.Change(RlooOptions.Trl)))),
        AlgorithmEntry.Of<PromptTask, ExpRlOptions>(
            ExpRl.Name, "grades by a judge with a hidden reference (Xiang et al. 2026)",
            ExpRlOptions.Table,
            (task, options, seed, workers) => ExpRl.Create(task, options, seed, workers),
            ("default", "what suits the task, graded step by step",
                task => Suggested(ExpRlOptions.Table, task, ExpRl.Name)),
            ("outcome", "what suits the task, graded as a whole", task => Outcome(
                Suggested(ExpRlOptions.Table, task, ExpRl.Name))),
            ("paper-process", "the published figures, for models of billions of weights",
                _ => ExpRlOptions.PaperProcess),
            ("paper-outcome", "the published figures, graded as a whole", _ => ExpRlOptions.PaperOutcome)),
        AlgorithmEntry.Of<PromptTask, LongTraceRlOptions>(
            LongTraceRl.Name, "rubrics for right answers over long contexts (Lin et al. 2026)",
            LongTraceRlOptions.Table, LongTraceRl.Create,
            ("default", "what suits the task", task => Suggested(LongTraceRlOptions.Table, task, LongTraceRl.Name)),
            ("paper", "the published figures, for models of billions of weights", _ => LongTraceRlOptions.Paper),
            ("long-rlvr", "the baseline: the F2 of what a completion names", task =>
                Suggested(LongTraceRlOptions.Table, task, LongTraceRl.Name) with { IsLongRlvr = true })),
        AlgorithmEntry.Of<PromptTask, SelfDistillationOptions>(
            SelfDistillation.Name, "learns from itself with the reference in the prompt", SelfDistillationOptions.Table,
            SelfDistillation.Create,
            ("default", "what suits the task",
                task => Suggested(SelfDistillationOptions.Table, task, SelfDistillation.Name))),
        AlgorithmEntry.Of<PromptTask, RlooOptions>(
            ReferenceTuning.Name, "supervised learning of the references", RlooOptions.Table, ReferenceTuning.Create,
            ("default", "what suits the task", task => Suggested(RlooOptions.Table, task, ReferenceTuning.Name))),
        .. GiGpo.Family.Select(one => AlgorithmEntry.Of<AgentTask, AgentOptions>(
            one.Name, one.Description, AgentOptions.Table,
            (task, options, seed, workers) => new GiGpo(task, options, seed, workers, one.Name),
            ("default", "what suits the task", task => one.Change(
                AgentOptions.Table.Apply(task.SuggestedOptions(one.Name)))))),
        AlgorithmEntry.Of<AgentTask, ReProOptions>(
            "repro", "rewards for progress that the agent estimates and reviews (Ma et al. 2026)", ReProOptions.Table,
            (task, options, seed, workers) => new RePro(task, options, seed, workers),
            ("default", "what suits the task", task => ReProOptions.Table.Apply(task.SuggestedOptions("repro")))),
        .. LaMer.Family.Select(one => AlgorithmEntry.Of<AgentTask, LaMerOptions>(
            one.Name, one.Description, LaMerOptions.Table,
            (task, options, seed, workers) => new LaMer(task, options, seed, workers, one.Name),
            ("default", "what suits the task", task => one.Change(
                LaMerOptions.Table.Apply(task.SuggestedOptions(one.Name)))))),
        AlgorithmEntry.Of<PromptTask, PipelineRlOptions>(
            PipelineRl.Algorithm, "generation and training at once, with weights in flight (Piché et al. 2025)",
            PipelineRlOptions.Table,
            (task, options, seed, workers) => new PipelineRl(task, options, seed, workers),
            ("default", "truncated importance weights",
                task => PipelineRlOptions.For(task, PipelineRlOptions.Truncated)),
            ("ppo", "PPO's clip by token", task => PipelineRlOptions.For(task, PipelineRlOptions.Ppo)),
            ("gspo", "one ratio for each sequence, narrow clips",
                task => PipelineRlOptions.For(task, PipelineRlOptions.Gspo)),
            ("cispo", "truncated weights, the mean over all tokens",
                task => PipelineRlOptions.For(task, PipelineRlOptions.Cispo))),
    ];

    static TOptions Suggested<TOptions>(OptionTable<TOptions> table, PromptTask task, string algorithm)
        where TOptions : class => table.Apply(task.SuggestedOptions(algorithm));

    static ExpRlOptions Outcome(ExpRlOptions options) => options with
    {
        Reward = ExpRlReward.Outcome,
        Learning = ExpRl.Loss(options.Learning, ExpRlReward.Outcome),
    };
}
