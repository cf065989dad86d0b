using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using ILGPU;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace RLSquared.Gpu.Kernels;

/// <summary>
/// The kernels as PTX, the text that NVIDIA's driver compiles for the card at hand. One module per kernel, each after a
/// line <c>// kernel NAME</c>. The text depends on the kernels and on ILGPU's version alone.
/// </summary>
public static partial class PtxText
{
    /// <summary>Compiles every kernel.</summary>
    public static string Write()
    {
        var text = new StringBuilder();
        foreach ((string name, MethodInfo method) in KernelSet.Methods)
            text.Append("// kernel ").Append(name).Append('\n').Append(Compile(name, method)).Append('\n');
        return text.ToString();
    }

    /// <summary>The names as an enumeration in C#.</summary>
    public static string WriteNames() =>
        "namespace RLSquared.Gpu;\n\n" +
        "/// <summary>\n" +
        "/// The kernels by name, each a method of the project RLSquared.Gpu.Kernels, which writes this file.\n" +
        "/// </summary>\n" +
        "enum Kernel\n{\n" +
        string.Concat(KernelSet.Methods.Keys.Select(name => $"    {name},\n")) + "}\n";

    static string Compile(string name, MethodInfo method)
    {
        // A context per kernel, so that the numbers in the text do not depend on what was compiled before.
        using Context context = Context.Create(builder => builder
            .Optimize(OptimizationLevel.O2).Inlining(InliningMode.Aggressive).Math(MathMode.Default));
        using var backend = new PTXBackend(
            context, new CudaCapabilityContext(CudaArchitecture.SM_80), CudaArchitecture.SM_80,
            CudaInstructionSet.ISA_70, null!);
        var compiled = (PTXCompiledKernel)backend.Compile(
            EntryPointDescription.FromExplicitlyGroupedKernel(method), new KernelSpecialization());
        string ptx = compiled.PTXAssembly.Replace("\r", "", StringComparison.Ordinal);
        return Renumber(ptx.Replace($"Kernel_{name}", name, StringComparison.Ordinal)).Trim() + "\n";
    }

    // Names end in numbers that count what the compiler made meanwhile; here they count what stands in the text.
    static string Renumber(string ptx)
    {
        var numbers = new Dictionary<string, string>(StringComparer.Ordinal);
        return Numbered().Replace(ptx, match =>
        {
            if (!numbers.TryGetValue(match.Value, out string? own))
            {
                string first = match.Groups[1].Value;
                own = first + numbers.Count.ToString(CultureInfo.InvariantCulture);
                numbers.Add(match.Value, own);
            }
            return own;
        });
    }

    [GeneratedRegex(@"(?<![%\w])(L_|_\w+?_)\d+\b")]
    private static partial Regex Numbered();
}
