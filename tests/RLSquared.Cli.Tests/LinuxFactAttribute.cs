using System.Runtime.CompilerServices;

namespace RLSquared.Cli.Tests;

/// <summary>A test that needs what Linux has; elsewhere it is skipped, and counted as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxFactAttribute : FactAttribute
{
    /// <param name="needs">What Linux has and others lack.</param>
    /// <param name="file">The test's file, which the compiler fills in.</param>
    /// <param name="line">The test's line, which the compiler fills in.</param>
    public LinuxFactAttribute(
        string needs, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        if (!OperatingSystem.IsLinux())
            Skip = $"there is no {needs} here";
    }
}
