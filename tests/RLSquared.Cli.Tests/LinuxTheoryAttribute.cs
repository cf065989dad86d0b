namespace RLSquared.Cli.Tests;

/// <summary>A test of several cases that needs what Linux has; elsewhere it is skipped, and counted as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    public LinuxTheoryAttribute(string needs)
    {
        if (!OperatingSystem.IsLinux())
            Skip = $"there is no {needs} here";
    }
}
