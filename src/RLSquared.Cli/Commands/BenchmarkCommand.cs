using System.CommandLine;
using System.Globalization;
using System.IO.Enumeration;
using RLSquared.Cli.Benchmarks;
using RLSquared.Cli.Output;

namespace RLSquared.Cli.Commands;

/// <summary><c>rl2 benchmark</c>: how fast this machine is at what training does.</summary>
internal static class BenchmarkCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> filter = new("--filter")
        {
            Description = "which benchmarks, such as 'gemm*' or 'gemm/960*'",
            HelpName = "PATTERN",
            DefaultValueFactory = _ => "*",
        };
        Option<int?> threads = new("--threads")
        {
            Description = "only benchmarks with this number of threads",
            HelpName = "number",
        };
        Option<int> milliseconds = Arguments.Number("--time", "milliseconds that each is measured for", 1000, 1);
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("benchmark", "Measure the speed of this machine at the operations of training")
        {
            filter, threads, milliseconds, json, quiet,
        };
        command.SetAction(parsed =>
        {
            string pattern = parsed.GetRequiredValue(filter);
            IReadOnlyList<Benchmark> all = BenchmarkCatalogue.All();
            Benchmark[] chosen = [.. all.Where(benchmark =>
                FileSystemName.MatchesSimpleExpression(pattern, benchmark.Name)
                && (parsed.GetValue(threads) ?? benchmark.Threads) == benchmark.Threads)];
            if (chosen.Length == 0)
            {
                string names = string.Join(", ", all.Select(benchmark => benchmark.Name.Split('/')[0]).Distinct());
                throw new OptionException(
                    "--filter", $"no benchmark is called '{pattern}'; there are {names}, each /…");
            }
            var time = TimeSpan.FromMilliseconds(parsed.GetValue(milliseconds));
            (Benchmark Benchmark, double Value)[] results = [.. chosen.Select(benchmark =>
            {
                double value = benchmark.Measure(time);
                if (!parsed.GetValue(quiet) && parsed.GetValue(json))
                    terminal.Error.WriteLine(Line(benchmark, value));
                else if (!parsed.GetValue(json))
                    terminal.Output.WriteLine(Line(benchmark, value));
                return (benchmark, value);
            })];
            if (parsed.GetValue(json))
                WriteJson(terminal, results);
            return ExitCode.Done;
        });
        return command;
    }

    static string Line(Benchmark benchmark, double value)
    {
        string threads = benchmark.Threads == 1 ? "1 thread" : $"{benchmark.Threads} threads";
        string number = value.ToString(value < 1000 ? "F1" : "N0", CultureInfo.InvariantCulture);
        return $"{benchmark.Name,-40} {threads,-10} {number,10} {benchmark.Unit}";
    }

    static void WriteJson(Terminal terminal, (Benchmark Benchmark, double Value)[] results) =>
        JsonOutput.Write(terminal, json =>
        {
            json.WriteStartArray("results");
            foreach ((Benchmark benchmark, double value) in results)
            {
                json.WriteStartObject();
                json.WriteString("name", benchmark.Name);
                json.WriteNumber("threads", benchmark.Threads);
                json.WriteNumber("value", Math.Round(value, 3));
                json.WriteString("unit", benchmark.Unit);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
}
