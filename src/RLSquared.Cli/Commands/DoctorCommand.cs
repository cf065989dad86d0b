using System.CommandLine;
using System.Globalization;
using RLSquared.Cli.Benchmarks;
using RLSquared.Runs;

namespace RLSquared.Cli.Commands;

/// <summary><c>rl2 doctor</c>: what this machine offers, and whether the library works on it.</summary>
internal static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("doctor", "Say what this machine offers and check that everything works")
        {
            json, quiet,
        };
        command.SetAction(parsed =>
        {
            Machine machine = Machine.Current();
            double[] rates = [.. Rates(machine.Cores)];
            SelfTest[] tests = [.. SelfTest.All.Select(test => test.Run())];
            if (parsed.GetValue(json))
                WriteJson(terminal, machine, rates, tests);
            else
                WriteText(terminal.Output, machine, rates, tests);
            return tests.All(test => test.Failure is null) ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    // GFLOP/s of a product of training's shape, with one thread and with all.
    static IEnumerable<double> Rates(int cores)
    {
        foreach (int threads in cores > 1 ? [1, cores] : (int[])[1])
            yield return new ProductBenchmark(ProductForm.Plain, 960, 768, 256, threads)
                .Measure(TimeSpan.FromSeconds(0.5));
    }

    static void WriteText(TextWriter output, Machine machine, double[] rates, SelfTest[] tests)
    {
        string widest = machine.SimdBits == 0 ? "none" : $"{machine.SimdBits} bits";
        (string Name, string Value)[] facts =
        [
            ("RLSquared", machine.Version),
            (".NET", machine.DotNet),
            ("system", $"{machine.OperatingSystem} ({machine.Architecture})"),
            ("processor", $"{machine.Processor}, {machine.Cores} cores"),
            ("vectors", widest),
            ("memory", string.Create(CultureInfo.InvariantCulture, $"{machine.MemoryGiB:F1} GiB")),
            ("matrix product", string.Join(", ", rates.Select((rate, i) => string.Create(
                CultureInfo.InvariantCulture,
                $"{rate:F0} GFLOP/s with {(i == 0 ? "one thread" : $"{machine.Cores} threads")}")))),
        ];
        foreach ((string name, string value) in facts)
            output.WriteLine($"  {name,-16}{value}");
        output.WriteLine();
        foreach (SelfTest test in tests)
            output.WriteLine(test.Failure is null ? $"✓ {test.Name}" : $"✗ {test.Name}: {test.Failure}");
    }

    static void WriteJson(Terminal terminal, Machine machine, double[] rates, SelfTest[] tests) =>
        JsonOutput.Write(terminal, json =>
        {
            json.WriteString("version", machine.Version);
            json.WriteString("dotNet", machine.DotNet);
            json.WriteString("operatingSystem", machine.OperatingSystem);
            json.WriteString("architecture", machine.Architecture);
            json.WriteString("processor", machine.Processor);
            json.WriteNumber("cores", machine.Cores);
            json.WriteNumber("simdBits", machine.SimdBits);
            json.WriteNumber("memoryGiB", machine.MemoryGiB);
            json.WriteNumber("gflopsOneThread", Math.Round(rates[0], 1));
            json.WriteNumber("gflopsAllThreads", Math.Round(rates[^1], 1));
            json.WriteStartArray("tests");
            foreach (SelfTest test in tests)
            {
                json.WriteStartObject();
                json.WriteString("name", test.Name);
                json.WriteBoolean("passed", test.Failure is null);
                if (test.Failure is { } failure)
                    json.WriteString("failure", failure);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        });
}
