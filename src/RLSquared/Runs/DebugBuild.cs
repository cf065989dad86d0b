using System.Diagnostics;
using System.Reflection;
using RLSquared.Tensors;

namespace RLSquared.Runs;

/// <summary>
/// Warns on standard error, once per process, when the library was built without optimisation. A training then takes
/// some 25 times as long, and with a budget in time it learns next to nothing.
/// </summary>
static class DebugBuild
{
    static int warned;

    /// <summary>Writes the warning at the first training of a process whose kernels are not optimised.</summary>
    public static void WarnOnce()
    {
        if (!IsOptimised(typeof(Tensor).Assembly) && Interlocked.Exchange(ref warned, 1) == 0)
            Warn(Console.Error);
    }

    /// <summary>Whether the JIT may optimise what the assembly holds: it was built in Release.</summary>
    internal static bool IsOptimised(Assembly assembly) =>
        assembly.GetCustomAttribute<DebuggableAttribute>() is not { IsJITOptimizerDisabled: true };

    /// <summary>Writes the warning; an output that cannot be written stops no training.</summary>
    internal static void Warn(TextWriter output)
    {
        try
        {
            output.WriteLine(
                "warning: RLSquared was built in Debug and trains about 25 times slower. "
                + "Build in Release: dotnet run -c Release …");
        }
        catch (IOException)
        {
            // The terminal is gone, or its disk is full.
        }
    }
}
