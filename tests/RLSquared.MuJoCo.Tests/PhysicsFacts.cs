using System.Runtime.CompilerServices;

namespace RLSquared.MuJoCo.Tests;

/// <summary>A test that needs MuJoCo; without it, it is skipped, and counted as skipped.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PhysicsFactAttribute : FactAttribute
{
    /// <param name="compiler">Whether it needs a C compiler as well.</param>
    /// <param name="file">The test's file, which the compiler fills in.</param>
    /// <param name="line">The test's line, which the compiler fills in.</param>
    public PhysicsFactAttribute(
        bool compiler = false, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Needed.Missing(physics: true, compiler);
}

/// <summary>The same for a test with several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PhysicsTheoryAttribute : TheoryAttribute
{
    /// <param name="file">The test's file, which the compiler fills in.</param>
    /// <param name="line">The test's line, which the compiler fills in.</param>
    public PhysicsTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Needed.Missing(physics: true, compiler: false);
}

/// <summary>A test that needs a C compiler, to build libraries that pretend to be MuJoCo.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CompilerFactAttribute : FactAttribute
{
    /// <param name="file">The test's file, which the compiler fills in.</param>
    /// <param name="line">The test's line, which the compiler fills in.</param>
    public CompilerFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Needed.Missing(physics: false, compiler: true);
}

/// <summary>What tests need that may not be on a machine.</summary>
static class Needed
{
    public static string? Missing(bool physics, bool compiler) =>
        physics && PhysicsEngine.Complaint() is { } complaint ? complaint
        : compiler && Compiler.Path is null ? "there is no C compiler here; see tests/README.md" : null;
}
