using System.Globalization;

namespace RLSquared.Cli.Tests;

/// <summary>
/// A program that uses the package, compiled ahead of time as its user would: it runs, and its kernels have the
/// processor's vectors. Without the package's own build targets they have not, and an act takes over 30 times as long.
/// </summary>
[Collection("dotnet")]
public sealed class NativeProgramTests(Packages packages)
{
    const int MostTimesSlower = 10;

    [ToolsFact("dotnet", "gcc|clang", "nuget:microsoft.dotnet.ilcompiler")]
    public void A_native_program_acts_about_as_fast_as_under_the_jit()
    {
        packages.WriteProgram("acting", """
            using System.Diagnostics;
            using RLSquared.Deployment;
            using RLSquared.Policies;
            using RLSquared.Tasks;

            var task = new BernoulliBandits(new BernoulliBanditsOptions { Arms = 5, Pulls = 100 });
            using var network = Policy.Recurrent(task.Spaces, new RecurrentPolicyOptions { Hidden = 64 }, seed: 1);
            using var agent = new Actor(network);
            double shortest = double.PositiveInfinity;
            int sum = 0;
            for (int round = 0; round < 100; round++)
            {
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < 100; i++)
                    sum += agent.Act(reward: i & 1, done: true);
                shortest = Math.Min(shortest, Stopwatch.GetElapsedTime(start).TotalNanoseconds / 100);
            }
            Console.WriteLine($"{shortest:F0} {sum}");
            """, "<PublishAot>true</PublishAot>");
        string log = packages.Dotnet(
            300, "publish", "acting", "--configuration", "Release", "--output", packages.At("native"), "-v:minimal");
        Assert.DoesNotContain("warning", log, StringComparison.Ordinal);
        string program = packages.At("native", OperatingSystem.IsWindows() ? "acting.exe" : "acting");
        string managed = Directory.GetFiles(packages.At("acting", "bin"), "acting.dll", SearchOption.AllDirectories)[0];

        (double native, int nativeSum) = Parsed(Tools.Run(program, []));
        (double jitted, int jittedSum) = Parsed(packages.Dotnet(60, managed));
        Assert.Equal(jittedSum, nativeSum);
        Assert.True(
            native < MostTimesSlower * jitted,
            $"an act takes {native} ns in the native program and {jitted} ns under the JIT");
    }

    // The nanoseconds of an act in the quickest round, and the sum of the actions.
    static (double Nanoseconds, int Sum) Parsed(string output)
    {
        string[] parts = output.Split(' ');
        CultureInfo culture = CultureInfo.InvariantCulture;
        return (double.Parse(parts[0], culture), int.Parse(parts[1], culture));
    }
}
