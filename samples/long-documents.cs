#:project ../src/RLSquared.Language/RLSquared.Language.csproj
#:property PublishAot=false

// LongTraceRL: makes questions from your own pages, computes the reward of answers, and trains a small model.
// Run it: dotnet run -c Release samples/long-documents.cs
using RLSquared.Language.Algorithms;
using RLSquared.Language.Data.LongTrace;
using RLSquared.Language.Prompts;
using RLSquared.Language.Verifiers;
using RLSquared.Runs;
using RLSquared.Tensors;

// Pages that name each other; PageGraph.Read(folder) takes a folder of .md and .txt files.
string[] towns = ["Arden", "Bohra", "Celis", "Dunmor", "Elvet", "Farn", "Gosk", "Hale", "Ivry", "Jast", "Kelm", "Lorn"];
var graph = new PageGraph(towns.Select((town, i) => new Page(town,
    $"{town} lies on a hill. The road leads to {towns[(i + 5) % towns.Length]}. " +
    $"The river comes from {towns[(i + 3) % towns.Length]}.")));
var data = new TraceDataset(graph, new TraceDatasetOptions { Hops = 3, Tokens = 250 });
TraceExample example = data.Make(count: 1, seed: 1).Single();
Console.WriteLine($"{example.Question}\nThe answer is {example.Label}; {example.Pages.Count} documents, of which " +
    $"{example.Rubrics.Count} are needed: {string.Join(", ", example.Rubrics)}.");

// A right answer earns more for each needed page that it names. A wrong answer earns nothing.
foreach ((string said, float outcome) in new (string, float)[]
    { (example.Label, 1), ($"By {example.Rubrics[1]} and {example.Rubrics[2]}: {example.Label}.", 1), ("Nowhere.", 0) })
{
    float rubric = TraceRewards.Rubric(example.Rubrics, said);
    Console.WriteLine($"'{said}' is worth {TraceRewards.Mix(outcome, rubric, eta: 0.3f, RubricSign.Positive):F2}");
}

var task = new TraceTask(new TraceTaskOptions { Tokens = 64, Hops = 2, Names = 20 });
LongTraceRlOptions options = LongTraceRlOptions.Table.Apply(task.SuggestedOptions(LongTraceRl.Name));
using var workers = new Workers(threads: 2);
using Rloo longtrace = LongTraceRl.Create(task, options, seed: 1, workers);
TrainingOutcome done = new Training(longtrace, Budget.Parse(args.Length > 0 ? args[0] : "60s")).Run();
Console.WriteLine($"mean reward {done.Status.Report.MeanReturn:F2} after {longtrace.Steps} tokens");
