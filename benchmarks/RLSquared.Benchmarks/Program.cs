using BenchmarkDotNet.Running;
using RLSquared.Benchmarks;

switch (args)
{
    case ["openblas", .. string[] rest]:
        return OpenBlas.Compare(rest);
    case ["language", .. string[] rest]:
        return LanguageSpeed.Measure(rest);
    case ["pipeline", .. string[] rest]:
        return PipelineSpeed.Measure(rest);
    case ["values", .. string[] rest]:
        return GoalValues.Measure(rest);
    case ["presses", .. string[] rest]:
        return GoalPresses.Measure(rest);
    case ["updates", .. string[] rest]:
        return GoalSpeed.Measure(rest);
    case ["bdn", .. string[] rest]:
        BenchmarkSwitcher.FromAssembly(typeof(OpenBlas).Assembly).Run(rest);
        return 0;
    default:
        Console.Error.WriteLine("usage: RLSquared.Benchmarks openblas [PRODUCT [THREADS]]");
        Console.Error.WriteLine("       RLSquared.Benchmarks language train|forward|generate [THREADS [ROUNDS]]");
        Console.Error.WriteLine("       RLSquared.Benchmarks pipeline [SEEDS [FILE [VARIANT]]]");
        Console.Error.WriteLine("       RLSquared.Benchmarks values SIZE UPDATES EVERY SEED [option=value …]");
        Console.Error.WriteLine(
            "       RLSquared.Benchmarks presses BOARD table | ALGORITHM UPDATES EVERY SEED [option=value …]");
        Console.Error.WriteLine("       RLSquared.Benchmarks updates [THREADS [ROUNDS [option=value …]]]");
        Console.Error.WriteLine("       RLSquared.Benchmarks bdn [BenchmarkDotNet's options]");
        return 2;
}
