using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using RLSquared.Cli.Benchmarks;
using RLSquared.Cli.Output;
using RLSquared.Cli.SelfTests;
using RLSquared.Cluster.Doors;
using RLSquared.Gpu;
using RLSquared.MuJoCo;

namespace RLSquared.Cli.Commands;

/// <summary><c>rl2 doctor</c>: what this machine offers, and whether the library works on it.</summary>
internal static class DoctorCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<bool> json = Arguments.Json(), quiet = Arguments.Quiet();
        var command = new Command("doctor", "Show what this machine offers, and check that everything works")
        {
            json, quiet,
        };
        command.SetAction(parsed => Run(
            terminal, SelfTest.All(terminal.RunsFolder), TimeSpan.FromSeconds(0.3), parsed.GetValue(json),
            parsed.GetValue(quiet)));
        return command;
    }

    /// <summary>Measures, checks and tells.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="all">The checks.</param>
    /// <param name="time">How long to measure each rate.</param>
    /// <param name="json">Whether as an object.</param>
    /// <param name="quiet">Whether only what is wrong is told.</param>
    public static int Run(Terminal terminal, IReadOnlyList<SelfTest> all, TimeSpan time, bool json, bool quiet)
    {
        var clock = Stopwatch.StartNew();
        Hardware hardware = Hardware.Measure(terminal.RunsFolder, time);
        bool tells = !json && !quiet;
        if (tells)
            WriteFacts(terminal.Output, hardware);
        List<SelfTest> tests = [];
        foreach (SelfTest test in all)
        {
            tests.Add(test.Run());
            if (tells || !json && tests[^1].Failure is not null)
                WriteTest(terminal.Output, tests[^1]);
        }
        double seconds = clock.Elapsed.TotalSeconds;
        if (json)
            WriteJson(terminal, hardware, tests, seconds);
        if (tells)
            terminal.Output.WriteLine(Text($"\n{tests.Count} checks in {seconds:F1} s"));

        SelfTest[] failed = [.. tests.Where(test => test.Failure is not null)];
        if (failed is not [SelfTest first, ..])
            return ExitCode.Done;
        string others = failed.Length == 1 ? "" : $" (and {failed.Length - 1} more)";
        terminal.Error.WriteLine($"rl2: it does not hold that {first.Name}: {first.Failure}{others}; {first.Advice}");
        return ExitCode.Failed;
    }

    static void WriteFacts(TextWriter output, Hardware found)
    {
        var machine = found.Machine;
        string widest = machine.SimdBits == 0 ? "none" : $"{machine.SimdBits} bits";
        string cores = found.PhysicalCores is { } physical ? $" with {physical} cores" : "";
        string free = found.FreeMemoryGiB is { } gibibytes ? Text($", {gibibytes:F1} GiB free") : "";
        string speed = found.WriteSpeed is { } rate ? Text($"{rate:F0} MiB/s to the disk") : "cannot be written";
        (string Name, string Value)[] facts =
        [
            ("RLSquared", machine.Version),
            (".NET", machine.DotNet),
            ("system", $"{machine.OperatingSystem} ({machine.Architecture})"),
            ("processor", $"{machine.Processor}{cores}; {machine.Cores} threads may work at once"),
            ("vectors", string.Join(", ", [widest, .. found.InstructionSets])),
            ("memory", Text($"{machine.MemoryGiB:F1} GiB{free}")),
            ("matrix product", Rates(found.Product, "F0", "GFLOP/s")),
            ("GRU of 256 units", Rates(found.Gru, "N0", "training steps/s")),
            ("GPU", Card(found.Gpu)),
            ("MuJoCo", PhysicsEngine.Complaint() ?? $"{PhysicsEngine.Version} ({PhysicsEngine.Path})"),
            ("cluster", $"code {Build.Current.Code}; {Build.Current.Arithmetic}"),
            ("clock", Text($"tells {found.TimerNanoseconds:F0} ns apart")),
            ("runs", $"{found.RunsFolder}, {speed}"),
        ];
        foreach ((string name, string value) in facts)
            output.WriteLine($"  {name,-18}{value}");
        output.WriteLine();

        string Rates((double OneThread, double AllThreads) rates, string format, string unit)
        {
            string one = rates.OneThread.ToString(format, CultureInfo.InvariantCulture);
            string all = rates.AllThreads.ToString(format, CultureInfo.InvariantCulture);
            return $"{one} {unit} with one thread{(machine.Cores > 1 ? $", {all} with {machine.Cores}" : "")}";
        }
    }

    static string Card(GpuFacts card)
    {
        if (card.Complaint is { } complaint)
            return $"none can be used: {complaint}";
        string library = card.Cublas.Length > 0
            ? Text($"cuBLAS {card.Cublas}, {card.Tf32Teraflops:F0} with TF32") : "cuBLAS is not found";
        return Text($"{card.Name}, {card.FreeMemoryGiB:F1} of {card.MemoryGiB:F1} GiB free; driver of CUDA ") +
            Text($"{card.DriverCuda}, which takes PTX {card.Ptx.OfDriver} (the kernels are {card.Ptx.OfKernels}); ") +
            Text($"{card.ProductTeraflops:F1} TFLOP/s ({library}), {card.CopyGigabytesPerSecond:F0} GB/s");
    }

    static void WriteTest(TextWriter output, SelfTest test)
    {
        string time = Text($"{test.Seconds:F2} s");
        output.WriteLine($"{(test.Failure is null ? "✓" : "✗")} {test.Name,-72}{time,8}");
        if (test.Failure is not { } failure)
            return;
        output.WriteLine($"    {failure}");
        output.WriteLine($"    what to do: {test.Advice}");
    }

    static void WriteJson(Terminal terminal, Hardware found, List<SelfTest> tests, double seconds) =>
        JsonOutput.Write(terminal, json =>
        {
            var machine = found.Machine;
            json.WriteBoolean("passed", tests.All(test => test.Failure is null));
            json.WriteNumber("seconds", Math.Round(seconds, 3));
            json.WriteString("version", machine.Version);
            json.WriteString("dotNet", machine.DotNet);
            json.WriteString("operatingSystem", machine.OperatingSystem);
            json.WriteString("architecture", machine.Architecture);
            json.WriteString("processor", machine.Processor);
            json.WriteNumber("cores", machine.Cores);
            Number("physicalCores", found.PhysicalCores);
            json.WriteNumber("simdBits", machine.SimdBits);
            json.WriteStartArray("instructionSets");
            foreach (string name in found.InstructionSets)
                json.WriteStringValue(name);
            json.WriteEndArray();
            json.WriteNumber("memoryGiB", machine.MemoryGiB);
            Number("freeMemoryGiB", found.FreeMemoryGiB);
            json.WriteNumber("gflopsOneThread", Math.Round(found.Product.OneThread, 1));
            json.WriteNumber("gflopsAllThreads", Math.Round(found.Product.AllThreads, 1));
            json.WriteNumber("gruStepsPerSecondOneThread", Math.Round(found.Gru.OneThread));
            json.WriteNumber("gruStepsPerSecondAllThreads", Math.Round(found.Gru.AllThreads));
            json.WriteStartObject("gpu");
            if (found.Gpu.Complaint is { } complaint)
            {
                json.WriteString("complaint", complaint);
            }
            else
            {
                json.WriteString("name", found.Gpu.Name);
                json.WriteNumber("memoryGiB", Math.Round(found.Gpu.MemoryGiB, 1));
                json.WriteNumber("freeMemoryGiB", Math.Round(found.Gpu.FreeMemoryGiB, 1));
                json.WriteString("driverCuda", found.Gpu.DriverCuda);
                json.WriteString("ptxOfDriver", found.Gpu.Ptx.OfDriver.ToString());
                json.WriteString("ptxOfKernels", found.Gpu.Ptx.OfKernels.ToString());
                json.WriteString("cublas", found.Gpu.Cublas);
                json.WriteNumber("productTeraflops", Math.Round(found.Gpu.ProductTeraflops, 1));
                json.WriteNumber("tf32Teraflops", Math.Round(found.Gpu.Tf32Teraflops, 1));
                json.WriteNumber("copyGigabytesPerSecond", Math.Round(found.Gpu.CopyGigabytesPerSecond));
            }
            json.WriteEndObject();
            json.WriteStartObject("muJoCo");
            if (PhysicsEngine.Complaint() is { } missing)
            {
                json.WriteString("complaint", missing);
            }
            else
            {
                json.WriteString("version", PhysicsEngine.Version);
                json.WriteString("library", PhysicsEngine.Path);
            }
            json.WriteEndObject();
            json.WriteStartObject("cluster");
            json.WriteString("code", Build.Current.Code);
            json.WriteString("arithmetic", Build.Current.Arithmetic);
            json.WriteEndObject();
            json.WriteNumber("timerNanoseconds", found.TimerNanoseconds);
            json.WriteString("runsFolder", found.RunsFolder);
            Number("runsWriteMiBPerSecond", found.WriteSpeed);
            json.WriteStartArray("tests");
            foreach (SelfTest test in tests)
            {
                json.WriteStartObject();
                json.WriteString("name", test.Name);
                json.WriteBoolean("passed", test.Failure is null);
                json.WriteNumber("seconds", Math.Round(test.Seconds, 3));
                if (test.Failure is { } failure)
                {
                    json.WriteString("failure", failure);
                    json.WriteString("advice", test.Advice);
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();

            void Number(string name, double? value)
            {
                if (value is { } number)
                    json.WriteNumber(name, number);
                else
                    json.WriteNull(name);
            }
        });

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
