using System.CommandLine;
using System.Globalization;
using System.Numerics;
using RLSquared.Evaluation;
using RLSquared.Settings;

namespace RLSquared.Cli.Commands;

/// <summary>The arguments that several verbs share. Each verb gets objects of its own.</summary>
internal static class Arguments
{
    public static Argument<string> Task() => new("TASK") { Description = "the task to train on; see rl2 list" };

    public static Argument<string> Run() => new("RUN") { Description = "the folder of a run; last is the newest one" };

    public static Option<string[]> Set() => new("--set")
    {
        Description = "options of task and algorithm by name, such as --set arms=10 hidden=128; see rl2 list",
        HelpName = "key=value …",
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
    };

    public static Option<string?> Assembly() => new("--assembly")
    {
        Description = "the .dll with your own tasks and algorithms",
        HelpName = "FILE.dll",
    };

    // More than any machine has cores; each takes memory of its own.
    const int MostThreads = 1024;

    public static Option<ulong> Seed(string what) => Number<ulong>("--seed", what, 1, 0);

    public static Option<int> Threads() => Number(
        "--threads", "threads; results do not depend on it", Environment.ProcessorCount, 1, MostThreads);

    /// <summary>Null when the user says nothing: then the problem's own number counts, mostly 10,000.</summary>
    public static Option<int?> Instances(string standard = "as many as the task asks for, mostly 10,000")
    {
        Option<int> number = Number("--instances", "", 1, 1, EvaluationOptions.MostInstances);
        return new(number.Name)
        {
            Description = $"fresh trials that every agent plays; {standard}",
            HelpName = number.HelpName,
            CustomParser = result => number.CustomParser!(result),
        };
    }

    public static Option<string?> Device(string choice) => new("--device")
    {
        Description = $"the device of the networks: {choice}",
        HelpName = "NAME",
    };

    public static Option<string?> Secret() => new("--secret")
    {
        Description = "a file with the secret of the cluster, the same in every process",
        HelpName = "FILE",
    };

    public static Option<string?> Tls() => new("--tls")
    {
        Description = "a PEM file with the certificate of the cluster and its key, the same in every process",
        HelpName = "FILE",
    };

    public static Option<string?> Cluster() => new("--cluster")
    {
        Description = "let other processes help: they join at this address, or find the training in a Redis " +
            "(redis://HOST:PORT/NAME): rl2 cluster join ADDRESS",
        HelpName = "127.0.0.1:11111",
    };

    public static Option<bool> Json() => new("--json")
    {
        Description = "write one JSON object to standard output, and nothing else",
    };

    public static Option<bool> Quiet() => new("--quiet") { Description = "no progress" };

    public static Option<string> Checkpoint() => new("--checkpoint")
    {
        Description = "which checkpoint: last, best, or a file",
        HelpName = "last|best|FILE",
        DefaultValueFactory = _ => "last",
    };

    public static Option<T> Number<T>(
        string name, string description, T standard, T least, T? most = null) where T : struct, INumber<T> =>
        new(name)
        {
            Description = description,
            HelpName = "number",
            DefaultValueFactory = _ => standard,
            CustomParser = result =>
            {
                string text = result.Tokens is [{ Value: var only }] ? only : "";
                if (T.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out T value)
                    && value >= least && !(value > most))
                    return value;
                string range = most is null ? $"of {least} or more" : $"from {least} to {most}";
                result.AddError($"{name} must be a whole number {range}, but is '{text}'");
                return standard;
            },
        };

    /// <summary>One of a few words; the first is what stands when the user says nothing.</summary>
    public static Option<string> Choice(string name, string description, params string[] words) => new(name)
    {
        Description = description,
        HelpName = string.Join('|', words),
        DefaultValueFactory = _ => words[0],
        CustomParser = result =>
        {
            string text = result.Tokens is [{ Value: var only }] ? only : "";
            if (words.Contains(text))
                return text;
            result.AddError($"{name} must be {string.Join(", ", words[..^1])} or {words[^1]}, but is '{text}'");
            return words[0];
        },
    };

    /// <summary>A number from 0 to below 1; 0 when the user says nothing.</summary>
    public static Option<double> Fraction(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "number",
        CustomParser = result =>
        {
            string text = result.Tokens is [{ Value: var only }] ? only : "";
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && value is >= 0 and < 1)
                return value;
            result.AddError($"{name} must be a number from 0 to below 1, but is '{text}'");
            return 0;
        },
    };

    /// <summary>The assignments after <c>--set</c>.</summary>
    public static Assignment[] Assignments(ParseResult parsed, Option<string[]> set) =>
        Assignment.ParseAll(parsed.GetValue(set) ?? []);
}
