using RLSquared.Algorithms;
using RLSquared.Language.Algorithms;
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
        TaskEntry.Of("arithmetic", "sums that a language model answers, scored when exact",
            ArithmeticOptions.Table, options => new ArithmeticTask(options), budget: "3min", algorithm: "rloo"),
        TaskEntry.Of("worksheets", "chains of sums with worked references, never solved at first",
            WorksheetOptions.Table, options => new WorksheetTask(options), budget: "5min", algorithm: "exprl"),
        TaskEntry.Of("traces", "questions over long contexts, with the pages that an answer needs",
            TraceTaskOptions.Table, options => new TraceTask(options), budget: "10min", algorithm: "longtrace"),
        TaskEntry.Of("stories", "stories of a trained model (model=FOLDER) that end in time and name the child",
            StoriesOptions.Table, options => new StoriesTask(options), algorithm: "rloo"),
    ];

    /// <summary>The algorithms: the members of RLOO's family, and those that differ from it by their credit.</summary>
    public static IReadOnlyList<AlgorithmEntry> Algorithms { get; } =
    [
        .. RlooFamily.All.Select(one => AlgorithmEntry.Of<PromptTask, RlooOptions>(
            one.Name, one.Description, RlooOptions.Table,
            (task, options, seed, workers) => new Rloo(task, options, seed, workers, one.Name),
            ("default", "what suits the task", task => one.Change(
                RlooOptions.Table.Apply(task.SuggestedOptions(one.Name)))),
            ("trl", "the defaults of TRL, for models of billions of weights", _ => one.Change(RlooOptions.Trl)))),
        AlgorithmEntry.Of<PromptTask, ExpRlOptions>(
            ExpRl.Name, "a judge with the reference grades what is never right yet (Xiang et al. 2026)",
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
    ];

    static TOptions Suggested<TOptions>(OptionTable<TOptions> table, PromptTask task, string algorithm)
        where TOptions : class => table.Apply(task.SuggestedOptions(algorithm));

    static ExpRlOptions Outcome(ExpRlOptions options) => options with
    {
        Reward = ExpRlReward.Outcome,
        Learning = ExpRl.Loss(options.Learning, ExpRlReward.Outcome),
    };
}
