using System.Diagnostics;

namespace RLSquared.Cli.SelfTests;

/// <summary>
/// A quick check that the library works on this machine.
/// <para>To add a check: a method in one of this folder's files and a line in its list.</para>
/// </summary>
/// <param name="Name">What is checked, as a sentence that holds when all is well.</param>
/// <param name="Advice">What the user can do when it does not hold.</param>
/// <param name="Check">Returns what is wrong, or null.</param>
/// <param name="Failure">What was wrong, once it ran.</param>
/// <param name="Seconds">How long it took, once it ran.</param>
internal sealed record SelfTest(
    string Name, string Advice, Func<string?> Check, string? Failure = null, double Seconds = 0)
{
    /// <summary>All checks.</summary>
    /// <param name="runsFolder">The folder below which runs are made.</param>
    public static IReadOnlyList<SelfTest> All(string runsFolder) =>
        [.. NumberTests.All, .. TrainingTests.All, .. FolderTests.All(runsFolder)];

    /// <summary>The check with its result. A check that throws has failed.</summary>
    public SelfTest Run()
    {
        long start = Stopwatch.GetTimestamp();
        string? failure;
        try
        {
            failure = Check();
        }
        catch (Exception thrown)
        {
            failure = thrown.Message.TrimEnd('.');
        }
        return this with { Failure = failure, Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds };
    }
}
