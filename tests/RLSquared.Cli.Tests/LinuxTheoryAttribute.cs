using System.Runtime.CompilerServices;

namespace RLSquared.Cli.Tests;

/// <summary>A test of several cases that needs what Linux has; elsewhere it is skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LinuxTheoryAttribute : TheoryAttribute
{
    /// <param name="needs">What Linux has and others lack.</param>
    /// <param name="file">The test's file, which the compiler fills in.</param>
    /// <param name="line">The test's line, which the compiler fills in.</param>
    public LinuxTheoryAttribute(
        string needs, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        if (!OperatingSystem.IsLinux())
            Skip = $"there is no {needs} here";
    }
}
