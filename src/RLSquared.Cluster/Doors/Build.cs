using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using RLSquared.Runs;
using RLSquared.Tensors;

namespace RLSquared.Cluster.Doors;

/// <summary>What decides the bits that a process computes, besides options and seed.</summary>
/// <param name="Version">The version of RLSquared, with its commit.</param>
/// <param name="Code">A hash of the assemblies, the same for the same sources alone.</param>
/// <param name="Arithmetic">The runtime and the vectors that it computes with.</param>
internal sealed record Build(string Version, string Code, string Arithmetic)
{
    /// <summary>This process.</summary>
    public static Build Current { get; } = Read();

    /// <summary>Why a worker's shards would not have the bits of this process, or null if they have.</summary>
    /// <param name="worker">The worker's name.</param>
    /// <param name="other">Its build.</param>
    public string? Complaint(string worker, Build other) =>
        other.Version != Version || other.Code != Code
            ? $"worker '{worker}' is RLSquared {other.Version} (code {other.Code}), and the training is {Version} " +
                $"(code {Code}); use the same build on both sides"
        : other.Arithmetic != Arithmetic
            ? $"worker '{worker}' computes on {other.Arithmetic}, and the training on {Arithmetic}, so its bits " +
                "would differ; use machines and a .NET runtime of the same kind"
        : null;

    static Build Read()
    {
        Machine machine = Machine.Current();
        byte[] modules = [.. new[] { typeof(Tensor), typeof(Machine), typeof(Build) }
            .SelectMany(type => type.Module.ModuleVersionId.ToByteArray())];
        string vectors = $"{machine.SimdBits}-bit vectors{(Fma.IsSupported ? " with FMA" : "")}";
        return new Build(machine.Version, Convert.ToHexStringLower(SHA256.HashData(modules))[..12],
            $"{machine.Architecture}, {vectors}, Vector<T> of {Vector<float>()} bits, .NET {machine.DotNet}");
    }

    static int Vector<T>() => System.Numerics.Vector<T>.Count * 8 * System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
}
