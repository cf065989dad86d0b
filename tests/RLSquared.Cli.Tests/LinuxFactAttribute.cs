namespace RLSquared.Cli.Tests;

/// <summary>A test that needs what Linux has; elsewhere it is skipped, and counted as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    public LinuxFactAttribute(string needs)
    {
        if (!OperatingSystem.IsLinux())
            Skip = $"there is no {needs} here";
    }
}
