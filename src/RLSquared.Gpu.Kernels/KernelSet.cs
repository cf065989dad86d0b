using System.Reflection;

namespace RLSquared.Gpu.Kernels;

/// <summary>All kernels: the public methods of the classes of this project that are named so.</summary>
public static class KernelSet
{
    /// <summary>Every kernel's method, by name, in the order of the names.</summary>
    public static IReadOnlyDictionary<string, MethodInfo> Methods { get; } = new SortedDictionary<string, MethodInfo>(
        typeof(KernelSet).Assembly.GetTypes()
            .Where(type => type.Name.EndsWith("Kernels", StringComparison.Ordinal))
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .ToDictionary(method => method.Name), StringComparer.Ordinal);
}
