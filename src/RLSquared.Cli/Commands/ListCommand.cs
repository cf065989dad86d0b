using System.CommandLine;
using System.Text.Json;
using RLSquared.Agents;
using RLSquared.Algorithms;
using RLSquared.Cli.Output;
using RLSquared.Runs;
using RLSquared.Settings;
using RLSquared.Tasks;

namespace RLSquared.Cli.Commands;

/// <summary><c>rl2 list</c>: tasks, agents, algorithms and presets with their options.</summary>
internal static class ListCommand
{
    public static Command Create(Terminal terminal, Catalogues catalogues)
    {
        Argument<string?> name = new("NAME")
        {
            Description = "a task, algorithm or agent to show alone, such as bandits",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<string?> assembly = Arguments.Assembly();
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("list", "Show tasks, agents, algorithms and their options")
        {
            name, assembly, json, quiet,
        };
        command.SetAction(parsed =>
        {
            Catalogues known = catalogues.With(parsed.GetValue(assembly));
            if (parsed.GetValue(json))
                JsonOutput.Write(terminal, writer => WriteJson(writer, known));
            else if (parsed.GetValue(name) is { } one)
                WriteOne(terminal.Output, known, one);
            else
                WriteText(terminal.Output, known);
            return ExitCode.Done;
        });
        return command;
    }

    static void WriteText(TextWriter output, Catalogues catalogues)
    {
        output.WriteLine("Tasks (rl2 train TASK --set key=value …)");
        foreach (TaskEntry task in catalogues.Tasks)
            WriteTask(output, task);
        output.WriteLine();
        output.WriteLine("Algorithms (rl2 train TASK --algorithm NAME --preset PRESET --set key=value …)");
        foreach (AlgorithmEntry algorithm in catalogues.Algorithms)
            WriteAlgorithm(output, algorithm);
        output.WriteLine();
        output.WriteLine("Agents (rl2 evaluate --agent NAME --task TASK --set key=value …)");
        foreach (AgentEntry agent in AgentCatalogue.Entries)
            WriteEntry(output, agent.Name, agent.Description, agent.Options);
    }

    static void WriteTask(TextWriter output, TaskEntry task)
    {
        string learner = task.Algorithm is { } algorithm ? $"; learned by {algorithm}" : "";
        WriteEntry(output, task.Name, task.Description + learner, task.Options, task.Budget?.ToString());
    }

    static void WriteAlgorithm(TextWriter output, AlgorithmEntry algorithm)
    {
        WriteEntry(output, algorithm.Name, algorithm.Description, algorithm.Options);
        foreach (Preset preset in algorithm.Presets)
            output.WriteLine($"    --preset {preset.Name}: {preset.Description}");
    }

    static void WriteOne(TextWriter output, Catalogues catalogues, string name)
    {
        bool Is(string known) => known.Equals(name, StringComparison.OrdinalIgnoreCase);
        if (catalogues.Tasks.FirstOrDefault(task => Is(task.Name)) is { } task)
        {
            WriteTask(output, task);
        }
        else if (catalogues.Algorithms.Any(algorithm => Is(algorithm.Name)))
        {
            // PPO of agents and PPO of language models are both called ppo.
            foreach (AlgorithmEntry algorithm in catalogues.Algorithms.Where(algorithm => Is(algorithm.Name)))
                WriteAlgorithm(output, algorithm);
        }
        else if (AgentCatalogue.Entries.FirstOrDefault(agent => Is(agent.Name)) is { } agent)
        {
            WriteEntry(output, agent.Name, agent.Description, agent.Options);
        }
        else
        {
            string[] names = [.. catalogues.Tasks.Select(known => known.Name),
                .. catalogues.Algorithms.Select(known => known.Name),
                .. AgentCatalogue.Entries.Select(known => known.Name)];
            string hint = Suggestions.Nearest(name, names) is { } nearest ? $"did you mean '{nearest}'?"
                : "rl2 list shows all";
            throw new OptionException("NAME", $"there is no task, algorithm or agent '{name}'; {hint}");
        }
    }

    static void WriteEntry(
        TextWriter output, string name, string description, OptionTable options, string? further = null)
    {
        output.WriteLine($"  {name}: {description}");
        if (further is not null)
            output.WriteLine($"    {further}");
        int width = options.Settings.Count == 0 ? 0
            : options.Settings.Max(setting => setting.Name.Length + setting.Default.Length + 1);
        foreach (Setting setting in options.Settings)
        {
            (string low, string high) = setting.Kind == "true or false" ? ("false", "true") : ("low", "high");
            string effects = string.Join("; ", new[]
            {
                setting.Low.Length > 0 ? $"{low}: {setting.Low}" : "",
                setting.High.Length > 0 ? $"{high}: {setting.High}" : "",
            }.Where(effect => effect.Length > 0));
            string kind = setting.Kind is "whole number" or "number" ? "" : $" ({setting.Kind})";
            output.WriteLine($"    {$"{setting.Name}={setting.Default}".PadRight(width)}  {setting.Description}{kind}" +
                (effects.Length > 0 ? $" [{effects}]" : ""));
        }
    }

    static void WriteJson(Utf8JsonWriter json, Catalogues catalogues)
    {
        json.WriteStartArray("tasks");
        foreach (TaskEntry task in catalogues.Tasks)
            WriteJson(json, task.Name, task.Description, task.Options, budget: task.Budget);
        json.WriteEndArray();
        json.WriteStartArray("algorithms");
        foreach (AlgorithmEntry algorithm in catalogues.Algorithms)
            WriteJson(json, algorithm.Name, algorithm.Description, algorithm.Options, algorithm.Presets);
        json.WriteEndArray();
        json.WriteStartArray("agents");
        foreach (AgentEntry agent in AgentCatalogue.Entries)
            WriteJson(json, agent.Name, agent.Description, agent.Options);
        json.WriteEndArray();
    }

    static void WriteJson(
        Utf8JsonWriter json, string name, string description, OptionTable options,
        IReadOnlyList<Preset>? presets = null, TaskBudget? budget = null)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("description", description);
        if (budget is not null)
        {
            json.WriteString("budget", budget.Text);
            if (budget.Minutes is { } minutes)
                json.WriteNumber("minutes", minutes);
            if (budget.Reaches is { } reaches)
                json.WriteString("reaches", reaches);
        }
        json.WriteStartArray("options");
        foreach (Setting setting in options.Settings)
        {
            json.WriteStartObject();
            json.WriteString("name", setting.Name);
            json.WriteString("kind", setting.Kind);
            json.WriteString("default", setting.Default);
            json.WriteString("description", setting.Description);
            json.WriteString("low", setting.Low);
            json.WriteString("high", setting.High);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        if (presets is not null)
        {
            json.WriteStartArray("presets");
            foreach (Preset preset in presets)
            {
                json.WriteStartObject();
                json.WriteString("name", preset.Name);
                json.WriteString("description", preset.Description);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }
}
